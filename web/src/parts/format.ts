/** How moments, spans and amounts are written. The page speaks English; the order of a date is the reader's. */
const preferred = typeof navigator === 'undefined' ? 'en-GB' : navigator.language;
export const LOCALE = preferred.startsWith('en') ? preferred : 'en-GB';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Made when it is first used: a format takes the browser 5 to 10 ms, and few are needed for what is shown first. */
function lazily<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const format = (options: () => Intl.DateTimeFormatOptions) => lazily(() => new Intl.DateTimeFormat(LOCALE, options()));
const amount = (options: Intl.NumberFormatOptions = {}) => lazily(() => new Intl.NumberFormat(LOCALE, options));

/** Two digits where a day has 24 hours, as many as it takes where it has twelve twice. */
const hour = lazily(() => {
  const is12 = new Intl.DateTimeFormat(LOCALE, { hour: 'numeric' }).resolvedOptions().hour12 === true;
  return is12 ? 'numeric' : '2-digit';
});
const timeOfDay = format(() => ({ hour: hour(), minute: '2-digit' }));
const timeWithSeconds = format(() => ({ hour: hour(), minute: '2-digit', second: '2-digit' }));
const weekday = format(() => ({ weekday: 'short' }));
const dayOfYear = format(() => ({ day: 'numeric', month: 'short' }));
const shortDate = format(() => ({ day: 'numeric', month: 'short', year: 'numeric' }));
const longDay = format(() => ({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }));
const exact = format(() => ({ dateStyle: 'full', timeStyle: 'medium' }));
const monthOfYear = format(() => ({ month: 'long', year: 'numeric' }));
const numbers = amount();
const compactNumbers = amount({ notation: 'compact', maximumFractionDigits: 1 });
const percents = amount({ style: 'percent', maximumFractionDigits: 0 });

/** By its name in the time zone database. */
export const timeZone = () => timeOfDay().resolvedOptions().timeZone;

export const msOf = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));

export const clockTime = (ms: number) => timeOfDay().format(ms);
export const clockTimeWithSeconds = (ms: number) => timeWithSeconds().format(ms);
export const dayTitle = (ms: number) => longDay().format(ms);
export const monthTitle = (ms: number) => monthOfYear().format(ms);
export const date = (ms: number) => shortDate().format(ms);
export const exactTime = (ms: number) => exact().format(ms);
export const count = (n: number) => numbers().format(n);
export const compact = (n: number) => (n < 10_000 ? numbers().format(n) : compactNumbers().format(n));
export const percent = (share: number) => percents().format(share);

/** The start of the local day that holds a moment. */
export function startOfDay(ms: number): number {
  const day = new Date(ms);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

/** As a list says it: the time today, the weekday this week, else the date. */
export function when(ms: number, nowMs: number): string {
  const today = startOfDay(nowMs);
  if (ms >= today) return clockTime(ms);
  if (ms >= today - DAY_MS) return 'Yesterday';
  if (ms >= today - 6 * DAY_MS) return weekday().format(ms);
  return ms >= today - 300 * DAY_MS ? dayOfYear().format(ms) : shortDate().format(ms);
}

/** A moment with its day, unless that is today. */
export function moment(ms: number, nowMs: number): string {
  return ms >= startOfDay(nowMs) ? clockTime(ms) : `${when(ms, nowMs)}, ${clockTime(ms)}`;
}

/** The title of a day, with the words one uses for the nearest ones. */
export function dayName(ms: number, nowMs: number): string {
  const today = startOfDay(nowMs);
  if (ms >= today) return `Today, ${dayOfYear().format(ms)}`;
  if (ms >= today - DAY_MS) return `Yesterday, ${dayOfYear().format(ms)}`;
  return dayTitle(ms);
}

/** A span in its two largest units: "48 min", "3 h 12 min", "5 days". */
export function span(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.round(ms / SECOND_MS))} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) {
    const minutes = Math.round((ms % HOUR_MS) / MINUTE_MS);
    return `${Math.floor(ms / HOUR_MS)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  const days = Math.round(ms / DAY_MS);
  if (days < 60) return days === 1 ? '1 day' : `${days} days`;
  const months = Math.round(days / 30.44);
  if (months < 24) return `${months} months`;
  return `${(days / 365.25).toFixed(1)} years`;
}

/** Minutes and seconds left, as a watch shows them. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND_MS));
  const pad = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`
    : `${minutes}:${pad(seconds % 60)}`;
}

export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = n;
  let unit = 0;
  while (size >= 1_000 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
