import { openWritable } from '../src/sqlite/index.ts';
import { createTables, INDEXES, SCHEMA_VERSION } from '../src/store/index.ts';

const HEAD = [
  `-- The schema of a store, version ${SCHEMA_VERSION}. Times are Unix milliseconds, flags 0 or 1, lists JSON.`,
  '-- Columns are only ever added. This file is made from src/store/schema.sql.ts; do not edit it.',
];

/** The schema as SQLite has it once a store is made: each table, then its indexes. */
export function schemaDocument(): string {
  using db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  // The tables that a virtual table keeps for itself have its name before theirs.
  const entries = db.all<{ type: string; tbl_name: string; sql: string }>(
    `SELECT type, tbl_name, sql FROM sqlite_master s
     WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND NOT EXISTS (
       SELECT 1 FROM sqlite_master v WHERE v.sql LIKE 'CREATE VIRTUAL%' AND s.tbl_name LIKE v.name || '\\_%' ESCAPE '\\')
     ORDER BY rowid`,
  );
  const blocks = entries
    .filter((entry) => entry.type === 'table')
    .map((table) => [
      '',
      statement(table.sql),
      ...entries
        .filter((entry) => entry.type !== 'table' && entry.tbl_name === table.tbl_name)
        .map((entry) => statement(entry.sql)),
    ]);
  return `${[...HEAD, ...blocks.flat()].join('\n')}\n`;
}

/** The source text stands two columns further in than a document does. */
function statement(sql: string): string {
  return `${sql.replaceAll(/\n {2}/g, '\n')};`;
}
