import { ChatStatsError, systemClock } from '../kernel/index.ts';
import { discardEntries } from '../load/index.ts';
import { lastEventId } from '../outbox/index.ts';
import {
  type Decision,
  decideMerge,
  decideUndo,
  importIntoOwnedStore,
  retryQuarantine,
  sealChatNow,
  syncContactsOnce,
} from '../pipeline/index.ts';
import type { Database } from '../sqlite/index.ts';
import { findChat, openStoreForReading, openStoreForWriting, storedGapMs } from '../store/index.ts';
import type { HandlerContext, Handlers } from './host.ts';
import { LiveService } from './live-service.ts';
import type { MergeResult } from './protocol.ts';

/** What this thread follows: one source at most. */
const live = new LiveService();

/** What the engine does, call by call. Each line names the lane in which it waits for its turn. */
export const handlers: Handlers = {
  import: {
    lane: 'upkeep',
    async run(args, { store, signal, progress, notify }) {
      const work = async () =>
        await importIntoOwnedStore({ ...args, store, clock: systemClock, signal, onProgress: progress });
      const summary = live.following === null ? await work() : await live.following.aside(work);
      notify('committed', { position: positionOf(store) });
      return summary;
    },
  },
  // Its own tasks wait for their turns; holding one while it begins would keep them from it.
  follow: {
    lane: null,
    async run(args, context) {
      return await live.follow(args, context);
    },
  },
  liveStatus: {
    lane: null,
    async run(_args, { lanes }) {
      return { following: live.following?.status ?? null, waiting: lanes.waiting };
    },
  },
  seal: {
    lane: 'sealing',
    async run({ chat }, context) {
      using db = openStoreForWriting(context.store);
      const id = findChat(db, chat);
      if (id === null) throw new ChatStatsError('CHAT_NOT_FOUND', 'the store has no such chat');
      const gapMs = storedGapMs(db);
      if (gapMs === null) return { sealed: 0 };
      const { sealed, position } = sealChatNow(db, id, { gapMs, nowMs: systemClock.now() });
      tell(context, position);
      return { sealed };
    },
  },
  quarantineRetry: {
    lane: 'live',
    async run({ ids }, context) {
      const { retried, resolved, position } = retryQuarantine(
        context.store,
        ids,
        systemClock,
        live.following?.follower ?? null,
      );
      tell(context, position);
      return { retried, resolved };
    },
  },
  quarantineDiscard: {
    lane: 'live',
    async run({ ids }, { store }) {
      using db = openStoreForWriting(store);
      return { discarded: db.transaction(() => discardEntries(db, ids)) };
    },
  },
  // It takes many turns, so that nobody waits for long.
  contactsSync: {
    lane: null,
    async run({ addressBook }, context) {
      if (live.following !== null) return await live.following.contacts.sync(true);
      const inTurn = <T>(task: () => T) => context.lanes.run('contacts', task);
      const { position, ...result } = await syncContactsOnce(context.store, addressBook, systemClock, inTurn);
      tell(context, position);
      return result;
    },
  },
  contactsMerge: {
    lane: 'contacts',
    async run({ first, second }, context) {
      return decided(context, (db) => decideMerge(db, first, second, systemClock));
    },
  },
  contactsUndo: {
    lane: 'contacts',
    async run({ merge }, context) {
      return decided(context, (db) => decideUndo(db, merge, systemClock));
    },
  },
};

/** On the writer of whoever follows, so that what it knows follows too. */
function decided(context: HandlerContext, decide: (db: Database) => Decision): MergeResult {
  const { merge, from, into, position } = live.following?.contacts.decide(decide) ?? onOwnWriter(context.store, decide);
  tell(context, position);
  return { merge, from, into };
}

function onOwnWriter(store: string, decide: (db: Database) => Decision): Decision {
  using db = openStoreForWriting(store);
  return decide(db);
}

function tell({ notify }: HandlerContext, position: number | null): void {
  if (position !== null) notify('committed', { position });
}

function positionOf(store: string): number {
  using db = openStoreForReading(store);
  return lastEventId(db);
}
