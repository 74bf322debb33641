import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPLE_EPOCH_MS, DEFAULT_GAP_MS, timeForSplit } from './gap.ts';
import { forEachSegment, sortByTime, splitSorted } from './split.ts';

const RUNS = 2_000;
const gapMs = DEFAULT_GAP_MS;

/** Times that make neighbours at, just within and just beyond the gap likely, equal ones and undated ones too. */
const steps = fc.oneof(
  fc.constantFrom(0, 1, gapMs - 1, gapMs, gapMs + 1, 2 * gapMs),
  fc.integer({ min: 0, max: 3 * gapMs }),
);
const times = fc
  .tuple(fc.integer({ min: 0, max: 2_000_000_000_000 }), fc.array(steps, { maxLength: 60 }))
  .map(([first, gaps]) => {
    let timeMs = first;
    return gaps.map((step) => {
      timeMs += step;
      return timeMs;
    });
  });
const datedOrNot = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
  { maxLength: 40 },
);

function segments(sorted: readonly number[], gap = gapMs): [number, number][] {
  const found: [number, number][] = [];
  forEachSegment(sorted, 0, sorted.length, gap, (start, end) => found.push([start, end]));
  return found;
}

describe('the split', () => {
  it('is a partition: every message is in exactly one conversation, none is empty, order is kept', () => {
    const law = (sorted: number[]) => {
      const found = segments(sorted);
      expect(found.flatMap(([start, end]) => sorted.slice(start, end))).toEqual(sorted);
      for (const [start, end] of found) expect(end).toBeGreaterThan(start);
    };
    fc.assert(fc.property(times, law), { numRuns: RUNS });
  });

  it('leaves no longer silence inside a conversation than the gap, and none so short between two', () => {
    const law = (sorted: number[], gap: number) => {
      const starts = new Set(segments(sorted, gap).map(([start]) => start));
      for (let at = 1; at < sorted.length; at += 1) {
        const silence = (sorted[at] ?? 0) - (sorted[at - 1] ?? 0);
        expect(silence > gap).toBe(starts.has(at));
      }
    };
    fc.assert(fc.property(times, fc.oneof(fc.constant(gapMs), fc.integer({ min: 1, max: 2 * gapMs })), law), {
      numRuns: RUNS,
    });
  });

  it('keeps messages exactly the gap apart together, and a millisecond more apart', () => {
    expect(segments([0, gapMs])).toEqual([[0, 2]]);
    expect(segments([0, gapMs + 1])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('looks at the window it is given alone, in positions of the whole', () => {
    const found: [number, number][] = [];
    forEachSegment(Float64Array.of(0, 1, 5 * gapMs, 6 * gapMs, 7 * gapMs + 1), 1, 4, gapMs, (start, end) =>
      found.push([start, end]),
    );
    expect(found).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });

  it('has no conversation without a message', () => {
    expect(segments([])).toEqual([]);
    expect(splitSorted([], gapMs)).toEqual(new Int32Array(0));
  });

  it('gives the same starts as a column, however many there are', () => {
    const apart = Float64Array.from({ length: 1_000 }, (_, at) => at * (gapMs + 1));
    expect(splitSorted(apart, gapMs)).toEqual(Int32Array.from({ length: 1_000 }, (_, at) => at));
    const law = (sorted: number[]) => {
      expect([...splitSorted(sorted, gapMs)]).toEqual(segments(sorted).map(([start]) => start));
    };
    fc.assert(fc.property(times, law), { numRuns: RUNS });
  });

  it('keeps messages without a date together, apart from those with one', () => {
    expect(segments([Number.NaN, Number.NaN, APPLE_EPOCH_MS + gapMs + 1])).toEqual([
      [0, 2],
      [2, 3],
    ]);
    expect(APPLE_EPOCH_MS).toBe(Date.UTC(2001, 0, 1));
  });
});

describe('the order', () => {
  it('is by time, then by tie, and the same for every order of the input', () => {
    const law = (column: number[], seed: number) => {
      const ties = column.map((_, at) => (at * 7 + seed) % 101);
      const indexes = column.map((_, at) => at);
      const sorted = [...sortByTime(indexes, column, ties)];
      const keys = sorted.map((at) => [timeForSplit(column[at] ?? 0), ties[at] ?? 0] as const);
      for (let at = 1; at < keys.length; at += 1) {
        const [earlier, later] = [keys[at - 1] ?? [0, 0], keys[at] ?? [0, 0]];
        expect(earlier[0] < later[0] || (earlier[0] === later[0] && earlier[1] < later[1])).toBe(true);
      }
      expect([...sorted].sort((a, b) => a - b)).toEqual(indexes);
      expect([...sortByTime(indexes.toReversed(), column, ties)]).toEqual(sorted);
    };
    fc.assert(fc.property(datedOrNot, fc.nat(100), law), { numRuns: RUNS });
  });

  it('puts messages without a date at the start of Apple time', () => {
    const column = [APPLE_EPOCH_MS + 1, Number.NaN, APPLE_EPOCH_MS - 1, Number.POSITIVE_INFINITY];
    expect([...sortByTime([0, 1, 2, 3], column, [1, 2, 3, 4])]).toEqual([2, 1, 3, 0]);
  });

  it('leaves the input as it is', () => {
    const order = [2, 0, 1];
    sortByTime(order, [5, 6, 7], [0, 1, 2]);
    expect(order).toEqual([2, 0, 1]);
  });

  it('sorts a part of the columns', () => {
    expect([...sortByTime(Int32Array.of(3, 1), [9, 8, 7, 6], [1, 2, 3, 4])]).toEqual([3, 1]);
    expect([...sortByTime(Int32Array.of(1, 3), [9, 8, 7, 6], [1, 2, 3, 4])]).toEqual([3, 1]);
  });
});
