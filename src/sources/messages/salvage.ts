import { statSync } from 'node:fs';
import path from 'node:path';
import { type Database, foreignUri, openPrivateFolder, openWritable } from '../../sqlite/index.ts';
import { isDamage } from './explain.ts';
import type { MessagesFile } from './locate.ts';

const BROKEN = 'broken';
/** Rows copied by one statement while all goes well. */
const STRIDE = 4_096;
/** A table whose highest row id cannot be read is looked through up to here. */
const ROWID_GUESS = 2_000_000;

export type Salvage = {
  file: MessagesFile;
  /** Row ids that could not be read, at most: a range may hold ids that were never used. */
  unreadable: number;
  /** What is missing, by table and row ids. */
  problems: string[];
  [Symbol.dispose](): void;
};

/**
 * Copies every row that can still be read of a damaged database into a file of its own, in a private temporary folder
 * that is removed when the salvage is let go of. The damaged file is only read. Unreadable rows are found by halving.
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
      const lost = copyTable(db, name);
      problems.push(...lost.map((range) => `${name}: row ids ${range.from} to ${range.to} could not be read`));
      unreadable += lost.reduce((sum, range) => sum + range.to - range.from + 1, 0);
    }
    db.detach(BROKEN);
    return { file: { path: file, sealed: false }, unreadable, problems, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

type Range = { from: number; to: number };

function copyTable(db: Database, table: string): Range[] {
  const columns = db
    .all<{ name: string }>(`SELECT name FROM ${BROKEN}.pragma_table_info('${table}')`)
    .map((row) => row.name)
    .filter((name) => name.toLowerCase() !== 'rowid')
    .map((name) => `"${name}"`)
    .join(', ');
  const copy = `INSERT OR IGNORE INTO main.${table} (rowid, ${columns})
    SELECT rowid, ${columns} FROM ${BROKEN}.${table} NOT INDEXED WHERE rowid BETWEEN ? AND ?`;
  const lost: Range[] = [];
  const highest = highestRowid(db, table);
  for (let from = 1; from <= highest; from += STRIDE) {
    copyRange(db, copy, { from, to: Math.min(from + STRIDE - 1, highest) }, lost);
  }
  return lost;
}

/** Copies a range, or, where it cannot be read, its halves; a single row that cannot be read is lost. */
function copyRange(db: Database, copy: string, range: Range, lost: Range[]): void {
  try {
    db.run(copy, range.from, range.to);
    return;
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  if (range.from === range.to) {
    const last = lost.at(-1);
    if (last !== undefined && last.to === range.from - 1) last.to = range.from;
    else lost.push({ ...range });
    return;
  }
  const middle = Math.floor((range.from + range.to) / 2);
  copyRange(db, copy, { from: range.from, to: middle }, lost);
  copyRange(db, copy, { from: middle + 1, to: range.to }, lost);
}

function highestRowid(db: Database, table: string): number {
  const asked = [
    `SELECT max(rowid) FROM ${BROKEN}.${table}`,
    `SELECT seq FROM ${BROKEN}.sqlite_sequence WHERE name = '${table}'`,
  ];
  for (const sql of asked) {
    try {
      const value = db.value<number>(sql);
      if (value !== null) return Math.min(value, ROWID_GUESS * 100);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return ROWID_GUESS;
}
