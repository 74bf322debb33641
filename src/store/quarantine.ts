import type { Database } from '../sqlite/index.ts';

/** A row that is set aside, without what it holds. Times are ISO 8601 UTC. */
export type QuarantineLine = {
  id: number;
  sourceId: number;
  rowid: number;
  guid: string;
  reason: string;
  state: string;
  firstSeenAt: string;
  lastTriedAt: string;
};

/** What is held or given up on, oldest first; resolved and discarded rows are history. */
export function quarantineLines(
  db: Database,
  { after = 0, limit = -1 }: { after?: number; limit?: number } = {},
): QuarantineLine[] {
  return db
    .all<Omit<QuarantineLine, 'firstSeenAt' | 'lastTriedAt'> & { first: number; last: number }>(
      `SELECT id, source_id AS sourceId, source_rowid AS rowid, guid, reason, state, first_seen_at AS first,
         last_tried_at AS last FROM quarantine WHERE state IN ('held', 'quarantined') AND id > ? ORDER BY id LIMIT ?`,
      after,
      limit,
    )
    .map(({ first, last, ...line }) => ({
      ...line,
      firstSeenAt: new Date(first).toISOString(),
      lastTriedAt: new Date(last).toISOString(),
    }));
}
