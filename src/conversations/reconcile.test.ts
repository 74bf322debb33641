import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reconciliation, reconcile } from './reconcile.ts';
import { sortByTime, splitSorted } from './split.ts';

const gapMs = 10;

/** Reconciles segments spelt as the old conversations of their members: [[1, 1, 0], [2]] is three messages and one. */
function spelt(segments: number[][], gone: Record<number, number> = {}): Reconciliation {
  const previous = segments.flat();
  const starts: number[] = [];
  let at = 0;
  for (const segment of segments) {
    starts.push(at);
    at += segment.length;
  }
  const sizes = new Map<number, number>();
  for (const id of previous) if (id !== 0) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  for (const [id, count] of Object.entries(gone)) sizes.set(Number(id), (sizes.get(Number(id)) ?? 0) + count);
  return reconcile({ starts, previous, sizes });
}

const idsOf = ({ conversations }: Reconciliation) => conversations.map(({ id }) => id);
const changedOf = ({ conversations }: Reconciliation) => conversations.map(({ changed }) => changed);

/** Messages of one chat by their own number: a time, and the old conversation, 0 for none. */
type Message = { timeMs: number; old: number };
const messages = fc.array(fc.record({ timeMs: fc.nat(200), old: fc.nat(6) }), { maxLength: 50 });
const gone = fc.dictionary(fc.constantFrom('1', '2', '3', '7'), fc.integer({ min: 1, max: 3 }));

/** Splits and reconciles messages that arrive in the order of `arrival`, as an import does. */
function run(all: readonly Message[], vanished: Record<string, number>, arrival = all.map((_, at) => at)) {
  const order = sortByTime(
    arrival,
    all.map(({ timeMs }) => timeMs),
    all.map((_, at) => at),
  );
  const sorted = [...order].map((at) => all[at] ?? { timeMs: 0, old: 0 });
  const sizes = new Map<number, number>();
  for (const { old } of arrival.map((at) => all[at] ?? { timeMs: 0, old: 0 })) {
    if (old !== 0) sizes.set(old, (sizes.get(old) ?? 0) + 1);
  }
  for (const [id, count] of Object.entries(vanished)) sizes.set(Number(id), (sizes.get(Number(id)) ?? 0) + count);
  const previous = Int32Array.from(sorted, ({ old }) => old);
  const starts = splitSorted(
    sorted.map(({ timeMs }) => timeMs),
    gapMs,
  );
  return { result: reconcile({ starts, previous, sizes }), previous, sizes, starts };
}

describe('comparing a fresh split with what was there', () => {
  it('keeps every id when nothing has changed', () => {
    const result = spelt([[5, 5], [2], [9, 9, 9]]);
    expect(idsOf(result)).toEqual([5, 2, 9]);
    expect(changedOf(result)).toEqual([false, false, false]);
    expect(result.removed).toEqual([]);
  });

  it('has new conversations only when there was nothing', () => {
    expect(idsOf(spelt([[0, 0], [0]]))).toEqual([null, null]);
    expect(changedOf(spelt([[0]]))).toEqual([true]);
  });

  it('keeps the id of a conversation that has grown or shrunk, and says so', () => {
    expect(spelt([[4, 4, 0]]).conversations).toEqual([{ start: 0, end: 3, id: 4, changed: true }]);
    expect(spelt([[4, 4]], { 4: 1 }).conversations).toEqual([{ start: 0, end: 2, id: 4, changed: true }]);
  });

  it('gives a bridged conversation the id of the larger part, and removes the other', () => {
    const result = spelt([[1, 1, 0, 2, 2, 2]]);
    expect(idsOf(result)).toEqual([2]);
    expect(result.removed).toEqual([1]);
  });

  it('gives equal parts the older id, and an equal split to the earlier segment', () => {
    expect(idsOf(spelt([[8, 8, 0, 3, 3]]))).toEqual([3]);
    expect(
      idsOf(
        spelt([
          [6, 6],
          [6, 6],
        ]),
      ),
    ).toEqual([6, null]);
    expect(idsOf(spelt([[6], [6, 6]]))).toEqual([null, 6]);
  });

  it('does not lose an id that was outdone in one place when it still has members in another', () => {
    expect(
      spelt([
        [1, 1, 1, 2, 2, 2, 2],
        [1, 1],
      ]),
    ).toEqual({
      conversations: [
        { start: 0, end: 7, id: 2, changed: true },
        { start: 7, end: 9, id: 1, changed: true },
      ],
      removed: [],
    });
  });

  it('removes conversations of which no message is left, by rising id', () => {
    expect(spelt([[1]], { 30: 2, 4: 1 })).toEqual({
      conversations: [{ start: 0, end: 1, id: 1, changed: false }],
      removed: [4, 30],
    });
    expect(reconcile({ starts: [], previous: [], sizes: new Map([[3, 1]]) })).toEqual({
      conversations: [],
      removed: [3],
    });
  });

  it('takes a message that came from another chat for a new one', () => {
    expect(reconcile({ starts: [0], previous: [77, 77], sizes: new Map() })).toEqual({
      conversations: [{ start: 0, end: 2, id: null, changed: true }],
      removed: [],
    });
  });
});

