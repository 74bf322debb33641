import type { Database } from '../../sqlite/index.ts';
import { isDamage } from './explain.ts';

export type Range = { from: number; to: number };

/** Row ids of one statement while all goes well; more where a table would take more statements than the next allows. */
const STRIDE = 4_096;
const MOST_STRIDES = 1_024;
/** Ranges that are looked into in the dark: so many for a page of the file, within these; a reading earns some more. */
const LOOKS_PER_PAGE = 2;
const FEWEST_LOOKS = 4_096;
const MOST_LOOKS = 32_768;
const LOOKS_PER_READING = 64;

/** `left`, `right`: whether what lies beside it can be read, or is no more part of the table. */
type Failed = Range & { left: boolean; right: boolean };

/**
 * Calls `copy` for all row ids up to `highest`, and, where that meets damage, for the halves, down to single rows.
 * Returns the ranges that could not be read, in order. The edge of what can be read is always followed to the row. In
 * the dark, where neither side can be read, there may still be an island that can; as each takes a page, how many places
 * are looked at goes by the `pages` of the file, from large ranges to small ones. So a table of which nothing can be
 * read ends soon, whatever its ids are thought to be.
 */
export function copyInRanges(highest: number, pages: number, copy: (range: Range) => number): Range[] {
  let looks = Math.min(Math.max(LOOKS_PER_PAGE * pages, FEWEST_LOOKS), MOST_LOOKS);
  const isCopied = (range: Range) => {
    const rows = copied(copy, range);
    if (rows !== null && rows > 0) looks += LOOKS_PER_READING;
    return rows !== null;
  };
  const lost: Range[] = [];
  let failed = failedOf(stridesUpTo(highest), isCopied, { left: true, right: true });
  while (failed.length > 0) {
    const smaller: Failed[] = [];
    for (const range of failed) {
      const inTheDark = !range.left && !range.right;
      if (range.from === range.to || (inTheDark && looks <= 0)) {
        lost.push(range);
        continue;
      }
      if (inTheDark) looks -= 1;
      smaller.push(...failedOf(halvesOf(range), isCopied, range));
    }
    failed = smaller;
  }
  return merged(lost);
}

/** Those of neighbouring ranges that cannot be copied. `outside`: whether what is beside all of them can be read. */
function failedOf(
  ranges: readonly Range[],
  isCopied: (range: Range) => boolean,
  outside: { left: boolean; right: boolean },
): Failed[] {
  const could = ranges.map(isCopied);
  return ranges
    .map((range, at) => ({ ...range, left: could[at - 1] ?? outside.left, right: could[at + 1] ?? outside.right }))
    .filter((_, at) => could[at] === false);
}

function stridesUpTo(highest: number): Range[] {
  const stride = Math.max(STRIDE, Math.ceil(highest / MOST_STRIDES));
  return Array.from({ length: Math.ceil(highest / stride) }, (_, at) => ({
    from: at * stride + 1,
    to: Math.min((at + 1) * stride, highest),
  }));
}

/** Rows that were copied, or null where the range is damaged. */
function copied(copy: (range: Range) => number, range: Range): number | null {
  try {
    return copy(range);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}

function halvesOf({ from, to }: Range): Range[] {
  const middle = Math.floor((from + to) / 2);
  return [
    { from, to: middle },
    { from: middle + 1, to },
  ];
}

function merged(ranges: Range[]): Range[] {
  const whole: Range[] = [];
  for (const { from, to } of ranges.sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last !== undefined && last.to === from - 1) last.to = to;
    else whole.push({ from, to });
  }
  return whole;
}

/** `isKnown`: not merely the number of rows that would fit into the file. */
export type Highest = { id: number; isKnown: boolean };

/** The least that a row takes of a page: its pointer, and a cell of four bytes (sqlite.org/fileformat2.html). */
const LEAST_ROW_BYTES = 6;

/** The highest row id of a table: what its tree, its indexes or SQLite's own list of them tell, else the most there is room for. */
export function highestRowid(db: Database, schema: string, table: string, indexes: readonly string[]): Highest {
  const capped = (value: string) => `min(${value}, ${Number.MAX_SAFE_INTEGER})`;
  const ways = ['NOT INDEXED', ...indexes.map((index) => `INDEXED BY "${index}"`)];
  // Of what can be read and is empty, the highest is none.
  const asked = ways.map((way) => `SELECT coalesce(${capped('max(rowid)')}, 0) FROM ${schema}.${table} ${way}`);
  // A database without any AUTOINCREMENT lacks the list.
  if (askedFor(db, `SELECT 1 FROM ${schema}.sqlite_master WHERE name = 'sqlite_sequence'`) !== null) {
    asked.push(`SELECT ${capped('seq')} FROM ${schema}.sqlite_sequence
      WHERE name = '${table}' AND typeof(seq) = 'integer'`);
  }
  const known = asked.map((sql) => askedFor(db, sql)).filter((id) => id !== null);
  if (known.length > 0) return { id: Math.max(...known), isKnown: true };
  const rowsOfPage = Math.floor(Number(db.value(`PRAGMA ${schema}.page_size`)) / LEAST_ROW_BYTES);
  return { id: pagesOf(db, schema) * rowsOfPage, isKnown: false };
}

export function pagesOf(db: Database, schema: string): number {
  return Number(db.value(`PRAGMA ${schema}.page_count`));
}

/** What a statement says; null where it says nothing, or meets damage. */
function askedFor(db: Database, sql: string): number | null {
  try {
    return db.value<number>(sql);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}
