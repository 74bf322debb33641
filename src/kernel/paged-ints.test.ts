import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PagedInts } from './paged-ints.ts';

it('gives back what was set, and 0 for everything else, like a map', () => {
  const keys = fc.oneof(fc.integer({ min: -5_000, max: 10_000 }), fc.maxSafeInteger());
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, fc.integer({ min: 1, max: 2 ** 31 - 1 }))), fc.array(keys), (sets, gets) => {
      const ints = new PagedInts();
      const map = new Map<number, number>();
      for (const [key, value] of sets) {
        ints.set(key, value);
        map.set(key, value);
      }
      for (const key of [...gets, ...map.keys()]) expect(ints.get(key)).toBe(map.get(key) ?? 0);
    }),
    { numRuns: 500 },
  );
});
