import type { JobKind } from '../jobs/index.ts';
import type { Database } from '../sqlite/index.ts';

/** One conversation and one pass whose result is to be kept up to date. */
export type Target = { conversation: number; pass: string; kind: JobKind; version: number };

/** A target that is to be looked at. `fingerprint` and `run`: what it was last queued, done, dead or discarded for. */
export type OpenTarget = Target & {
  asked: number;
  rank: number;
  plan: number | null;
  fingerprint: string | null;
  run: number | null;
};

export type Moment = { nowMs: number; dueMs: number };

/** Never, until something happens: a conversation that is not over is not looked at by a pass for those that are. */
export const NOT_BY_ITSELF = Number.MAX_SAFE_INTEGER;

/**
 * Wants the result of a pass for a conversation, from now on: whatever it was, it is to be looked at from `dueMs` on. One
 * that waits already waits no longer than `mostMs` after it began to.
 */
export function wantTarget(db: Database, target: Target, { nowMs, dueMs }: Moment, mostMs: number): void {
  db.run(
    `INSERT INTO analysis_targets (conversation_id, pass, kind, version, state, opened_at, due_at)
     VALUES (?1, ?2, ?3, ?4, 'open', ?5, ?6)
     ON CONFLICT (conversation_id, pass, kind) DO UPDATE SET
       version = max(version, excluded.version), asked = asked + 1, rank = 0,
       due_at = CASE WHEN state = 'open' AND due_at < ?8 THEN max(due_at, min(excluded.due_at, opened_at + ?7))
                ELSE excluded.due_at END,
       opened_at = CASE WHEN state = 'open' AND due_at < ?8 THEN opened_at ELSE excluded.opened_at END,
       state = 'open'`,
    target.conversation,
    target.pass,
    target.kind,
    target.version,
    nowMs,
    dueMs,
    mostMs,
    NOT_BY_ITSELF,
  );
}

/**
 * What is wanted of these conversations (a JSON list of ids) is to be looked at again: they may say something else than
 * before. `liveDueMs`: when passes that follow a conversation may look.
 */
export function reopenTargets(db: Database, conversations: string, nowMs: number, liveDueMs: number): void {
  // Whoever is looking at one at this moment has not seen this: so those that are open count on as well.
  db.run(
    `UPDATE analysis_targets SET asked = asked + 1,
       opened_at = CASE state WHEN 'open' THEN opened_at ELSE ?2 END,
       due_at = CASE WHEN state = 'open' THEN due_at WHEN kind = 'live' THEN ?3 ELSE ?2 END,
       state = 'open'
     WHERE conversation_id IN (SELECT value FROM json_each(?1))`,
    conversations,
    nowMs,
    liveDueMs,
  );
}

/** What is wanted of a conversation that goes on waits until it is over; what was found when it seemed to be is stale. */
export function holdTargets(db: Database, conversation: number, nowMs: number): void {
  db.run(
    `UPDATE analysis_targets SET asked = asked + 1, state = 'open', opened_at = ?, due_at = ?
     WHERE conversation_id = ? AND kind = 'batch'`,
    nowMs,
    NOT_BY_ITSELF,
    conversation,
  );
  db.run(
    `UPDATE analysis_results SET stale_at = ?, stale_reason = 'content_changed'
     WHERE conversation_id = ? AND kind = 'batch' AND stale_at IS NULL`,
    nowMs,
    conversation,
  );
}

/**
 * All that is wanted of conversations that are over is to be looked at again, after everything that is new, and what
 * follows those that go on as well.
 */
export function reopenAll(db: Database, nowMs: number): void {
  db.run(
    `UPDATE analysis_targets SET asked = asked + 1, opened_at = ?1, due_at = ?1, rank = max(rank, ?2), state = 'open'
     WHERE state <> 'open'
       AND (kind = 'batch' OR conversation_id IN (SELECT id FROM conversations WHERE state = 'active'))`,
    nowMs,
    RANK_AGAIN,
  );
}

