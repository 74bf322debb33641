import { breathe, collectGarbage, must } from '../kernel/index.ts';
import {
  addSource,
  attachSecondAside,
  carryOver,
  type Destination,
  finishAside,
  openAside,
  promoteAside,
  removeAside,
  removeRepeatedGuids,
  settleAllReactions,
  writeChatDates,
  writeConversations,
} from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { ImportResult, ReadingOptions } from './options.ts';
import { recordImport, recordServices, sourceRecord } from './record.ts';
import { SecondThread } from './second-thread.ts';
import { attachSource, SourceRun } from './source-run.ts';
import { type FreshSplit, splitFresh } from './split.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Our own tables. Our ids are the source's row ids, so that nothing has to be looked up. */
const OWN_TABLES: Destination = {
  messages: 'messages',
  reactions: 'reactions',
  votes: 'poll_votes',
  attachments: 'attachments',
  edits: 'message_edits',
  attachmentJoins: 'message_attachments',
  keepIds: true,
};

/** From so many rows on, what the split let go of is worth a collection: 21 bytes a row and as much again. */
const COLLECT_FROM_ROWS = 1_000_000;

/**
 * The first import: everything is decided before it is inserted, into a store built aside that takes the store's place
 * when it is complete. Leaves nothing behind when it fails or is cancelled.
 */
export async function bulkImport(options: ReadingOptions, watch: Stopwatch): Promise<ImportResult> {
  const db = openAside(options.store);
  const second = SecondThread.planFor(options);
  try {
    carryOver(db, options.store);
    const result = await build(db, options, watch, second);
    options.onProgress({ stage: 'indexes', done: 0, total: 0 });
    await breathe();
    finishAside(db, (table) => removeRepeatedGuids(db, table, options.clock.now()));
    db.close();
    watch.lap('indexes');
    options.onProgress({ stage: 'check', done: 0, total: 0 });
    await breathe();
    promoteAside(options.store);
    watch.lap('check');
    return result;
  } catch (error) {
    await second?.stop();
    db.close();
    removeAside(options.store);
    throw error;
  }
}

/** Fills the tables; what it needed to know is let go of before the indexes are built. */
async function build(
  db: Database,
  options: ReadingOptions,
  watch: Stopwatch,
  second: SecondThread | null,
): Promise<ImportResult> {
  using _source = attachSource(db, options);
  using _aside = second === null ? null : attachSecondAside(db, options.store);
  watch.lap('open');
  db.exec('BEGIN');
  const sourceId = addSource(db, sourceRecord(options));
  appendEvents(db, options.clock.now(), [{ type: 'import_started', chatId: null, data: { sourceId, bulk: true } }]);
  const run = new SourceRun(db, options, sourceId);
  options.onProgress({ stage: 'people', done: 0, total: 0 });
  run.settlePeople();
  watch.lap('people');
  run.placeRows();
  watch.lap('scan');
  const { conversations, dates, initiators } = splitRun(run);
  if (run.placements.count > COLLECT_FROM_ROWS) collectGarbage();
  watch.lap('split');

  const [own, others] = second === null ? [run.placements.slices, []] : second.share(run.placements.slices);
  const elsewhere = second?.copy(run, others);
  await run.copyMessages(OWN_TABLES, own);
  await elsewhere?.(db);
  watch.lap('messages');
  run.copyOthers(OWN_TABLES);
  settleAllReactions(db);
  watch.lap('attachments');
  writeConversations(db, conversations, initiators, { gapMs: options.gapMs, nowMs: options.clock.now() });
  writeChatDates(db, dates);
  recordServices(db, run.placements);
  run.quarantine();
  recordImport(db, run);
  const completed = { sourceId, bulk: true, rows: run.placements.count };
  appendEvents(db, options.clock.now(), [{ type: 'import_completed', chatId: null, data: completed }]);
  db.exec('COMMIT');
  watch.lap('conversations');
  return { renewed: run.renewed, rows: run.placements.count, problems: run.lookUps.problems };
}

/** Splits all chats, tells the rules which message is in which conversation, and lets go of the placed rows. */
function splitRun({ context, options, placements }: SourceRun): FreshSplit & { initiators: Int32Array } {
  const columns = must(placements.columns, 'rows have just been placed');
  const split = splitFresh(columns, options.gapMs, (rowid, conversation) =>
    context.conversationOf.set(rowid, conversation),
  );
  placements.columns = null;
  const firstMessage = Float64Array.from(split.conversations.firstMessages);
  const initiators = new Int32Array(firstMessage.length);
  context.initiators = { firstMessage, contact: initiators };
  return { ...split, initiators };
}
