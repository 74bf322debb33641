import type { Database, Row } from '../../sqlite/index.ts';
import { SLICE_ROWS } from './limits.ts';

/** The columns of a table by name; empty when there is no such table. */
export function columnsOf(db: Database, table: string): Set<string> {
  return new Set(db.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`).map((row) => row.name));
}

/** A list of columns to select, in which those that this system does not have are NULL. */
export function selectable(known: ReadonlySet<string>, wanted: readonly string[]): string {
  return wanted.map((column) => (known.has(column) ? column : `NULL AS ${column}`)).join(', ');
}

/** A column's number, or 0 where it has none, so that what is sorted by it has an order. */
export function numberOr0(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/**
 * Hands the rows of a statement to `take` as far as they can be read, with a pause after every slice: at a damaged page
 * they end, and `problems` says what is missing. The statement should not sort: a sorted read gives nothing at all when
 * one page is damaged, and everything at once otherwise.
 */
export function* readRows(
  db: Database,
  sql: string,
  what: string,
  problems: string[],
  take: (row: Row) => void,
): Generator<void, void, void> {
  let rows = 0;
  try {
    for (const row of db.iterate(sql)) {
      take(row);
      rows += 1;
      if (rows % SLICE_ROWS === 0) yield;
    }
  } catch {
    problems.push(`damaged: ${what} could be read only in part (${rows} rows)`);
  }
}
