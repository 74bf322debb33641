import { type JobSubject, jobId, type NewJob } from '../jobs/index.ts';
import type { NewEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { endConversation } from './hear.ts';
import type { PassInfo } from './pass.ts';
import type { Prepared } from './prepare.ts';
import { endRun, finishRun, markStale, queueRun, runOf } from './runs.ts';
import { closeTarget, isAsRead, NOT_BY_ITSELF, type OpenTarget, putOff } from './targets.ts';
import type { AnalysisPayload } from './work.ts';

/** What is to be told of targets that were looked at, and what their queue is to be told once that is committed. */
export type Decided = { events: NewEvent[]; jobs: NewJob[]; unwanted: string[] };

/** What is asked for of old conversations comes behind what has just ended, whatever its pass. */
const PRIORITY_OF_OLD = 500;

/**
 * Decides what becomes of a target, by what its conversation says now: nothing, when there is a result of just that; a
 * run, when there is none. In a transaction of the caller. A target that was opened again since it was read is left as
 * it is, and is looked at once more.
 */
export function decide(
  db: Database,
  target: OpenTarget,
  prepared: Prepared | null,
  { pass, nowMs, decided }: { pass: PassInfo; nowMs: number; decided: Decided },
): void {
  // What was read may be old by now: it is read again, or a run would begin that no target knows of.
  if (!isAsRead(db, target)) return;
  if (prepared === null) {
    // Whoever was removed since is told of as well; this only is sooner.
    if (db.value('SELECT 1 FROM conversations WHERE id = ?', target.conversation) !== null) return;
    decided.unwanted.push(...endConversation(db, target.conversation, nowMs));
    return;
  }
  const { fingerprint, chat, state, transcript, estimate } = prepared;
  if (target.kind === 'batch' && state !== 'ready') {
    putOff(db, target, NOT_BY_ITSELF);
    return;
  }
  const subject = { ...target, conversationId: target.conversation, version: pass.version, fingerprint };
  const running = runOf(db, target.run);
  if (target.kind === 'live' && state !== 'active') {
    // It is over: what a live pass would say of it nobody waits for.
    if (running !== undefined) {
      endRun(db, running.id, 'cancelled', nowMs);
      decided.unwanted.push(running.job);
    }
    closeTarget(db, target, 'done', target);
    return;
  }
  const isSame = running?.fingerprint === fingerprint && running.version === pass.version;
  if (running !== undefined && !isSame) {
    endRun(db, running.id, 'replaced', nowMs);
    decided.unwanted.push(running.job);
  }
  if (running !== undefined && isSame) {
    // Its job may have got lost: the queue takes it again only if it does not know it.
    closeTarget(db, target, 'queued', { fingerprint, run: running.id });
    if (transcript !== null) decided.jobs.push(jobOf(subject, target, pass, { ...subject, transcript }));
    return;
  }
  if (isSettled(db, target, fingerprint)) return;
  markStale(db, target, staleReason(db, target, fingerprint), nowMs);
  const job = jobId(subject);
  const run = queueRun(db, subject, { chat, fingerprint, job, estimate, nowMs });
  decided.events.push(run.event);
  closeTarget(db, target, 'queued', { fingerprint, run: run.id });
  if (transcript === null) {
    const failure = { code: 'CONVERSATION_TOO_LONG', reason: 'the conversation is too long to be handed to a pass' };
    decided.events.push(...finishRun(db, { id: job, kind: target.kind, attempts: 1, outcome: 'dead', failure }, nowMs));
    return;
  }
  decided.jobs.push(jobOf(subject, target, pass, { ...subject, transcript }));
}

/** Whether this content has its result already, or was given up on; then the target is closed. */
function isSettled(db: Database, target: OpenTarget, fingerprint: string): boolean {
  const result = db.get<{ run: number; stale: number | null }>(
    `SELECT run_id AS run, stale_at AS stale FROM analysis_results
     WHERE conversation_id = ? AND pass = ? AND kind = ? AND fingerprint = ? AND version >= ?`,
    target.conversation,
    target.pass,
    target.kind,
    fingerprint,
    target.version,
  );
  if (result !== undefined) {
    if (result.stale !== null) freshen(db, target);
    return closeTarget(db, target, 'done', { fingerprint, run: result.run });
  }
  if (target.run === null || target.fingerprint !== fingerprint) return false;
  const last = db.get<{ state: string; version: number }>(
    'SELECT state, version FROM analysis_runs WHERE id = ?',
    target.run,
  );
  if (last === undefined || last.version < target.version) return false;
  if (last.state !== 'failed' && last.state !== 'discarded') return false;
  return closeTarget(db, target, last.state === 'failed' ? 'dead' : 'discarded', { fingerprint, run: target.run });
}

/** The conversation says again what it said when this result was made. */
function freshen(db: Database, { conversation, pass, kind }: OpenTarget): void {
  db.run(
    `UPDATE analysis_results SET stale_at = NULL, stale_reason = NULL
     WHERE conversation_id = ? AND pass = ? AND kind = ?`,
    conversation,
    pass,
    kind,
  );
}

function staleReason(db: Database, target: OpenTarget, fingerprint: string): 'content_changed' | 'new_version' {
  const known = db.value<string>(
    'SELECT fingerprint FROM analysis_results WHERE conversation_id = ? AND pass = ? AND kind = ?',
    target.conversation,
    target.pass,
    target.kind,
  );
  return known === fingerprint ? 'new_version' : 'content_changed';
}

function jobOf(
  subject: JobSubject,
  { kind, rank }: OpenTarget,
  { priority }: PassInfo,
  { pass, version, fingerprint, transcript }: Omit<AnalysisPayload, 'kind'>,
): NewJob {
  const payload: AnalysisPayload = { kind, pass, version, fingerprint, transcript };
  const behind = rank > 0 ? PRIORITY_OF_OLD : 0;
  return { id: jobId(subject), kind, priority: Math.min(PRIORITY_OF_OLD, priority) + behind, payload };
}
