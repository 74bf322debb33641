import type { Database } from '../../sqlite/index.ts';
import { type SharedTable, sightedAs } from './fields.ts';
import { HeldVersions, settled, writeFacts, writeSaid } from './held.ts';

/** What a source leaves behind: rows that only it had, and those that now say something else. */
export type Withdrawn = { alone: number[]; changed: { id: number; fields: string[] }[] };

/**
 * Takes what a source says out of some rows of the store, of which it is one of the sources. Rows that only it has are
 * answered, and left to whoever removes them.
 */
export function withdrawRows(db: Database, table: SharedTable, sourceId: number, ids: readonly number[]): Withdrawn {
  const held = new HeldVersions(db);
  const withdrawn: Withdrawn = { alone: [], changed: [] };
  for (const id of ids) {
    const row = held.read(table, id);
    row.versions.delete(sourceId);
    if (row.versions.size === 0) {
      withdrawn.alone.push(id);
      continue;
    }
    const { said, changed, facts } = settled(table, row);
    writeFacts(db, table, row.guid, facts);
    writeSaid(db, held, table, { id, said, changed });
    if (row.primary === sourceId) promote(db, table, row.guid);
    else db.run('DELETE FROM main.sightings WHERE guid = ? AND source_id = ?', row.guid, sourceId);
    if (changed.length > 0) withdrawn.changed.push({ id, fields: changed });
  }
  return withdrawn;
}

/** The row is entered under the next of its sources. */
function promote(db: Database, table: SharedTable, guid: string): void {
  const next = db.get<{ source: number; rowid: number; state: number }>(
    `SELECT source_id AS source, source_rowid AS rowid, source_state AS state FROM main.sightings
     WHERE guid = ? AND what = ? ORDER BY source_id LIMIT 1`,
    guid,
    sightedAs(table),
  );
  if (next === undefined) return;
  db.run(
    `UPDATE main.${table} SET source_id = ?, source_rowid = ?, source_state = ? WHERE guid = ?`,
    ...[next.source, next.rowid, next.state, guid],
  );
  db.run('DELETE FROM main.sightings WHERE guid = ? AND source_id = ?', guid, next.source);
}
