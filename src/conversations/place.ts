import { belongTogether, timeForSplit } from './gap.ts';

/** A conversation as far as placing a message is concerned. Times in Unix milliseconds. */
export type Span = { id: number; startMs: number; endMs: number; messageCount: number };

/** The conversations of a chat around a time: the last that starts at or before it, and the first that starts after it. */
export type Neighbours = { before: Span | null; after: Span | null };

/** What one more message does to the conversations of its chat. */
export type Decision =
  | { kind: 'start' }
  | { kind: 'inside'; id: number }
  | { kind: 'extend-tail'; id: number; endMs: number }
  | { kind: 'extend-head'; id: number; startMs: number }
  | { kind: 'bridge'; id: number; absorbed: number; startMs: number; endMs: number };

/**
 * The forward algorithm: where a message sent at `sentAtMs` (NaN for no date) goes. Old messages and late ones are no
 * special case. However messages arrive, deciding one by one gives what splitting all of them afresh would give. Of
 * two conversations that the message bridges, the larger keeps its id, the older of equal ones: as reconcile has it.
 */
export function place(sentAtMs: number, { before, after }: Neighbours, gapMs: number): Decision {
  const timeMs = timeForSplit(sentAtMs);
  if (before !== null && timeMs <= before.endMs) return { kind: 'inside', id: before.id };
  const joinsBefore = before !== null && belongTogether(before.endMs, timeMs, gapMs);
  const joinsAfter = after !== null && belongTogether(timeMs, after.startMs, gapMs);
  if (joinsBefore && joinsAfter) {
    const [kept, absorbed] = keeps(before, after) ? [before, after] : [after, before];
    return { kind: 'bridge', id: kept.id, absorbed: absorbed.id, startMs: before.startMs, endMs: after.endMs };
  }
  if (joinsBefore) return { kind: 'extend-tail', id: before.id, endMs: timeMs };
  if (joinsAfter) return { kind: 'extend-head', id: after.id, startMs: timeMs };
  return { kind: 'start' };
}

/** Whether the first of two bridged conversations keeps its id. */
function keeps(one: Span, other: Span): boolean {
  return one.messageCount === other.messageCount ? one.id < other.id : one.messageCount > other.messageCount;
}

/** The neighbours of a time among a chat's conversations, which are in order. Takes logarithmic time. */
export function neighboursAt(sentAtMs: number, conversations: readonly Span[]): Neighbours {
  const timeMs = timeForSplit(sentAtMs);
  let low = 0;
  let high = conversations.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const span = conversations[middle];
    if (span !== undefined && span.startMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return { before: conversations[low - 1] ?? null, after: conversations[low] ?? null };
}
