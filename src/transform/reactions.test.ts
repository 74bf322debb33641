import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReactionState, settleReactions } from './reactions.ts';

let nextId = 0;
const row = (at: number | null, isRemoval = false, changes: Partial<ReactionState> = {}): ReactionState => {
  nextId += 1;
  return { id: nextId, isRemoval, at, order: nextId, vanishedAt: null, removedAt: null, ...changes };
};
const settled = (rows: readonly ReactionState[]) => {
  const changes = new Map(settleReactions(rows).map(({ id, removedAt }) => [id, removedAt]));
  return rows.map((each) => ({
    ...each,
    removedAt: changes.has(each.id) ? (changes.get(each.id) ?? null) : each.removedAt,
  }));
};

describe('the reactions of one person on one part', () => {
  it('L26 end with any removal that comes after them', () => {
    expect(settled([row(1), row(5, true)])[0]?.removedAt).toBe(5);
  });

  it('L71 give way to the next one', () => {
    expect(settled([row(1), row(3)]).map((each) => each.removedAt)).toEqual([3, null]);
  });

  it('are not ended by a removal that came before them', () => {
    expect(settled([row(1, true), row(2)])[1]?.removedAt).toBeNull();
  });

  it('end when their row disappears, and live again when it is back', () => {
    const gone = row(1, false, { vanishedAt: 8 });
    expect(settled([gone])[0]?.removedAt).toBe(8);
    expect(settled([{ ...gone, vanishedAt: null, removedAt: 8 }])[0]?.removedAt).toBeNull();
  });

  it('do not depend on the order in which the rows come, nor on being settled before', () => {
    const rows = fc.array(fc.record({ at: fc.integer({ min: 0, max: 5 }), isRemoval: fc.boolean() }), { maxLength: 8 });
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat()), (facts, keys) => {
        const given = facts.map(({ at, isRemoval }) => row(at, isRemoval));
        const shuffled = given.map((each) => [keys.next().value, each] as const).sort((a, b) => a[0] - b[0]);
        const byId = (list: readonly ReactionState[]) => [...list].sort((a, b) => a.id - b.id);
        const once = byId(settled(given));
        expect(byId(settled(shuffled.map(([, each]) => each)))).toEqual(once);
        expect(settleReactions(once)).toEqual([]);
        expect(once.filter((each) => !each.isRemoval && each.removedAt === null).length).toBeLessThan(2);
      }),
      { numRuns: 1_000 },
    );
  });
});
