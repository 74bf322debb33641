import { belongTogether, timeForSplit } from './gap.ts';

/**
 * Indexes of messages in the order of their conversation: by time, messages without a date (NaN) as if sent at Apple's
 * epoch, and by `ties` (the source's ROWID) where times are equal. `order` names the indexes into both columns that
 * are wanted; it is left as it is. The result does not depend on the order given, as long as ties differ.
 */
export function sortByTime(
  order: ArrayLike<number>,
  times: ArrayLike<number>,
  ties: ArrayLike<number>,
): Int32Array<ArrayBuffer> {
  const timeOf = (index: number) => timeForSplit(times[index] ?? Number.NaN);
  const compare = (a: number, b: number) => timeOf(a) - timeOf(b) || (ties[a] ?? 0) - (ties[b] ?? 0);
  for (let at = 1; at < order.length; at += 1) {
    // An array's sort makes use of runs that are in order already, which messages mostly are; a typed array's does not.
    if (compare(order[at - 1] ?? 0, order[at] ?? 0) > 0) return Int32Array.from(Array.from(order).sort(compare));
  }
  return Int32Array.from(order);
}

/**
 * Visits the conversations of the messages at `from` up to, not including, `to`, whose `times` (Unix milliseconds, NaN
 * for none) are in order. Makes nothing per message. Every message is in exactly one visit; visits are in order.
 */
export function forEachSegment(
  times: ArrayLike<number>,
  from: number,
  to: number,
  gapMs: number,
  visit: (start: number, end: number) => void,
): void {
  if (from >= to) return;
  let start = from;
  let earlierMs = timeForSplit(times[from] ?? Number.NaN);
  for (let at = from + 1; at < to; at += 1) {
    const laterMs = timeForSplit(times[at] ?? Number.NaN);
    if (!belongTogether(earlierMs, laterMs, gapMs)) {
      visit(start, at);
      start = at;
    }
    earlierMs = laterMs;
  }
  visit(start, to);
}

/** Where each conversation starts among `times`, which are in order: the first is 0, none when there is no message. */
export function splitSorted(times: ArrayLike<number>, gapMs: number): Int32Array<ArrayBuffer> {
  let starts = new Int32Array(64);
  let count = 0;
  forEachSegment(times, 0, times.length, gapMs, (start) => {
    if (count === starts.length) {
      const grown = new Int32Array(count * 2);
      grown.set(starts);
      starts = grown;
    }
    starts[count] = start;
    count += 1;
  });
  return starts.slice(0, count);
}
