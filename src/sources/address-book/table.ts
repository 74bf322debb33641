import type { Database, Row } from '../../sqlite/index.ts';

/** The columns of a table by name; empty when there is no such table. */
export function columnsOf(db: Database, table: string): Set<string> {
  return new Set(db.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`).map((row) => row.name));
}

/** A list of columns to select, in which those that this system does not have are NULL. */
export function selectable(known: ReadonlySet<string>, wanted: readonly string[]): string {
  return wanted.map((column) => (known.has(column) ? column : `NULL AS ${column}`)).join(', ');
}

/**
 * The rows of a statement as far as they can be read: at a damaged page they end, and `problems` says what is missing.
 * The statement should not sort: a sorted read gives nothing at all when one page is damaged.
 */
export function readable(db: Database, sql: string, what: string, problems: string[]): Row[] {
  const rows: Row[] = [];
  try {
    for (const row of db.iterate(sql)) rows.push(row);
  } catch {
    problems.push(`damaged: ${what} could be read only in part (${rows.length} rows)`);
  }
  return rows;
}
