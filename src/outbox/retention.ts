import type { Database } from '../sqlite/index.ts';
import { slowestPosition } from './consumers.ts';
import { RETENTION_AGE_MS, RETENTION_HARD_AGE_MS, RETENTION_HARD_ROWS } from './limits.ts';
import { lastEventId } from './read.ts';

/**
 * Removes events that are old and that every consumer has acknowledged, and those beyond the hard bounds, whoever has
 * not read them. Takes at most `limit`, so that no statement is long; `more` says that a next call will find some.
 *
 * It takes the oldest and stops at the first that has to stay. What is kept has no hole therefore, also where the
 * clock went back and the moments do not rise as the ids do, and one number tells whether a position is still good.
 */
export function trimEvents(
  db: Database,
  { nowMs, limit }: { nowMs: number; limit: number },
): { removed: number; more: boolean } {
  const acknowledged = slowestPosition(db) ?? Number.POSITIVE_INFINITY;
  const tooMany = lastEventId(db) - RETENTION_HARD_ROWS;
  const mayGo = ({ id, at }: { id: number; at: number }) =>
    (at < nowMs - RETENTION_AGE_MS && id <= acknowledged) || at < nowMs - RETENTION_HARD_AGE_MS || id <= tooMany;

  const oldest = db.all<{ id: number; at: number }>('SELECT id, at FROM events ORDER BY id LIMIT ?', limit + 1);
  const kept = oldest.findIndex((event) => !mayGo(event));
  const removable = kept === -1 ? oldest.length : kept;
  const removed = Math.min(removable, limit);
  const last = oldest[removed - 1];
  if (last !== undefined) db.run('DELETE FROM events WHERE id <= ?', last.id);
  return { removed, more: removable > limit };
}
