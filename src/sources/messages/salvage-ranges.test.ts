import { describe, expect, it } from 'vitest';
import { SqliteError } from '../../sqlite/index.ts';
import { copyInRanges, type Range } from './salvage-ranges.ts';

const CORRUPT = 11;
const ROWS_OF_PAGE = 10;
/** A small file, whatever ids its tables are thought to have. */
const MOST_PAGES = 5_000;

/** Copies every row that is no `bad` one, as SQLite would: a range that holds a bad one fails as a whole. */
function copying(highest: number, isBad: (id: number) => boolean) {
  const badUpTo = new Uint32Array(highest + 1);
  for (let id = 1; id <= highest; id += 1) badUpTo[id] = (badUpTo[id - 1] ?? 0) + (isBad(id) ? 1 : 0);
  let statements = 0;
  let rows = 0;
  const lost = copyInRanges(highest, Math.min(highest / ROWS_OF_PAGE, MOST_PAGES), ({ from, to }: Range) => {
    statements += 1;
    if (badUpTo[to] !== badUpTo[from - 1]) throw new SqliteError('malformed', CORRUPT, '', null);
    rows += to - from + 1;
    return to - from + 1;
  });
  return { lost, statements, rows };
}

describe('ranges of a damaged table', () => {
  it('loses just the rows of damaged pages of a large table, in few statements', () => {
    const { lost, rows, statements } = copying(
      300_000,
      (id) => (id > 1_000 && id <= 1_010) || id === 150_000 || id > 299_990,
    );
    expect(lost).toEqual([
      { from: 1_001, to: 1_010 },
      { from: 150_000, to: 150_000 },
      { from: 299_991, to: 300_000 },
    ]);
    expect(rows).toBe(300_000 - 21);
    expect(statements).toBeLessThan(250);
  });

  it('P10 gives up a table of which nothing can be read after a bounded number of statements', () => {
    const { lost, rows, statements } = copying(5_000_000, () => true);
    expect(lost).toEqual([{ from: 1, to: 5_000_000 }]);
    expect(rows).toBe(0);
    expect(statements).toBeLessThan(22_000);
  });

  it('finds the edges of a large damaged stretch to the row', () => {
    const { lost } = copying(5_000_000, (id) => id > 7 && id < 4_999_999);
    expect(lost).toEqual([{ from: 8, to: 4_999_998 }]);
  });

  it('R18 finds all that is readable where every second page is damaged', () => {
    const { lost, rows } = copying(50_000, (id) => Math.floor(id / ROWS_OF_PAGE) % 2 === 0);
    expect(rows).toBe(25_000);
    expect(lost.length).toBeGreaterThan(2_000);
  });
});
