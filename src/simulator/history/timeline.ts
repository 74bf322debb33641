import type { Random } from '../random.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The pause that still belongs to a conversation; one millisecond more begins a new one. */
const GAP_MS = 90 * MINUTE_MS;
/** Mean number of messages in one sitting. */
const SITTING = 14;

/**
 * When something is said, and where: slots in the order in which their rows are written, which is nearly, but not
 * quite, the order of time: iCloud brings old messages late.
 */
export type Timeline = { length: number; atMs: Float64Array; chat: Uint32Array };

/** Makes `count` slots for chats of these weights, in bursts with long pauses, over 8 to 10 years up to `nowMs`. */
export function makeTimeline(random: Random, weights: readonly number[], count: number, nowMs: number): Timeline {
  const atMs = new Float64Array(count);
  const chat = new Uint32Array(count);
  const writtenAt = new Float64Array(count);
  const startMs = nowMs - (8 + 2 * random.unit()) * 365.25 * DAY_MS;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let filled = 0;
  let owed = 0;
  weights.forEach((weight, index) => {
    owed += (count * weight) / total;
    const share = index === weights.length - 1 ? count - filled : Math.min(count - filled, Math.round(owed - filled));
    const times = sittings(random, share, startMs, nowMs);
    for (const time of times) {
      atMs[filled] = time;
      chat[filled] = index;
      writtenAt[filled] = time + lateness(random);
      filled += 1;
    }
  });
  const order = new Uint32Array(count).map((_, index) => index);
  order.sort((a, b) => (writtenAt[a] ?? 0) - (writtenAt[b] ?? 0) || a - b);
  return {
    length: count,
    atMs: atMs.map((_, i) => atMs[order[i] ?? 0] ?? 0),
    chat: chat.map((_, i) => chat[order[i] ?? 0] ?? 0),
  };
}

/** How long after it was said a message is written here: almost always at once, for some days to years. */
function lateness(random: Random): number {
  return random.chance(0.01) ? random.exponential(200 * DAY_MS) : 0;
}

function sittings(random: Random, count: number, startMs: number, nowMs: number): Float64Array {
  const times = new Float64Array(count);
  const sittingCount = Math.max(1, Math.round(count / SITTING));
  const bornMs = startMs + (nowMs - startMs) * 0.7 * random.unit() ** 2;
  const starts = new Float64Array(sittingCount);
  for (let i = 0; i < sittingCount; i += 1) starts[i] = bornMs + (nowMs - 2 * DAY_MS - bornMs) * random.unit();
  starts.sort();
  let filled = 0;
  let cursor = 0;
  for (let i = 0; i < sittingCount && filled < count; i += 1) {
    const left = count - filled;
    const isLast = i === sittingCount - 1;
    const length = isLast ? left : Math.min(left, 1 + Math.floor(random.exponential(SITTING - 1)));
    cursor = Math.max(cursor + GAP_MS + 1 + Math.floor(random.exponential(GAP_MS)), Math.floor(starts[i] ?? 0));
    for (let j = 0; j < length; j += 1) {
      times[filled] = cursor;
      filled += 1;
      cursor += pause(random);
    }
  }
  const overshootMs = Math.max(0, (times[count - 1] ?? 0) - (nowMs - MINUTE_MS));
  return overshootMs === 0 ? times : times.map((time) => time - overshootMs);
}

/** A pause within a sitting: seconds mostly, sometimes most of an hour, rarely exactly the gap or one beside it. */
function pause(random: Random): number {
  const die = random.unit();
  if (die < 0.004) return GAP_MS;
  if (die < 0.006) return GAP_MS + 1;
  if (die < 0.008) return GAP_MS - 1;
  if (die < 0.06) return Math.floor(random.unit() * 60 * MINUTE_MS);
  if (die < 0.065) return 0;
  return 500 + Math.floor(random.exponential(40_000));
}