describe('the laws of reconciling', () => {
  it('every old id is used once or removed, never both, never twice', () => {
    const law = (all: Message[], vanished: Record<string, number>) => {
      const { result, sizes } = run(all, vanished);
      const used = idsOf(result).filter((id) => id !== null);
      expect([...used, ...result.removed].sort((a, b) => a - b)).toEqual([...sizes.keys()].sort((a, b) => a - b));
    };
    fc.assert(fc.property(messages, gone, law), { numRuns: 3_000 });
  });

  it('the segments stay as they were split', () => {
    const law = (all: Message[], vanished: Record<string, number>) => {
      const { result, starts, previous } = run(all, vanished);
      expect(result.conversations.map(({ start }) => start)).toEqual([...starts]);
      expect(result.conversations.map(({ end }) => end)).toEqual([
        ...starts.slice(1),
        ...(starts.length > 0 ? [previous.length] : []),
      ]);
    };
    fc.assert(fc.property(messages, gone, law), { numRuns: 1_000 });
  });

  it('unchanged means the very same members, and the very same members keep their id', () => {
    const law = (all: Message[], vanished: Record<string, number>) => {
      const { result, previous, sizes } = run(all, vanished);
      for (const { start, end, id, changed } of result.conversations) {
        const members = new Set(previous.subarray(start, end));
        const [only = 0] = members;
        const same = members.size === 1 && sizes.get(only) === end - start;
        expect(changed).toBe(!same);
        if (same) expect(id).toBe(only);
      }
    };
    fc.assert(fc.property(messages, gone, law), { numRuns: 3_000 });
  });

  it('an id that is kept shares a message with its conversation, and none of its old ids is left unused', () => {
    const law = (all: Message[], vanished: Record<string, number>) => {
      const { result, previous, sizes } = run(all, vanished);
      const unused = new Set(result.removed);
      for (const { start, end, id } of result.conversations) {
        const members = [...previous.subarray(start, end)];
        if (id !== null) expect(members).toContain(id);
        else expect(members.filter((old) => sizes.has(old) && unused.has(old))).toEqual([]);
      }
    };
    fc.assert(fc.property(messages, gone, law), { numRuns: 3_000 });
  });

  it('the bulk keeps the id: nowhere would two conversations both be better off the other way', () => {
    const law = (all: Message[], vanished: Record<string, number>) => {
      const { result, previous } = run(all, vanished);
      const shares = (at: number, old: number) => {
        const { start, end } = result.conversations[at] ?? { start: 0, end: 0 };
        return previous.subarray(start, end).filter((one) => one === old).length;
      };
      const owner = new Map(result.conversations.map(({ id }, at) => [id, at]));
      result.conversations.forEach(({ id }, at) => {
        for (const old of new Set(previous)) {
          if (old === 0) continue;
          const here = id === null ? 0 : shares(at, id);
          const there = shares(owner.get(old) ?? -1, old);
          expect(shares(at, old) > here && shares(at, old) > there).toBe(false);
        }
      });
    };
    fc.assert(fc.property(messages, gone, law), { numRuns: 1_000 });
  });

  it('the order in which messages arrive makes no difference', () => {
    const shuffled = messages.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(
          all.map((_, at) => at),
          { minLength: all.length },
        ),
      ),
    );
    const law = ([all, arrival]: [Message[], number[]], vanished: Record<string, number>) => {
      expect(run(all, vanished, arrival).result).toEqual(run(all, vanished).result);
    };
    fc.assert(fc.property(shuffled, gone, law), { numRuns: 2_000 });
  });

  it('doing it again changes nothing', () => {
    const law = (all: Message[], vanished: Record<string, number>) => {
      const { result, starts, previous } = run(all, vanished);
      let nextId = 100;
      const settled = new Int32Array(previous.length);
      const sizes = new Map<number, number>();
      for (const { start, end, id } of result.conversations) {
        const given = id ?? nextId++;
        settled.fill(given, start, end);
        sizes.set(given, end - start);
      }
      const again = reconcile({ starts, previous: settled, sizes });
      expect(changedOf(again)).toEqual(result.conversations.map(() => false));
      expect(idsOf(again)).toEqual(result.conversations.map(({ start }) => settled[start]));
      expect(again.removed).toEqual([]);
    };
    fc.assert(fc.property(messages, gone, law), { numRuns: 1_000 });
  });
});
