import { statSync } from 'node:fs';
import path from 'node:path';
import { type Database, foreignUri, openPrivateFolder, openWritable } from '../../sqlite/index.ts';
import type { MessagesFile } from './locate.ts';
import { takeFromIndexes, wholeIndexes } from './salvage-indexes.ts';
import { copyInRanges, highestRowid, pagesOf, type Range } from './salvage-ranges.ts';

const BROKEN = 'broken';

export type Salvage = {
  file: MessagesFile;
  /**
   * Rows that could not be read: those that an index names, else the row ids between readable ones, of which some may
   * never have been used. How many they are is not known where even the end of a table cannot be told; then the problems say so.
   */
  unreadable: number;
  /** What is missing, by table and row ids. */
  problems: string[];
  [Symbol.dispose](): void;
};

/**
 * Copies every row that can still be read of a damaged database into a file of its own, in a private temporary folder
 * that is removed when the salvage is let go of. The damaged file is only read. Unreadable rows are found by halving,
 * and read from indexes where these hold what matters of them.
 */
export function salvage(source: MessagesFile, tables: readonly string[]): Salvage {
  const folder = openPrivateFolder('salvage', statSync(source.path).size);
  const file = path.join(folder.path, 'chat.db');
  const dispose = () => folder[Symbol.dispose]();
  try {
    using db = openWritable(file);
    // Statements will fail in the middle, and have to be undone: a journal is needed, though not one on disk.
    db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF');
    db.attach(foreignUri(source.path, source), BROKEN);
    const problems: string[] = [];
    let unreadable = 0;
    const schema = db.all<{ name: string; sql: string }>(
      `SELECT name, sql FROM ${BROKEN}.sqlite_master WHERE type = 'table' AND sql IS NOT NULL ORDER BY name`,
    );
    for (const { name, sql } of schema) {
      if (!tables.includes(name)) continue;
      db.exec(sql);
      const copied = copyTable(db, name);
      problems.push(...copied.problems);
      unreadable += copied.unreadable;
    }
    db.detach(BROKEN);
    return { file: { path: file, sealed: false }, unreadable, problems, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Copies what can be read of a table, by its row ids and from its indexes, and says what cannot. */
function copyTable(db: Database, table: string): Pick<Salvage, 'unreadable' | 'problems'> {
  const columns = db
    .all<{ name: string }>(`SELECT name FROM ${BROKEN}.pragma_table_info('${table}')`)
    .map((row) => row.name)
    .filter((name) => name.toLowerCase() !== 'rowid')
    .map((name) => `"${name}"`)
    .join(', ');
  const copy = `INSERT OR IGNORE INTO main.${table} (rowid, ${columns})
    SELECT rowid, ${columns} FROM ${BROKEN}.${table} NOT INDEXED WHERE rowid`;
  const indexes = wholeIndexes(db, BROKEN, table);
  const highest = highestRowid(
    db,
    BROKEN,
    table,
    indexes.map(({ name }) => name),
  );
  const lost = copyInRanges(highest.id, pagesOf(db, BROKEN), ({ from, to }) => {
    // The end of a range is found at the row after it, which may lie on a damaged page; one row is asked for alone.
    if (from === to) return db.run(`${copy} = ?`, from).changes;
    return db.run(`${copy} BETWEEN ? AND ?`, from, to).changes;
  });
  if (lost.length === 0) return { unreadable: 0, problems: [] };
  const { missing, inPart } = takeFromIndexes(db, BROKEN, table, indexes, lost);
  const problems = inPart > 0 ? [`${table}: rows that could be read only in part: ${inPart}`] : [];
  if (missing !== null) return told(table, missing, problems);
  // Where the end of the table was only guessed, so is how far the last range goes.
  const isOpen = !highest.isKnown && lost.at(-1)?.to === highest.id;
  const open = isOpen ? lost.pop() : undefined;
  if (open !== undefined) {
    const after = open.from === 1 ? '' : ` after row id ${open.from - 1}`;
    problems.push(`${table}: an unknown number of rows${after} could not be read`);
  }
  return told(
    table,
    lost.map((range) => ({ ...range, rows: range.to - range.from + 1 })),
    problems,
  );
}

function told(
  table: string,
  lost: readonly (Range & { rows: number })[],
  problems: string[],
): Pick<Salvage, 'unreadable' | 'problems'> {
  return {
    unreadable: lost.reduce((sum, { rows }) => sum + rows, 0),
    problems: [...problems, ...lost.map(({ from, to }) => `${table}: row ids ${from} to ${to} could not be read`)],
  };
}
