import type { Database } from '../../sqlite/index.ts';
import { HeldVersions, settled, writeFacts, writeSaid } from './held.ts';

const GONE_AT = { messages: 'deleted_at', reactions: 'vanished_at' } as const;
type Going = keyof typeof GONE_AT;

/** The row `m` is in another source than this one, too. */
export const isElsewhere = (sourceId: number): string => `(m.source_id <> ${sourceId} OR EXISTS (
  SELECT 1 FROM main.sightings g WHERE g.guid = m.guid AND g.source_id <> ${sourceId}))`;

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
