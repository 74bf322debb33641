import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationState } from '../model/index.ts';
import { DEFAULT_GAP_MS } from './gap.ts';
import { isDue, LIFE_CYCLE, type LifeCycleEvent, type Step, stateAt } from './life-cycle.ts';

const gapMs = DEFAULT_GAP_MS;
const states = Object.keys(LIFE_CYCLE) as ConversationState[];

/** The announcements of a row of events, and the state after it. */
function live(from: ConversationState, ...events: LifeCycleEvent[]) {
  const announced: string[] = [];
  let state: ConversationState | 'removed' = from;
  for (const event of events) {
    if (state === 'removed') break;
    const { next, announce }: Step = LIFE_CYCLE[state][event];
    if (announce !== null) announced.push(announce);
    state = next;
  }
  return { state, announced };
}

describe('the life of a conversation', () => {
  it('is active, sealed when due, ready when finalised', () => {
    expect(live('active', 'message_added', 'due', 'finalised')).toEqual({
      state: 'ready',
      announced: ['conversation_extended', 'conversation_sealed', 'conversation_ready_for_analysis'],
    });
  });

  it('is the same whatever comes twice', () => {
    const once = live('active', 'due', 'finalised');
    expect(live('active', 'due', 'due', 'finalised', 'finalised', 'due')).toEqual(once);
  });

  it('is never ready without having been sealed', () => {
    expect(live('active', 'finalised')).toEqual({ state: 'active', announced: [] });
  });

  it.each(['sealed', 'ready'] as const)('starts again when the members of a %s one change', (state) => {
    for (const event of ['message_added', 'message_removed'] as const) {
      expect(live(state, event, 'due', 'finalised')).toEqual({
        state: 'ready',
        announced: ['conversation_amended', 'conversation_sealed', 'conversation_ready_for_analysis'],
      });
    }
  });

  it('ends when the last message is gone, in every state', () => {
    for (const state of states)
      expect(live(state, 'emptied')).toEqual({ state: 'removed', announced: ['conversation_removed'] });
  });

  it('says something at every change of state', () => {
    for (const state of states) {
      for (const step of Object.values(LIFE_CYCLE[state]))
        if (step.next !== state) expect(step.announce).not.toBeNull();
    }
  });
});

describe('being due', () => {
  it('begins when the gap has passed, to the millisecond', () => {
    expect(isDue({ endedAtMs: 1_000, gapMs, nowMs: 1_000 + gapMs - 1 })).toBe(false);
    expect(isDue({ endedAtMs: 1_000, gapMs, nowMs: 1_000 + gapMs })).toBe(true);
  });

  it('does not come for a conversation that ends in the future', () => {
    expect(stateAt({ endedAtMs: 10 * gapMs, gapMs, nowMs: 0 })).toEqual({ state: 'active', sealedAtMs: null });
  });

  it('makes an imported conversation ready at once, as if sealed on time', () => {
    expect(stateAt({ endedAtMs: 1_000, gapMs, nowMs: 5 * gapMs })).toEqual({
      state: 'ready',
      sealedAtMs: 1_000 + gapMs,
    });
    expect(stateAt({ endedAtMs: 1_000, gapMs, nowMs: gapMs })).toEqual({ state: 'active', sealedAtMs: null });
  });

  it('gives a followed conversation the state that an import of the same messages would give', () => {
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('message' as const), dateMs: fc.integer({ min: 0, max: 10 * gapMs }) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, gapMs / 2, gapMs - 1, gapMs, gapMs + 1) }),
    );
    const law = (happenings: (typeof happening extends fc.Arbitrary<infer T> ? T : never)[]) => {
      let state: ConversationState = 'active';
      let endedAtMs = 0;
      let nowMs = 0;
      const step = (event: LifeCycleEvent) => {
        const { next } = LIFE_CYCLE[state][event];
        if (next !== 'removed') state = next;
      };
      for (const happened of happenings) {
        if (happened.kind === 'wait') nowMs += happened.ms;
        else {
          endedAtMs = Math.max(endedAtMs, happened.dateMs);
          step('message_added');
        }
        if (isDue({ endedAtMs, gapMs, nowMs })) {
          step('due');
          step('finalised');
        }
        expect(state).toBe(stateAt({ endedAtMs, gapMs, nowMs }).state);
      }
    };
    fc.assert(fc.property(fc.array(happening, { maxLength: 20 }), law), { numRuns: 1_000 });
  });
});
