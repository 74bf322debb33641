import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openWritable } from '../sqlite/index.ts';
import { appleSecondsToUnixMs } from './apple-time.ts';
import { appleTimeSql, appleTimeToUnixMs } from './index.ts';

const db = openWritable(':memory:');
afterAll(() => db.close());
const bySql = (value: bigint | number | string | null) => db.value<number>(`SELECT ${appleTimeSql('?1')}`, value);

describe('a time of Apple', () => {
  it('counts nanoseconds or seconds by its size', () => {
    expect(appleTimeToUnixMs(690_513_474_272_999_999n)).toBe(1_668_820_674_272);
    expect(appleTimeToUnixMs(690_513_474)).toBe(1_668_820_674_000);
    expect(appleTimeToUnixMs(-1n)).toBe(978_307_199_000);
  });

  it('is none when it was never set or lies outside the years 1 to 9999', () => {
    for (const value of [null, 0n, 0, 9_223_372_036_854_775_807n, 999_999_999_999n, -63_113_904_001n, Number.NaN]) {
      expect(appleTimeToUnixMs(value)).toBeNull();
    }
    expect(new Date(appleTimeToUnixMs(252_423_993_599n) ?? 0).toISOString()).toBe('9999-12-31T23:59:59.000Z');
    expect(new Date(appleTimeToUnixMs(-63_113_904_000n) ?? 0).toISOString()).toBe('0001-01-01T00:00:00.000Z');
  });

  it('is the same in SQL', () => {
    const near = (center: bigint) => fc.bigInt({ min: center - 3n, max: center + 3n });
    const values = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      ...[0n, 10n ** 12n, -(10n ** 12n), 252_423_993_599n, -63_113_904_000n].map(near),
      fc.constantFrom(2n ** 63n - 1n, 2n ** 63n - 2n, -(2n ** 63n)),
    );
    const agree = (value: bigint | number) => {
      expect(bySql(value)).toBe(appleTimeToUnixMs(value));
    };
    fc.assert(fc.property(values, agree), { numRuns: 500 });
    fc.assert(fc.property(fc.double({ noNaN: true }), agree));
  });

  it('may be text or NULL in SQL', () => {
    expect(bySql('690513474272999999')).toBe(1_668_820_674_272);
    expect(bySql('')).toBeNull();
    expect(bySql(null)).toBeNull();
  });

  it('in a property list has a fraction, rounded to microseconds before it is cut', () => {
    expect(appleSecondsToUnixMs(690_513_474.27)).toBe(1_668_820_674_270);
    expect(appleSecondsToUnixMs(Number.POSITIVE_INFINITY)).toBeNull();
  });
});
