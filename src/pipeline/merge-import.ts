import { breathe, ChatStatsError } from '../kernel/index.ts';
import {
  type Applied,
  adoptRows,
  COMPARED,
  type Compared,
  createStaging,
  findHeld,
  indexStaging,
  orderStaged,
  partRepeated,
  partTwins,
  quarantinedSince,
  repeatedTables,
  resolveAliases,
  resolveQuarantine,
  resplitChat,
  STAGED,
  sealDue,
  touchSource,
  unseenRows,
} from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import { dataVersionSeen, probeSchema } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { mirrorsDeletes, openStoreForWriting, storedGapMs } from '../store/index.ts';
import { eventsOf, resplitEvents } from './live-events.ts';
import { nobodyChanged } from './live-people.ts';
import { readPeople } from './lookups.ts';
import type { ImportResult, ReadingOptions } from './options.ts';
import { recognizeSource } from './recognize.ts';
import { recordImport, sourceRecord } from './record.ts';
import { APPLE, attachSource, SourceRun } from './source-run.ts';
import { StagedStanding } from './staged-standing.ts';
import type { Stopwatch } from './stopwatch.ts';
import { TakeOver } from './take-over.ts';
import { ALONE, NotBeside, type Turns } from './turns.ts';

/** Pages of the log (256 MB) before it is written back, where nobody waits: the same pages of indexes change in every turn. */
const CHECKPOINT_PAGES = 65_536;
/** The same beside whoever follows, in rows. */
const CHECKPOINT_ROWS = 20_000;

/**
 * A later import: the source is read once more into tables aside, by the same rules, without the writer, and then
 * compared by guid with what the store holds by now; what is new or different is taken over, in transactions that each
 * leave the store whole. Run again after a crash, it finds less to do and ends in the same state.
 */
export async function mergeImport(
  options: ReadingOptions,
  watch: Stopwatch,
  turns: Turns = ALONE,
): Promise<ImportResult> {
  using db = openStoreForWriting(options.store);
  using _source = attachSource(db, options);
  // Who follows must not wait for it; so it is done between two turns.
  db.exec(`PRAGMA wal_autocheckpoint = ${turns.isAlone ? CHECKPOINT_PAGES : 0}`);
  createStaging(db);
  watch.lap('open');
  const run = await readSource(db, options, watch, turns);
  options.onProgress({ stage: 'compare', done: 0, total: 0 });
  await breathe();
  const unseen = await prepare(db, run, turns);
  watch.lap('compare');
  await takeOver(db, run, unseen, turns);
  watch.lap('merge');
  return { renewed: run.renewed, rows: run.placements.count, problems: run.lookUps.problems };
}

/**
 * People and chats are written, the rows staged. Where nobody else writes, in one snapshot of the source; else the writer
 * is let go of between the two, and what was committed to the source meanwhile is found by comparing once more.
 */
async function readSource(db: Database, options: ReadingOptions, watch: Stopwatch, turns: Turns): Promise<SourceRun> {
  const { isAlone } = turns;
  options.onProgress({ stage: 'people', done: 0, total: 0 });
  // Whatever ends this early, closing the connection rolls back, and takes what was staged with it.
  db.exec(isAlone ? 'BEGIN IMMEDIATE' : 'BEGIN');
  const people = readPeople(db, probeSchema(db, APPLE, options.source.path), options);
  const version = dataVersionSeen(db, APPLE);
  if (!isAlone) db.exec('COMMIT');
  const run = await turns.takeForPeople(() => {
    const work = () => settle(db, options, people, turns);
    return isAlone ? work() : db.transaction(work);
  });
  watch.lap('people');
  if (!isAlone) db.exec('BEGIN');
  run.placeRows();
  run.renewed = dataVersionSeen(db, APPLE) !== version;
  run.placements.columns = null;
  watch.lap('scan');
  await run.copyMessages(STAGED, run.placements.slices);
  run.copyOthers(STAGED);
  db.exec('COMMIT');
  watch.lap('messages');
  return run;
}

function settle(
  db: Database,
  options: ReadingOptions,
  people: ReturnType<typeof readPeople>,
  { followed }: Turns,
): SourceRun {
  const record = sourceRecord(options);
  const sourceId = options.asSource ?? recognizeSource(db, record);
  if (sourceId === followed) throw new NotBeside('the source is being followed');
  appendEvents(db, options.clock.now(), [{ type: 'import_started', chatId: null, data: { sourceId, bulk: false } }]);
  const run = new SourceRun(db, options, sourceId);
  const change = run.settlePeople(people);
  const moment = { gapMs: options.gapMs, nowMs: options.clock.now() };
  // Another gap than before splits everything anew; else only chats that Apple has united.
  const resplit = storedGapMs(db) === options.gapMs ? change.united : allChats(db);
  for (const chat of resplit) resplitChat(db, chat, moment);
  if (options.tells === true)
    appendEvents(db, moment.nowMs, [...eventsOf(change, null, []), ...resplitEvents(resplit)]);
  touchSource(db, sourceId, record);
  return run;
}

