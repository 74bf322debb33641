const DAY_MS = 86_400_000;
/** The furthest moments there are. */
const MOST_MS = 8_640_000_000_000_000;
/** Days whose text is kept; a list rarely holds more. */
const MOST_DAYS = 4_096;

const days = new Map<number, string>();
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const threeDigits = Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, '0'));

/**
 * Unix milliseconds as ISO 8601 in UTC, as `Date.prototype.toISOString` gives it; a list has hundreds of moments, and
 * making them from the text of their day takes a quarter of the time. Throws a RangeError for what is no moment.
 */
export function isoTime(ms: number): string;
export function isoTime(ms: number | null): string | null;
export function isoTime(ms: number | null): string | null {
  if (ms === null) return null;
  if (!(Math.abs(ms) <= MOST_MS)) throw new RangeError(`${ms} is no moment`);
  const day = Math.floor(ms / DAY_MS);
  const rest = Math.trunc(ms - day * DAY_MS);
  const hour = twoDigits[Math.trunc(rest / 3_600_000)];
  const minute = twoDigits[Math.trunc(rest / 60_000) % 60];
  const second = twoDigits[Math.trunc(rest / 1_000) % 60];
  return `${days.get(day) ?? textOf(day)}T${hour}:${minute}:${second}.${threeDigits[rest % 1_000]}Z`;
}

function textOf(day: number): string {
  const text = new Date(day * DAY_MS).toISOString().slice(0, -'T00:00:00.000Z'.length);
  if (days.size >= MOST_DAYS) days.clear();
  days.set(day, text);
  return text;
}
