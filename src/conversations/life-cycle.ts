import type { ConversationState } from '../model/index.ts';

/** What can happen to a conversation. `due`: the gap has passed since its last message. */
export type LifeCycleEvent = 'message_added' | 'message_removed' | 'emptied' | 'due' | 'finalised';

/** What the world is told about a step, or null. */
export type Announcement =
  | 'conversation_extended'
  | 'conversation_amended'
  | 'conversation_sealed'
  | 'conversation_ready_for_analysis'
  | 'conversation_removed';

export type Step = { next: ConversationState | 'removed'; announce: Announcement | null };

const stay = (next: ConversationState): Step => ({ next, announce: null });
const removed: Step = { next: 'removed', announce: 'conversation_removed' };
const amended: Step = { next: 'active', announce: 'conversation_amended' };

/**
 * The life of a conversation, whole: what every event does in every state. A sealed or ready conversation whose
 * members change is active again for as long as the clock needs to be asked, for its end may have moved; an event that
 * comes twice, or late, changes nothing.
 */
export const LIFE_CYCLE: Record<ConversationState, Record<LifeCycleEvent, Step>> = {
  active: {
    message_added: { next: 'active', announce: 'conversation_extended' },
    message_removed: { next: 'active', announce: 'conversation_amended' },
    emptied: removed,
    due: { next: 'sealed', announce: 'conversation_sealed' },
    finalised: stay('active'),
  },
  sealed: {
    message_added: amended,
    message_removed: amended,
    emptied: removed,
    due: stay('sealed'),
    finalised: { next: 'ready', announce: 'conversation_ready_for_analysis' },
  },
  ready: {
    message_added: amended,
    message_removed: amended,
    emptied: removed,
    due: stay('ready'),
    finalised: stay('ready'),
  },
};

/** Times in Unix milliseconds. */
export type DueInput = { endedAtMs: number; gapMs: number; nowMs: number };

/** Whether a conversation that ended at `endedAtMs` is to be sealed by now. */
export function isDue({ endedAtMs, gapMs, nowMs }: DueInput): boolean {
  return nowMs - endedAtMs >= gapMs;
}

/** The state of an imported conversation: ready, as if sealed on time, when it is due already; else active. */
export function stateAt(input: DueInput): { state: 'active' | 'ready'; sealedAtMs: number | null } {
  return isDue(input)
    ? { state: 'ready', sealedAtMs: input.endedAtMs + input.gapMs }
    : { state: 'active', sealedAtMs: null };
}
