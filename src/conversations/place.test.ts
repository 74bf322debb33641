import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { must } from '../kernel/index.ts';
import { APPLE_EPOCH_MS, DEFAULT_GAP_MS } from './gap.ts';
import { neighboursAt, place, type Span } from './place.ts';
import { forEachSegment, sortByTime } from './split.ts';

const gapMs = DEFAULT_GAP_MS;
const hour = 60 * 60_000;

function span(id: number, startMs: number, endMs: number, messageCount = 2): Span {
  return { id, startMs, endMs, messageCount };
}

/** Does to the conversations of a chat what the decision for one message says. */
function withMessage(conversations: readonly Span[], sentAtMs: number, newId: number): Span[] {
  const decision = place(sentAtMs, neighboursAt(sentAtMs, conversations), gapMs);
  const timeMs = Number.isNaN(sentAtMs) ? APPLE_EPOCH_MS : sentAtMs;
  if (decision.kind === 'start') {
    return [...conversations, span(newId, timeMs, timeMs, 1)].sort((a, b) => a.startMs - b.startMs);
  }
  const absorbed = decision.kind === 'bridge' ? decision.absorbed : null;
  const extra = conversations.find(({ id }) => id === absorbed)?.messageCount ?? 0;
  return conversations
    .filter(({ id }) => id !== absorbed)
    .map((one) => {
      if (one.id !== decision.id) return one;
      return {
        id: one.id,
        startMs: 'startMs' in decision ? decision.startMs : one.startMs,
        endMs: 'endMs' in decision ? decision.endMs : one.endMs,
        messageCount: one.messageCount + 1 + extra,
      };
    });
}

/** The fresh split of all messages, without ids. */
function freshSplit(times: readonly number[]): Omit<Span, 'id'>[] {
  const column = times.map((timeMs) => (Number.isNaN(timeMs) ? APPLE_EPOCH_MS : timeMs));
  const indexes = column.map((_, at) => at);
  const sorted = [...sortByTime(indexes, column, indexes)].map((at) => must(column[at], 'an index of the column'));
  const found: Omit<Span, 'id'>[] = [];
  forEachSegment(sorted, 0, sorted.length, gapMs, (start, end) => {
    const [startMs, endMs] = [must(sorted[start], 'a message'), must(sorted[end - 1], 'a message')];
    found.push({ startMs, endMs, messageCount: end - start });
  });
  return found;
}

const withoutId = ({ startMs, endMs, messageCount }: Span) => ({ startMs, endMs, messageCount });

/** Times on a grid of half the gap, with a millisecond more or less, around the epoch: every case meets every other. */
const someTime = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: -20, max: 60 }), fc.integer({ min: -1, max: 1 }))
      .map(([half, ms]) => APPLE_EPOCH_MS + (half * gapMs) / 2 + ms),
  },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

describe('placing one message more', () => {
  const one = span(1, 10 * hour, 11 * hour);
  const two = span(2, 14 * hour, 15 * hour);

  it.each([
    ['far from all', 20 * hour, { kind: 'start' }],
    ['a millisecond too late', 15 * hour + gapMs + 1, { kind: 'start' }],
    ['within one', 10.5 * hour, { kind: 'inside', id: 1 }],
    ['at its first moment', 10 * hour, { kind: 'inside', id: 1 }],
    ['at its last moment', 11 * hour, { kind: 'inside', id: 1 }],
    ['exactly the gap after it', 15 * hour + gapMs, { kind: 'extend-tail', id: 2, endMs: 15 * hour + gapMs }],
    ['exactly the gap before it', 10 * hour - gapMs, { kind: 'extend-head', id: 1, startMs: 10 * hour - gapMs }],
    ['nearer to the later one', 12.5 * hour + 1, { kind: 'extend-head', id: 2, startMs: 12.5 * hour + 1 }],
    ['in reach of both', 12.5 * hour, { kind: 'bridge', id: 1, absorbed: 2, startMs: 10 * hour, endMs: 15 * hour }],
  ] as const)('%s', (_where, timeMs, decision) => {
    expect(place(timeMs, neighboursAt(timeMs, [one, two]), gapMs)).toEqual(decision);
  });

  it('a bridge keeps the id of the larger conversation, of equal ones the older id, whichever is earlier', () => {
    const bridge = (before: Span, after: Span) => place(12.5 * hour, { before, after }, gapMs);
    expect(bridge({ ...one, messageCount: 1 }, two)).toMatchObject({ id: 2, absorbed: 1 });
    expect(bridge({ ...one, id: 9 }, two)).toMatchObject({ id: 2, absorbed: 9 });
    expect(bridge({ ...one, id: 9, messageCount: 3 }, two)).toMatchObject({ id: 9, absorbed: 2 });
  });

  it('a message without a date goes where Apple time starts', () => {
    const old = span(3, APPLE_EPOCH_MS + hour, APPLE_EPOCH_MS + 2 * hour);
    expect(place(Number.NaN, neighboursAt(Number.NaN, [old]), gapMs)).toEqual({
      kind: 'extend-head',
      id: 3,
      startMs: APPLE_EPOCH_MS,
    });
  });

  it('finds the neighbours as a search from end to end would', () => {
    const law = (starts: number[], timeMs: number) => {
      const conversations = [...new Set(starts)]
        .sort((a, b) => a - b)
        .map((startMs, at) => span(at + 1, startMs, startMs));
      expect(neighboursAt(timeMs, conversations)).toEqual({
        before: conversations.findLast(({ startMs }) => startMs <= timeMs) ?? null,
        after: conversations.find(({ startMs }) => startMs > timeMs) ?? null,
      });
    };
    fc.assert(fc.property(fc.array(fc.nat(40)), fc.nat(42), law), { numRuns: 1_000 });
  });
});

describe('the two algorithms', () => {
  it('agree: placing messages one by one, in any order, gives the fresh split of them all', () => {
    const law = (times: number[]) => {
      let conversations: Span[] = [];
      for (const [at, timeMs] of times.entries()) conversations = withMessage(conversations, timeMs, at + 1);
      expect(conversations.map(withoutId)).toEqual(freshSplit(times));
      expect(new Set(conversations.map(({ id }) => id)).size).toBe(conversations.length);
    };
    fc.assert(fc.property(fc.array(someTime, { maxLength: 40 }), law), { numRuns: 3_000 });
  });

  it('agree for every chunking: a fresh split of some, then the rest one by one, then more', () => {
    const law = (chunks: number[][]) => {
      const [first = [], ...rest] = chunks;
      let conversations: Span[] = freshSplit(first).map((one, at) => ({ ...one, id: at + 1 }));
      let nextId = 1_000;
      const seen = [...first];
      for (const chunk of rest) {
        for (const timeMs of chunk) conversations = withMessage(conversations, timeMs, nextId++);
        seen.push(...chunk);
        expect(conversations.map(withoutId)).toEqual(freshSplit(seen));
      }
    };
    fc.assert(fc.property(fc.array(fc.array(someTime, { maxLength: 12 }), { maxLength: 5 }), law), { numRuns: 2_000 });
  });

  it('agree for all 120 orders of five messages that start, extend and bridge', () => {
    const times = [0, gapMs, 2 * gapMs, 3 * gapMs + 1, 5 * gapMs].map((ms) => APPLE_EPOCH_MS + ms);
    const orders = permutations(times);
    expect(orders).toHaveLength(120);
    for (const order of orders) {
      let conversations: Span[] = [];
      for (const [at, timeMs] of order.entries()) conversations = withMessage(conversations, timeMs, at + 1);
      expect(conversations.map(withoutId)).toEqual(freshSplit(times));
    }
  });
});

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}
