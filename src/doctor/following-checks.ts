import type { LiveStatus } from '../engine/index.ts';
import { type Clock, ERRORS, type ErrorCode, pause } from '../kernel/index.ts';
import type { RedisFigures } from '../model/index.ts';
import type { ServiceState } from '../service/index.ts';
import type { Database } from '../sqlite/index.ts';
import { counted, type Finding, failed, grouped, ok, roughly, skipped, warning } from './check.ts';
import { countersOf, type SourceView } from './source-view.ts';
import { NO_STORE, type StoreView } from './store-checks.ts';

/** Longer than this from noticing to commit is worth a word, in milliseconds. */
const SLOW_MS = 2_000;

export function following(live: LiveStatus | null, { db }: StoreView, nowMs: number): Finding {
  const lastRead = db?.value<number>('SELECT max(last_read_at) FROM live_sync_state') ?? null;
  const ago = lastRead === null ? 'it was never followed' : `last read ${roughly(Math.max(0, nowMs - lastRead))} ago`;
  if (live === null) return skipped(`nothing follows Messages at this moment (${ago}); chatstats up or sync does`);
  const status = live.following;
  if (status === null) return ok('a process owns the store and follows nothing');
  if (status.state === 'source-missing') {
    return failed(
      'the process that follows waits for the database of Messages, which is not there',
      'See the lines about the source, as the user and the program that follow it.',
    );
  }
  const lag = status.slowestLagMs === null ? 'nothing came yet' : `${status.slowestLagMs} ms behind at most`;
  const restarts = status.restarts === 0 ? '' : `, ${counted(status.restarts, 'restart')}`;
  const found = `${status.state}: ${lag}, ${ago}${restarts}`;
  if (status.slowestLagMs !== null && status.slowestLagMs > SLOW_MS) {
    return warning(found, 'Is the machine or its disk very busy? "chatstats status" shows more.');
  }
  return ok(found);
}

/** What came while we looked is given so long to be read, in steps, before it counts as behind. */
const CATCH_UP_TRIES = 10;
const CATCH_UP_MS = 200;

/** Whether everything that the source has given a number is read: compared twice, because both go on. */
export async function watermark(source: SourceView | null, { db }: StoreView, isFollowed: boolean): Promise<Finding> {
  if (db === null) return skipped(NO_STORE);
  if (source?.backup?.encrypted === true && source.problem === null) return skipped('the source is encrypted');
  if (source?.file == null || source.counters === null) return skipped('the database could not be read');
  let { highest, given } = source.counters;
  let read = positionOf(db, source.file.path);
  if (read === null) {
    return warning('this source has not been read into the store yet', 'chatstats import, sync or up reads it.');
  }
  for (let attempt = 0; isFollowed && read < highest && attempt < CATCH_UP_TRIES; attempt += 1) {
    await pause(CATCH_UP_MS);
    // Those that came in the meantime are not waited for.
    read = positionOf(db, source.file.path) ?? read;
  }
  const now = countersOf(source.file);
  if (now !== null) given = now.given;
  const found = `read up to row ${grouped(read)} of ${grouped(highest)}`;
  if (given < read) {
    return warning(
      `${found}: the source has gone back, so it was restored or replaced`,
      'chatstats sync compares it by guid and goes on; nothing doubles.',
    );
  }
  if (read >= highest) return ok(found);
  highest = Math.max(highest, read);
  return warning(
    `${found}: ${counted(highest - read, 'row number')} behind`,
    isFollowed ? 'Look again in a minute; if it stays, please report it.' : 'chatstats sync or up catches up.',
  );
}

function positionOf(db: Database, file: string): number | null {
  return db.value<number>(
    `SELECT max(l.last_message_rowid) FROM live_sync_state l JOIN sources s ON s.id = l.source_id WHERE s.path = ?`,
    file,
  );
}

/** No clock that is right is before this: it is when this was written, 2026-01-01. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
/** Clocks of one machine are set by minutes at most, unless something is wrong. */
const AHEAD_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

export function clockSanity({ db }: StoreView, clock: Clock): Finding {
  const nowMs = clock.now();
  const shown = new Date(nowMs).toISOString();
  const remedy = 'Set the clock of this machine, or have it set by the network; then run this again.';
  if (nowMs < EARLIEST_MS) return failed(`the clock says ${shown}, which cannot be`, remedy);
  if (db === null) return ok(`the clock says ${shown}`);
  // Our own stamps: those of messages come from the clocks of others.
  const last = Math.max(
    ...['SELECT max(last_read_at) FROM live_sync_state', 'SELECT max(last_imported_at) FROM sources'].map((sql) =>
      Number(db.value(sql) ?? 0),
    ),
    Number(db.value('SELECT at FROM events ORDER BY id DESC LIMIT 1') ?? 0),
  );
  if (last > nowMs + AHEAD_MS) {
    return warning(`the clock says ${shown}: ${roughly(last - nowMs)} before the store was last written`, remedy);
  }
  const future = Number(
    db.value('SELECT count(*) FROM messages WHERE sent_at > ? AND is_scheduled = 0', nowMs + DAY_MS),
  );
  const odd = future === 0 ? '' : `; ${counted(future, 'message is', 'messages are')} dated in the future`;
  return ok(`the clock says ${shown}, and the store was written before that${odd}`);
}

/** Nothing that Redis does is a failure of ours: what it misses is sent when it is there. */
export function redis({ isConnected, lag, problems }: RedisFigures): Finding {
  const worst = problems.at(-1);
  const behind = lag === 0 ? 'it has every event' : `${counted(lag, 'event')} behind`;
  if (worst !== undefined)
    return warning(`${worst.text} (${worst.code}); ${behind}`, ERRORS[worst.code as ErrorCode].hint);
  if (!isConnected) return warning(`not connected yet; ${behind}`, 'Look again in a moment.');
  return ok(`connected; ${behind}`);
}

export function service(state: ServiceState | null | undefined): Finding {
  if (state === undefined) return skipped('it was not asked');
  if (state === null) return skipped('this system has neither launchd nor a systemd of this user');
  if (!state.isInstalled) return skipped('not installed; chatstats service install has it follow from login on');
  if (state.isRunning) return ok(`installed and running (process ${state.pid})`);
  const exit = state.lastExit === null ? '' : ` (the last run ended with exit code ${state.lastExit})`;
  return warning(
    `installed, but not running${exit}`,
    `Its log says why: ${state.log}. "chatstats service install" starts it again.`,
  );
}