/** Behind conversations that have just ended, and before those of long ago. */
const RANK_AGAIN = 1;
export const RANK_OF_PLANS = 10;

/**
 * What is due, the most urgent first: live before batch, what has just ended before what is asked for of old ones. Passes
 * that are not in `passes` are left alone: they may be on again later.
 */
export function dueTargets(
  db: Database,
  {
    passes,
    kinds,
    nowMs,
    limit,
  }: { passes: readonly string[]; kinds: readonly JobKind[]; nowMs: number; limit: number },
): OpenTarget[] {
  const found: OpenTarget[] = [];
  for (const kind of kinds) {
    found.push(
      ...db.all<OpenTarget>(
        `SELECT conversation_id AS conversation, pass, kind, version, asked, rank, plan_id AS plan, fingerprint,
           run_id AS run
         FROM analysis_targets
         WHERE state = 'open' AND kind = ? AND due_at <= ? AND pass IN (SELECT value FROM json_each(?))
           AND (plan_id IS NULL OR plan_id NOT IN (SELECT id FROM historic_analysis_status WHERE state = 'cancelled'))
         ORDER BY rank, conversation_id DESC LIMIT ?`,
        kind,
        nowMs,
        JSON.stringify(passes),
        limit - found.length,
      ),
    );
    if (found.length >= limit) break;
  }
  return found;
}

/** When something is due next, in Unix milliseconds; null when nothing is open. */
export function nextDue(db: Database, passes: readonly string[]): number | null {
  return db.value<number>(
    `SELECT min(due_at) FROM analysis_targets
     WHERE state = 'open' AND due_at < ? AND pass IN (SELECT value FROM json_each(?))`,
    NOT_BY_ITSELF,
    JSON.stringify(passes),
  );
}

export type SettledState = 'queued' | 'done' | 'dead' | 'discarded';

/** Whether nobody has opened, or dropped, a target since it was read. */
export function isAsRead(db: Database, { conversation, pass, kind, asked }: Target & { asked: number }): boolean {
  const sql = `SELECT 1 FROM analysis_targets
    WHERE conversation_id = ? AND pass = ? AND kind = ? AND state = 'open' AND asked = ?`;
  return db.value(sql, conversation, pass, kind, asked) !== null;
}

/** Closes a target, unless it was opened again since it was looked at. */
export function closeTarget(
  db: Database,
  target: Target & { asked: number },
  state: SettledState,
  { fingerprint, run }: { fingerprint: string | null; run: number | null },
): boolean {
  const { changes } = db.run(
    `UPDATE analysis_targets SET state = ?, fingerprint = ?, run_id = ?
     WHERE conversation_id = ? AND pass = ? AND kind = ? AND state = 'open' AND asked = ?`,
    state,
    fingerprint,
    run,
    target.conversation,
    target.pass,
    target.kind,
    target.asked,
  );
  return changes === 1;
}

/** Puts a target off, unless it was opened again meanwhile. */
export function putOff(db: Database, target: Target & { asked: number }, dueMs: number): void {
  db.run(
    `UPDATE analysis_targets SET due_at = ?
     WHERE conversation_id = ? AND pass = ? AND kind = ? AND state = 'open' AND asked = ?`,
    dueMs,
    target.conversation,
    target.pass,
    target.kind,
    target.asked,
  );
}

/** What came of a run, for the target that still waits for that very run. */
export function endTarget(db: Database, run: number, target: Omit<Target, 'version'>, state: SettledState): void {
  db.run(
    `UPDATE analysis_targets SET state = ? WHERE conversation_id = ? AND pass = ? AND kind = ? AND run_id = ?
       AND state = 'queued'`,
    state,
    target.conversation,
    target.pass,
    target.kind,
    run,
  );
}

/** Nothing is wanted of a conversation that is no more. */
export function dropTargets(db: Database, conversation: number): void {
  db.run('DELETE FROM analysis_targets WHERE conversation_id = ?', conversation);
}