/** Puts what is staged in order, and finds what this source had and has no more. */
async function prepare(db: Database, run: SourceRun, turns: Turns): Promise<Map<Compared, number[]>> {
  const mirror = mirrorsDeletes(db);
  indexStaging(db);
  if (mirror) db.exec('DELETE FROM temp.staged_messages WHERE deleted_at IS NOT NULL');
  const repeated = repeatedTables(db);
  await turns.take(() =>
    db.transaction(() => {
      partRepeated(db, repeated, run.options.clock.now());
      partTwins(db);
      resolveAliases(db);
      adoptRows(db, run.sourceId);
    }),
  );
  orderStaged(db);
  if (turns.isAlone) findHeld(db);
  return new Map(COMPARED.map((table) => [table, unseenRows(db, table, run.sourceId, mirror)]));
}

async function takeOver(
  db: Database,
  run: SourceRun,
  unseen: ReadonlyMap<Compared, readonly number[]>,
  turns: Turns,
): Promise<void> {
  const { options, sourceId } = run;
  const moment = () => ({ gapMs: options.gapMs, nowMs: options.clock.now() });
  const mirrorDeletes = mirrorsDeletes(db);
  const { lastRowid } = run.placements;
  const { stepRows, isAlone } = turns;
  const tell =
    options.tells === true
      ? (applied: Applied) => void appendEvents(db, options.clock.now(), eventsOf(nobodyChanged(), applied, []))
      : null;
  const work = new TakeOver(db, { stepRows, isAlone, sourceId, mirrorDeletes, moment, unseen, lastRowid, tell });
  const standing = new StagedStanding(db, run);
  const quarantined = new Set(quarantinedSince(db, sourceId, new Set()).map(({ id }) => id));
  const { total } = work;
  const steps = work.steps();
  let done = 0;
  for (let isOver = false; !isOver; ) {
    const before = done;
    isOver = await turns.take(() =>
      transaction(db, async () => {
        standing.renew();
        let step = steps.next();
        for (; step.done !== true; step = steps.next()) {
          done = Math.min(total, done + step.value);
          if (turns.isAlone) await breathe();
          checkCancelled(options);
          if (turns.isWanted() || done - before >= turns.mostRows) break;
        }
        tellProgress(db, options, { before, done, total });
        if (step.done === true) finish(db, run, work.changes, quarantined);
        return step.done === true;
      }),
    );
    // Between two turns, so that nobody waits; seldom, as the same pages are written in every turn.
    if (!turns.isAlone && isNext(CHECKPOINT_ROWS, before, done)) db.exec('PRAGMA main.wal_checkpoint(PASSIVE)');
    options.onProgress({ stage: 'merge', done, total });
    await breathe();
    checkCancelled(options);
  }
}

/** In which others may be heard, but nobody else may write. */
async function transaction<T>(db: Database, work: () => Promise<T>): Promise<T> {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = await work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function checkCancelled({ signal }: ReadingOptions): void {
  if (signal.aborted) throw new ChatStatsError('CANCELLED', 'the import was cancelled');
}

/** What holds of the whole source, once all of it is in the store. */
function finish(
  db: Database,
  run: SourceRun,
  changes: TakeOver['changes'],
  quarantinedBefore: ReadonlySet<number>,
): void {
  const { options, sourceId } = run;
  resolveQuarantine(db, sourceId);
  run.quarantine();
  if (options.tells === true) {
    const quarantined = quarantinedSince(db, sourceId, quarantinedBefore);
    appendEvents(db, options.clock.now(), eventsOf(nobodyChanged(), null, quarantined));
  } else {
    sealDue(db, { gapMs: options.gapMs, nowMs: options.clock.now() });
  }
  recordImport(db, run);
  const completed = { sourceId, bulk: false, rows: run.placements.count, ...changes };
  appendEvents(db, options.clock.now(), [{ type: 'import_completed', chatId: null, data: completed }]);
}

/** Every tenth of the way is an event. A first import has none: nobody can read its store before it is complete. */
function tellProgress(
  db: Database,
  { clock }: ReadingOptions,
  { before, done, total }: { before: number; done: number; total: number },
): void {
  if (!isNext(Math.max(1, total) / 10, before, done)) return;
  appendEvents(db, clock.now(), [{ type: 'import_progress', chatId: null, data: { stage: 'merge', done, total } }]);
}

/** Whether a count has come past a multiple of `each`. */
function isNext(each: number, before: number, done: number): boolean {
  return Math.floor(done / each) !== Math.floor(before / each);
}

function allChats(db: Database): number[] {
  return db.all<{ id: number }>('SELECT id FROM chats').map((row) => row.id);
}
