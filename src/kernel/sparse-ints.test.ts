import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PagedInts } from './paged-ints.ts';
import { type IntMap, SparseInts } from './sparse-ints.ts';

const keys = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.maxSafeInteger());
const values = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

it('answers as PagedInts does, whatever was set, 0 included', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, values)), fc.array(keys), (sets, gets) => {
      const [paged, sparse]: [IntMap, IntMap] = [new PagedInts(), new SparseInts()];
      for (const [key, value] of sets) {
        paged.set(key, value);
        sparse.set(key, value);
      }
      for (const key of [...gets, ...sets.map(([set]) => set)]) expect(sparse.get(key)).toBe(paged.get(key));
    }),
  );
});

it('is empty after it was cleared', () => {
  const ints = new SparseInts();
  ints.set(7, 1);
  ints.clear();
  expect(ints.get(7)).toBe(0);
});
