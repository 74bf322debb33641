import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from './iso-time.ts';

const MOST_MS = 8_640_000_000_000_000;

describe('a moment as text', () => {
  it('is what a Date says, before 1970 and beyond the year 9999 too', () => {
    fc.assert(
      fc.property(fc.integer({ min: -MOST_MS, max: MOST_MS }), (ms) => {
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([0, -1, 86_399_999, 86_400_000, 253_402_300_799_999, 253_402_300_800_000, -MOST_MS, MOST_MS])(
    'is what a Date says of %d',
    (ms) => expect(isoTime(ms)).toBe(new Date(ms).toISOString()),
  );

  it('is none where there is no moment', () => {
    expect(isoTime(null)).toBeNull();
    expect(() => isoTime(Number.NaN)).toThrow(RangeError);
    expect(() => isoTime(MOST_MS + 1)).toThrow();
  });
});
