/** Milliseconds until somebody answers; the last bucket, without a bound, is for all that took longer. */
export type Answers = {
  count: number;
  medianMs: number | null;
  averageMs: number | null;
  histogram: { uptoMs: number | null; count: number }[];
};

type Said = { conversation: number | null; sender: number | null; isFromMe: boolean; at: number };

const SECOND_MS = 1_000;
const UPTO_MS = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600].map((seconds) => seconds * SECOND_MS);

/**
 * How long answers take: the time from the last thing one side says to the first that the other says, within a
 * conversation. One side is me, the other everybody else. Messages are added conversation by conversation, in order.
 */
export class AnswerTimes {
  readonly #mine: number[] = [];
  readonly #theirs: number[] = [];
  readonly #byPerson = new Map<number, number[]>();
  #last: Said | null = null;

  add(said: Said): void {
    const last = this.#last;
    this.#last = said;
    if (last === null || said.conversation === null || last.conversation !== said.conversation) return;
    if (last.isFromMe === said.isFromMe) return;
    const ms = Math.max(0, said.at - last.at);
    if (said.isFromMe) {
      this.#mine.push(ms);
      return;
    }
    this.#theirs.push(ms);
    if (said.sender === null) return;
    const known = this.#byPerson.get(said.sender);
    if (known === undefined) this.#byPerson.set(said.sender, [ms]);
    else known.push(ms);
  }

  /** How long this person takes to answer me; null where they never did. */
  medianOf(contactId: number): number | null {
    return median(this.#byPerson.get(contactId) ?? []);
  }

  result(): { mine: Answers; theirs: Answers } {
    return { mine: summary(this.#mine), theirs: summary(this.#theirs) };
  }
}

function summary(times: readonly number[]): Answers {
  const bounds = [...UPTO_MS, null];
  const histogram = bounds.map((uptoMs) => ({ uptoMs, count: 0 }));
  let total = 0;
  for (const ms of times) {
    total += ms;
    const bucket = histogram.find(({ uptoMs }) => uptoMs === null || ms <= uptoMs);
    if (bucket !== undefined) bucket.count += 1;
  }
  return {
    count: times.length,
    medianMs: median(times),
    averageMs: times.length === 0 ? null : total / times.length,
    histogram,
  };
}

function median(times: readonly number[]): number | null {
  if (times.length === 0) return null;
  const sorted = Float64Array.from(times).sort();
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
