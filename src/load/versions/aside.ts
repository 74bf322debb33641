import type { Database } from '../../sqlite/index.ts';
import type { SharedTable } from './fields.ts';

/**
 * Copies rows of which a source says something else than all together into a table aside, `temp.version_…`, as that
 * source says them; for whoever compares the store with one source. Lists beside a row are not copied.
 */
export function versionsAside(db: Database, table: SharedTable, sourceId: number): string {
  const name = `temp.version_${table}`;
  const mine = `f.what = '${table}' AND f.source_id = ${sourceId}`;
  db.exec(`DROP TABLE IF EXISTS ${name}`);
  db.exec(`CREATE TEMP TABLE version_${table} AS SELECT m.* FROM main.${table} m
    WHERE m.guid IN (SELECT f.guid FROM main.source_facts f WHERE ${mine})`);
  db.exec(`CREATE UNIQUE INDEX temp.version_${table}_by_guid ON version_${table} (guid)`);
  const fields = db.all<{ field: string }>(`SELECT DISTINCT f.field FROM main.source_facts f WHERE ${mine}`);
  for (const { field } of fields) {
    if (field === 'edits') continue;
    db.exec(`UPDATE ${name} SET ${field} = (SELECT f.value FROM main.source_facts f
        WHERE ${mine} AND f.guid = version_${table}.guid AND f.field = '${field}')
      WHERE guid IN (SELECT f.guid FROM main.source_facts f WHERE ${mine} AND f.field = '${field}')`);
  }
  return name;
}
