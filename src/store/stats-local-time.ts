import { ChatStatsError } from '../kernel/index.ts';

/** Every time zone of the last fifty years differs from UTC by whole quarters of an hour. */
export const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export type LocalTime = { day: string; hour: number /** 0 is Monday. */; weekday: number };

/**
 * Tells the local time of a moment (Unix milliseconds). The zone's own rules are asked twice for each day that occurs,
 * because asking costs microseconds: within a day whose two ends agree, the offset is known. Throws USAGE for a zone
 * that does not exist.
 */
export function localClock(timeZone: string): (atMs: number) => LocalTime {
  const format = zoneFormat(timeZone);
  const offsetOf = (atMs: number) => Math.round((wallClockMs(format, atMs) - atMs) / 1_000) * 1_000;
  const atMidnight = new Map<number, number>();
  const midnightOffset = (day: number) => {
    const known = atMidnight.get(day);
    if (known !== undefined) return known;
    const offset = offsetOf(day * DAY_MS);
    atMidnight.set(day, offset);
    return offset;
  };
  return (atMs) => {
    const day = Math.floor(atMs / DAY_MS);
    const before = midnightOffset(day);
    const local = atMs + (before === midnightOffset(day + 1) ? before : offsetOf(atMs));
    const localDay = Math.floor(local / DAY_MS);
    return {
      day: new Date(localDay * DAY_MS).toISOString().slice(0, 10),
      hour: Math.floor((local - localDay * DAY_MS) / 3_600_000),
      // 1970-01-01 was a Thursday.
      weekday: (((localDay + 3) % 7) + 7) % 7,
    };
  };
}

function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    throw new ChatStatsError('USAGE', `there is no time zone "${timeZone}"`, { cause: error });
  }
}

/** What the clocks on the wall show at a moment, as if they showed UTC. */
function wallClockMs(format: Intl.DateTimeFormat, atMs: number): number {
  const parts = new Map(format.formatToParts(atMs).map((part) => [part.type, part.value]));
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type) ?? 0);
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year');
  const wall = new Date(0);
  wall.setUTCFullYear(year, number('month') - 1, number('day'));
  wall.setUTCHours(number('hour'), number('minute'), number('second'));
  return wall.getTime() + (((atMs % 1_000) + 1_000) % 1_000);
}
