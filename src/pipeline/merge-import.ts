import { breathe, ChatStatsError } from '../kernel/index.ts';
import {
  adoptRows,
  clearDifferences,
  compareStaged,
  createStaging,
  foldNewTwins,
  forgetRowids,
  goneReactions,
  indexStaging,
  markSharedGone,
  mergeAttachments,
  mergeChats,
  mergeReactions,
  partTwins,
  quarantineRepeatedStaged,
  recordSightings,
  resolveAliases,
  resolveQuarantine,
  resplitChat,
  STAGED,
  sealDue,
  sharedGone,
  stagedChats,
  takeFacts,
  touchSource,
  updateAttachmentJoins,
} from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { mirrorsDeletes, openStoreForWriting, storedGapMs } from '../store/index.ts';
import type { ImportResult, ReadingOptions } from './options.ts';
import { recognizeSource } from './recognize.ts';
import { recordImport, sourceRecord } from './record.ts';
import { APPLE, attachSource, SourceRun } from './source-run.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Rows that one transaction takes over: short enough that readers of the store and a signal never wait long. */
const BATCH_ROWS = 20_000;

/** Pages of the log before it is written back: the same pages of indexes change in every batch. */
const CHECKPOINT_PAGES = 16_384;

/**
 * A later import: the source is read once more into tables aside, by the same rules, and compared by guid; what is new
 * or different is taken over, chat by chat, in transactions that each leave the store whole. Run again after a crash,
 * it finds less to do and ends in the same state.
 */
export async function mergeImport(options: ReadingOptions, watch: Stopwatch): Promise<ImportResult> {
  using db = openStoreForWriting(options.store);
  using _source = attachSource(db, options);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  watch.lap('open');
  // Whatever ends this early, closing the connection rolls back, and takes what was staged with it.
  db.exec('BEGIN IMMEDIATE');
  const run = await readSource(db, options, watch);
  options.onProgress({ stage: 'compare', done: 0, total: 0 });
  await breathe();
  indexStaging(db);
  await matchStaged(db, run.sourceId);
  quarantineRepeatedStaged(db, options.clock.now());
  watch.lap('compare');
  await takeOver(db, run);
  watch.lap('merge');
  return { renewed: run.renewed, rows: run.placements.count, problems: run.lookUps.problems };
}

/** Compares by guid, once every guid is the one that we hold a message under. */
async function matchStaged(db: Database, sourceId: number): Promise<void> {
  if (mirrorsDeletes(db)) db.exec('DELETE FROM temp.staged_messages WHERE deleted_at IS NOT NULL');
  partTwins(db);
  resolveAliases(db);
  db.transaction(() => adoptRows(db, sourceId));
  compareStaged(db, sourceId);
  if (db.transaction(() => foldNewTwins(db, sourceId, APPLE)).length === 0) return;
  await breathe();
  clearDifferences(db);
  resolveAliases(db);
  compareStaged(db, sourceId);
}

/** People, chats and quarantine are written, the rows staged, in one snapshot of the source. */
async function readSource(db: Database, options: ReadingOptions, watch: Stopwatch): Promise<SourceRun> {
  const record = sourceRecord(options);
  const sourceId = options.asSource ?? recognizeSource(db, record);
  appendEvents(db, options.clock.now(), [{ type: 'import_started', chatId: null, data: { sourceId, bulk: false } }]);
  createStaging(db);
  const run = new SourceRun(db, options, sourceId, (stage) => watch.lap(stage));
  run.placements.columns = null;
  const moment = { gapMs: options.gapMs, nowMs: options.clock.now() };
  // Another gap than before splits everything anew; else only chats that Apple has united.
  const resplit = storedGapMs(db) === options.gapMs ? run.lookUps.chatsUnited : allChats(db);
  for (const chat of resplit) resplitChat(db, chat, moment);
  await run.copyMessages(STAGED, run.placements.slices);
  run.copyOthers(STAGED);
  resolveQuarantine(db, sourceId);
  run.quarantine();
  touchSource(db, sourceId, record);
  db.exec('COMMIT');
  watch.lap('messages');
  return run;
}

async function takeOver(db: Database, run: SourceRun): Promise<void> {
  const { options, sourceId } = run;
  const moment = () => ({ gapMs: options.gapMs, nowMs: options.clock.now() });
  const mirror = mirrorsDeletes(db);
  const gone = { messages: sharedGone(db, 'messages', sourceId), reactions: sharedGone(db, 'reactions', sourceId) };
  const chats = stagedChats(db, sourceId, mirror);
  const total = chats.reduce((sum, chat) => sum + chat.rows, 0);
  const changes = { inserted: 0, updated: 0, conversations: 0 };
  let done = 0;
  for (const batch of batches(chats)) {
    await breathe();
    if (options.signal.aborted) throw new ChatStatsError('CANCELLED', 'the import was cancelled');
    const before = done;
    done += batch.reduce((sum, chat) => sum + chat.rows, 0);
    const result = db.transaction(() => {
      tellProgress(db, options, { before, done, total });
      return mergeChats(
        db,
        batch.map((chat) => chat.chat),
        moment(),
        mirror,
      );
    });
    changes.inserted += result.inserted;
    changes.updated += result.updated;
    changes.conversations += result.conversations;
    options.onProgress({ stage: 'merge', done, total });
  }
  db.transaction(() => {
    const nowMs = options.clock.now();
    for (const table of ['messages', 'reactions'] as const) {
      markSharedGone(db, table, { sourceId, ids: gone[table], nowMs });
    }
    const reactions = mergeReactions(db, goneReactions(db, sourceId), nowMs);
    takeFacts(db, 'messages', null);
    const attachments = mergeAttachments(db);
    updateAttachmentJoins(db);
    recordSightings(db, sourceId);
    forgetRowids(db, sourceId);
    sealDue(db, moment());
    recordImport(db, run);
    const completed = {
      sourceId,
      bulk: false,
      rows: run.placements.count,
      ...changes,
      reactions: reactions.changed,
      attachments: attachments.changed,
    };
    appendEvents(db, options.clock.now(), [{ type: 'import_completed', chatId: null, data: completed }]);
  });
}

/** Every tenth of the way is an event. A first import has none: nobody can read its store before it is complete. */
function tellProgress(
  db: Database,
  { clock }: ReadingOptions,
  { before, done, total }: { before: number; done: number; total: number },
): void {
  const tenth = (rows: number) => Math.floor((rows * 10) / total);
  if (tenth(done) === tenth(before)) return;
  appendEvents(db, clock.now(), [{ type: 'import_progress', chatId: null, data: { stage: 'merge', done, total } }]);
}

function allChats(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM chats').map((row) => row.id);
}

function* batches<T extends { rows: number }>(chats: readonly T[]): Generator<T[]> {
  let batch: T[] = [];
  let rows = 0;
  for (const chat of chats) {
    batch.push(chat);
    rows += chat.rows;
    if (rows < BATCH_ROWS) continue;
    yield batch;
    batch = [];
    rows = 0;
  }
  if (batch.length > 0) yield batch;
}
