import type { Database } from '../../sqlite/index.ts';
import { HeldVersions, settled, writeFacts, writeSaid } from './held.ts';

const GONE_AT = { messages: 'deleted_at', reactions: 'vanished_at' } as const;
type Going = keyof typeof GONE_AT;

/** The row `m` is in another source than this one, too. */
export const isElsewhere = (sourceId: number): string => `(m.source_id <> ${sourceId} OR EXISTS (
  SELECT 1 FROM main.sightings g WHERE g.guid = m.guid AND g.source_id <> ${sourceId}))`;

/** Rows that this source had, another has too, and a complete reading of this one did not find: by our ids. */
export function sharedGone(db: Database, table: Going, sourceId: number): number[] {
  const has =
    'SELECT 1 FROM main.sightings WHERE source_id = ?1 UNION ALL SELECT 1 FROM main.sources WHERE id <> ?1 LIMIT 1';
  if (db.value(has, sourceId) === null) return [];
  const unseen = `NOT EXISTS (SELECT 1 FROM temp.staged_${table} s WHERE s.guid = m.guid)`;
  return db
    .all<{ id: number }>(
      `SELECT m.id FROM main.${table} m WHERE m.source_id = ?1 AND ${unseen} AND ${isElsewhere(sourceId)}
       UNION SELECT m.id FROM main.sightings v CROSS JOIN main.${table} m ON m.guid = v.guid
         WHERE v.source_id = ?1 AND v.what = 'row' AND ${unseen}`,
      sourceId,
    )
    .map(({ id }) => id);
}

/**
 * Notes that rows are gone from a source which others have too. A deletion in one is none in the others: the row goes
 * when it has gone from all. Answers the ids of those.
 */
export function markSharedGone(
  db: Database,
  table: Going,
  { sourceId, ids, nowMs }: { sourceId: number; ids: readonly number[]; nowMs: number },
): number[] {
  const held = new HeldVersions(db);
  const field = GONE_AT[table];
  const gone: number[] = [];
  for (const id of ids) {
    const row = held.read(table, id);
    const version = row.versions.get(sourceId);
    // Its number may be another row's now: below zero, where no row is, it cannot be mistaken.
    if (row.primary === sourceId) {
      db.run(`UPDATE main.${table} SET source_rowid = -abs(source_rowid) WHERE id = ?`, id);
    } else {
      const own = 'WHERE guid = ? AND source_id = ?';
      db.run(`UPDATE main.sightings SET source_rowid = -abs(source_rowid) ${own}`, row.guid, sourceId);
    }
    if (version === undefined || version[field] != null) continue;
    row.versions.set(sourceId, { ...version, [field]: nowMs });
    const { said, changed, facts } = settled(table, row);
    writeFacts(db, table, row.guid, facts);
    writeSaid(db, held, table, { id, said, changed });
    if (said[field] != null) gone.push(id);
  }
  return gone;
}
