import { ChatStatsError, type Clock } from '../kernel/index.ts';
import { countSourceMessages, endSource, removeSourceExtras, removeSourceMessages, sealDue } from '../load/index.ts';
import type { NewEvent } from '../model/index.ts';
import { appendEvents, lastEventId } from '../outbox/index.ts';
import { openStoreForWriting, storedGapMs } from '../store/index.ts';
import { contactEvents } from './contact-events.ts';
import { deletionEvents } from './live-events.ts';
import type { ImportProgress } from './options.ts';

export type RemoveSourceOptions = {
  store: string;
  sourceId: number;
  clock: Clock;
  signal: AbortSignal;
  /** Runs one task when its turn comes. */
  inTurn<T>(task: () => T): Promise<T>;
  /** The last task, after which whoever follows has to learn anew who is who. */
  atLast<T>(task: () => Promise<T>): Promise<T>;
  onProgress: (progress: ImportProgress) => void;
  onCommitted: (position: number) => void;
};

/** What was taken away, and what stays because another source has it too. */
export type RemovedSource = { messagesRemoved: number; messagesChanged: number; chatsRemoved: number };

/**
 * Takes a source out of the store again: what only it had, and what only it said of what others have too. Many short
 * transactions, each of which leaves the store whole; cut off, it goes on where it was when it is asked for again.
 * Throws SOURCE_UNKNOWN, or CANCELLED with the rest still there.
 */
export async function removeSource(options: RemoveSourceOptions): Promise<RemovedSource> {
  const { store, sourceId, clock, signal, inTurn, atLast, onProgress } = options;
  using db = openStoreForWriting(store);
  if (db.value('SELECT 1 FROM sources WHERE id = ?', sourceId) === null) {
    throw new ChatStatsError('SOURCE_UNKNOWN', `the store has no source ${sourceId}`);
  }
  const total = countSourceMessages(db, sourceId);
  const gapMs = storedGapMs(db) ?? 0;
  const result: RemovedSource = { messagesRemoved: 0, messagesChanged: 0, chatsRemoved: 0 };
  const tell = (events: NewEvent[]) => appendEvents(db, clock.now(), events) ?? lastEventId(db);
  const step = () =>
    db.transaction(() => {
      const done = removeSourceMessages(db, sourceId, { gapMs, nowMs: clock.now() });
      return done === null ? null : { ...done, position: tell(deletionEvents(done)) };
    });
  const check = () => {
    if (signal.aborted) throw new ChatStatsError('CANCELLED', 'removing the source was cancelled; ask again to go on');
  };
  for (let done = await inTurn(step); done !== null; done = await inTurn(step)) {
    result.messagesRemoved += done.removed.length;
    result.messagesChanged += done.updated.length;
    options.onCommitted(done.position);
    onProgress({ stage: 'merge', done: Math.min(total, total - countSourceMessages(db, sourceId)), total });
    check();
  }
  while (await inTurn(() => db.transaction(() => removeSourceExtras(db, sourceId)))) check();
  const position = await atLast(async () =>
    db.transaction(() => {
      // Conversations that have become shorter may be due: at once, as after an import.
      sealDue(db, { gapMs, nowMs: clock.now() });
      const { chatsRemoved, chatsChanged, contacts } = endSource(db, sourceId, clock.now());
      result.chatsRemoved = chatsRemoved.length;
      return tell([
        ...contactEvents(contacts),
        ...chatsChanged.map(
          (chatId): NewEvent => ({ type: 'chat_updated', chatId, data: { chatId, changed: ['name'] } }),
        ),
        { type: 'source_restarted', chatId: null, data: { sourceId, reason: 'removed' } },
      ]);
    }),
  );
  options.onCommitted(position);
  return result;
}
