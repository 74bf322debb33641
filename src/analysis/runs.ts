import type { FinishedJob, JobKind } from '../jobs/index.ts';
import type { NewEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { Usage } from './pass.ts';
import { endTarget, type Target } from './targets.ts';
import { addUsage } from './usage.ts';
import type { AnalysisResult } from './work.ts';

/** One time that a content was to be analysed. */
export type Run = {
  id: number;
  conversation: number;
  chat: number;
  pass: string;
  kind: JobKind;
  version: number;
  fingerprint: string;
  job: string;
  state: 'queued' | 'started';
  /** What it is thought to use. */
  tokens: number;
  cost: number;
};

const COLUMNS = `id, conversation_id AS conversation, chat_id AS chat, pass, kind, version, fingerprint, job, state, tokens,
  cost`;
const USED_NOTHING = /_(?:UNREACHABLE|REFUSED|LIMITED|UNKNOWN|EXPIRED)$/;
const OPEN = `state IN ('queued', 'started')`;

/** Runs that were ended before, in one conversation by one live pass, beside the newest: live passes are many. */
const LIVE_RUNS_KEPT = 3;

export function openRun(db: Database, job: string): Run | undefined {
  return db.get<Run>(`SELECT ${COLUMNS} FROM analysis_runs WHERE job = ? AND ${OPEN}`, job);
}

/** The run that a target waits for, if it still goes on. */
export function runOf(db: Database, id: number | null): Run | undefined {
  if (id === null) return undefined;
  return db.get<Run>(`SELECT ${COLUMNS} FROM analysis_runs WHERE id = ? AND ${OPEN}`, id);
}

type NewRun = { chat: number; fingerprint: string; job: string; estimate: Usage; nowMs: number };

export function queueRun(
  db: Database,
  target: Target,
  { chat, fingerprint, job, estimate, nowMs }: NewRun,
): { id: number; event: NewEvent } {
  const { lastId: id } = db.run(
    `INSERT INTO analysis_runs
       (conversation_id, chat_id, pass, kind, version, fingerprint, job, state, tokens, cost, queued_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)`,
    target.conversation,
    chat,
    target.pass,
    target.kind,
    target.version,
    fingerprint,
    job,
    estimate.tokens,
    estimate.cost,
    nowMs,
  );
  return { id, event: eventOf('analysis_queued', { ...target, id, chat }) };
}

/** A run whose content is not what the conversation says any more, or that nobody wants. */
export function endRun(db: Database, id: number, state: 'replaced' | 'cancelled' | 'discarded', nowMs: number): void {
  db.run(
    `UPDATE analysis_runs SET state = ?, finished_at = coalesce(finished_at, ?) WHERE id = ? AND state <> 'completed'`,
    state,
    nowMs,
    id,
  );
}

/** The runs of these jobs have begun, as far as nobody knew it. */
export function startRuns(db: Database, jobs: readonly string[], nowMs: number): NewEvent[] {
  return jobs.flatMap((job) => {
    const run = openRun(db, job);
    return run === undefined || run.state === 'started' ? [] : [start(db, run, nowMs)];
  });
}

function start(db: Database, run: Run, nowMs: number): NewEvent {
  db.run(`UPDATE analysis_runs SET state = 'started', started_at = ? WHERE id = ?`, nowMs, run.id);
  return eventOf('analysis_started', run);
}

/**
 * Writes what came of a job, once: only a run that still goes on has something to write, and a result never takes the
 * place of one of a later run. To be called in a transaction of the caller, with the events that are answered.
 */
export function finishRun(db: Database, finished: FinishedJob, nowMs: number): NewEvent[] {
  const run = openRun(db, finished.id);
  if (run === undefined) return [];
  const begun = run.state === 'started' ? [] : [start(db, run, nowMs)];
  if (finished.outcome === 'dead') {
    const { code, reason } = finished.failure;
    close(db, run, 'failed', finished.attempts, nowMs, { code, reason });
    // What a failed run has used nobody says: it is taken for what it was thought to use, at every attempt.
    if (!USED_NOTHING.test(code)) addUsage(db, run.pass, times(run, finished.attempts), nowMs);
    endTarget(db, run.id, run, 'dead');
    return [...begun, eventOf('analysis_failed', run, code)];
  }
  const { value, usage } = readResult(finished.result);
  writeResult(db, run, value, nowMs);
  addUsage(db, run.pass, usage, nowMs);
  close(db, { ...run, ...usage }, 'completed', finished.attempts, nowMs);
  endTarget(db, run.id, run, 'done');
  if (run.kind === 'live') forgetOldRuns(db, run);
  return [...begun, eventOf('analysis_completed', run)];
}

/** It may have come from another machine. */
function readResult(result: unknown): { value: unknown; usage: Usage } {
  const { value = null, usage } = (result ?? {}) as Partial<AnalysisResult>;
  const amount = (count: unknown) => (Number.isFinite(count) ? Math.max(0, Math.ceil(Number(count))) : 0);
  return { value, usage: { tokens: amount(usage?.tokens), cost: amount(usage?.cost) } };
}

function times({ tokens, cost }: Usage, count: number): Usage {
  return { tokens: tokens * count, cost: cost * count };
}

function writeResult(db: Database, run: Run, value: unknown, nowMs: number): void {
  db.run(
    `INSERT INTO analysis_results (conversation_id, pass, kind, version, fingerprint, run_id, chat_id, computed_at, result)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (conversation_id, pass, kind) DO UPDATE SET version = excluded.version,
       fingerprint = excluded.fingerprint, run_id = excluded.run_id, chat_id = excluded.chat_id,
       computed_at = excluded.computed_at, stale_at = NULL, stale_reason = NULL, result = excluded.result
     WHERE run_id < excluded.run_id`,
    run.conversation,
    run.pass,
    run.kind,
    run.version,
    run.fingerprint,
    run.id,
    run.chat,
    nowMs,
    JSON.stringify(value),
  );
}

function close(
  db: Database,
  { id, tokens, cost }: Run,
  state: 'completed' | 'failed',
  attempts: number,
  nowMs: number,
  failure: { code: string; reason: string } | null = null,
): void {
  db.run(
    `UPDATE analysis_runs SET state = ?, attempts = ?, tokens = ?, cost = ?, finished_at = ?, failure_code = ?, failure_reason = ?
     WHERE id = ?`,
    state,
    attempts,
    tokens,
    cost,
    nowMs,
    failure?.code ?? null,
    failure?.reason ?? null,
    id,
  );
}

function forgetOldRuns(db: Database, { conversation, pass, id }: Run): void {
  db.run(
    `DELETE FROM analysis_runs WHERE conversation_id = ?1 AND pass = ?2 AND kind = 'live' AND id < ?3
       AND state IN ('completed', 'replaced', 'cancelled') AND id NOT IN (
         SELECT id FROM analysis_runs WHERE conversation_id = ?1 AND pass = ?2 AND kind = 'live'
         ORDER BY id DESC LIMIT ${LIVE_RUNS_KEPT})`,
    conversation,
    pass,
    id,
  );
}

/** A result that is of what the conversation said before, or of an older version. */
export function markStale(
  db: Database,
  { conversation, pass, kind }: Omit<Target, 'version'>,
  reason: 'content_changed' | 'new_version',
  nowMs: number,
): void {
  db.run(
    `UPDATE analysis_results SET stale_at = ?, stale_reason = ?
     WHERE conversation_id = ? AND pass = ? AND kind = ? AND stale_at IS NULL`,
    nowMs,
    reason,
    conversation,
    pass,
    kind,
  );
}

/** Results of a conversation that is no more are kept, and say so. */
export function markRemoved(db: Database, conversation: number, nowMs: number): void {
  db.run(
    `UPDATE analysis_results SET stale_at = coalesce(stale_at, ?), stale_reason = 'conversation_removed'
     WHERE conversation_id = ?`,
    nowMs,
    conversation,
  );
}

/** Results of older versions than the one that is on now say so; it is asked for them one by one, or not at all. */
export function markOldVersions(db: Database, pass: string, version: number, nowMs: number): void {
  db.run(
    `UPDATE analysis_results SET stale_at = ?, stale_reason = 'new_version'
     WHERE pass = ? AND version < ? AND stale_at IS NULL`,
    nowMs,
    pass,
    version,
  );
}

type AnalysisEvent = 'analysis_queued' | 'analysis_started' | 'analysis_completed' | 'analysis_failed';

function eventOf(
  type: AnalysisEvent,
  {
    conversation,
    chat,
    pass,
    kind,
    version,
    id,
  }: Pick<Run, 'id' | 'conversation' | 'chat' | 'pass' | 'kind' | 'version'>,
  code?: string,
): NewEvent {
  const data = { conversationId: conversation, pass, kind, version, run: id, ...(code === undefined ? {} : { code }) };
  return { type, chatId: chat, data };
}
