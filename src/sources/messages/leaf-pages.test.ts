import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeafPages } from './leaf-pages.ts';

const PAGE_BYTES = 512;
const TABLE_LEAF = 0x0d;

/** A leaf page of a table with cells where chance has put them, as in a file that is damaged. */
const anyLeaf = fc
  .tuple(
    fc.uint8Array({ minLength: PAGE_BYTES, maxLength: PAGE_BYTES }),
    fc.array(fc.nat(PAGE_BYTES + 8), { minLength: 1, maxLength: 12 }),
  )
  .map(([bytes, pointers]) => {
    const page = Buffer.from(bytes);
    page[0] = TABLE_LEAF;
    page.writeUInt16BE(pointers.length, 3);
    for (const [at, pointer] of pointers.entries()) page.writeUInt16BE(pointer, 8 + at * 2);
    return page;
  });

describe('the leaf pages of a log', () => {
  it('are read whatever their bytes are, and one that is shown again tells of no other rows', () => {
    fc.assert(
      fc.property(fc.array(anyLeaf, { minLength: 1, maxLength: 4 }), (pages) => {
        const known = new LeafPages();
        for (const page of pages) {
          const first: number[] = [];
          known.show(2, page, first);
          known.commit(first);
          const again: number[] = [];
          known.show(2, page, again);
          known.commit(again);
          // Long rows alone, which are told each time.
          expect(again.filter((rowid) => !first.includes(rowid))).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
