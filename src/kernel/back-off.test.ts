import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BackOff } from './back-off.ts';

const delays = (backOff: BackOff, count: number) => Array.from({ length: count }, () => backOff.next());

it('grows by its factor up to its limit, and begins anew when told that it went well', () => {
  const backOff = new BackOff({ firstMs: 100, mostMs: 1_000, factor: 3, random: () => 0 });
  expect(delays(backOff, 5)).toEqual([100, 300, 900, 1_000, 1_000]);
  backOff.reset();
  expect(delays(backOff, 2)).toEqual([100, 300]);
});

it('doubles where nothing else is said', () => {
  expect(delays(new BackOff({ firstMs: 10, mostMs: 1e9, random: () => 0 }), 3)).toEqual([10, 20, 40]);
});

it('is between half and the whole of what it would be without chance, however often it is asked', () => {
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const sizes = { firstMs: fc.integer({ min: 1, max: 5_000 }), mostMs: fc.integer({ min: 1, max: 5_000 }) };
  fc.assert(
    fc.property(sizes.firstMs, sizes.mostMs, unit, (firstMs, mostMs, chance) => {
      const backOff = new BackOff({ firstMs, mostMs, random: () => chance });
      const whole = new BackOff({ firstMs, mostMs, random: () => 0 });
      for (let count = 0; count < 1_100; count += 1) {
        const [longestMs, ms] = [whole.next(), backOff.next()];
        if (!(ms >= longestMs / 2 && ms <= longestMs && longestMs <= mostMs)) throw new Error(`${ms} of ${longestMs}`);
      }
    }),
    { numRuns: 30 },
  );
});
