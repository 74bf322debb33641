import type { Database } from '../sqlite/index.ts';
import { endRun } from './runs.ts';

/**
 * Dead letters: runs that failed for good. They are rows of the store, so that they outlive every queue. One that is tried
 * again is the same row, which goes on to be listed until it has succeeded.
 */
export type Letters = readonly number[] | 'all';

type Failed = { id: number; conversation: number; pass: string; kind: string; isCurrent: number };

function failedRuns(db: Database, ids: Letters): Failed[] {
  const named = ids === 'all' ? null : JSON.stringify(ids);
  return db.all<Failed>(
    `SELECT r.id, r.conversation_id AS conversation, r.pass, r.kind, t.run_id IS NOT NULL AS isCurrent
     FROM analysis_runs r LEFT JOIN analysis_targets t
       ON t.conversation_id = r.conversation_id AND t.pass = r.pass AND t.kind = r.kind AND t.run_id = r.id
     WHERE r.state = 'failed' AND (?1 IS NULL OR r.id IN (SELECT value FROM json_each(?1))) ORDER BY r.id`,
    named,
  );
}

/** Tries failed runs again. `replaced`: of those the conversation has said something else since; there is another run. */
export function retryLetters(db: Database, ids: Letters, nowMs: number): { retried: number; replaced: number } {
  const counts = { retried: 0, replaced: 0 };
  for (const { id, conversation, pass, kind, isCurrent } of failedRuns(db, ids)) {
    if (isCurrent === 0) {
      endRun(db, id, 'replaced', nowMs);
      counts.replaced += 1;
      continue;
    }
    db.run(
      `UPDATE analysis_runs SET state = 'queued', queued_at = ?, started_at = NULL, finished_at = NULL WHERE id = ?`,
      nowMs,
      id,
    );
    db.run(
      `UPDATE analysis_targets SET state = 'open', asked = asked + 1, opened_at = ?1, due_at = ?1
       WHERE conversation_id = ?2 AND pass = ?3 AND kind = ?4`,
      nowMs,
      conversation,
      pass,
      kind,
    );
    counts.retried += 1;
  }
  return counts;
}

/** Gives failed runs up: their content is not tried again, another one is. */
export function discardLetters(db: Database, ids: Letters, nowMs: number): number {
  const runs = failedRuns(db, ids);
  for (const { id, conversation, pass, kind } of runs) {
    endRun(db, id, 'discarded', nowMs);
    db.run(
      `UPDATE analysis_targets SET state = 'discarded'
       WHERE conversation_id = ? AND pass = ? AND kind = ? AND run_id = ? AND state = 'dead'`,
      conversation,
      pass,
      kind,
      id,
    );
  }
  return runs.length;
}
