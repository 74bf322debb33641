/** The silence that ends a conversation, in milliseconds. The only place where the number stands. */
export const DEFAULT_GAP_MS = 90 * 60_000;

/** 2001-01-01T00:00:00Z in Unix milliseconds: where Apple's clocks start, and where a message without a date is put. */
export const APPLE_EPOCH_MS = 978_307_200_000;

/**
 * The time by which a message is ordered and split, in Unix milliseconds: its own, or Apple's epoch when it has none
 * (NaN). Messages without a date so come first in their chat and form a conversation of their own.
 */
export function timeForSplit(sentAtMs: number): number {
  return Number.isFinite(sentAtMs) ? sentAtMs : APPLE_EPOCH_MS;
}

/** Whether two neighbouring messages of a chat belong to one conversation. Exactly the gap apart, they still do. */
export function belongTogether(earlierMs: number, laterMs: number, gapMs: number): boolean {
  return laterMs - earlierMs <= gapMs;
}
