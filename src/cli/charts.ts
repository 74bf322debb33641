import { columnsOf, cut, grouped, padEnd } from './terminal.ts';

/** Small charts of Unicode blocks. Pure: numbers in, lines out, none wider than asked for. */
const EIGHTHS_UP = ' ▁▂▃▄▅▆▇█';
const EIGHTHS_RIGHT = ' ▏▎▍▌▋▊▉█';
const DAY_MS = 86_400_000;
/** Days outside the middle 99.8 % of the messages are left off an axis: one wrong date would flatten everything else. */
const TAIL_SHARE = 0.001;

export type Bar = { label: string; value: number };

/** One line for each: label, bar, number. */
export function barChart(bars: readonly Bar[], columns: number): string[] {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const numbers = Math.max(0, ...bars.map(({ value }) => grouped(value).length));
  const labels = Math.min(Math.floor(columns * 0.4), Math.max(0, ...bars.map(({ label }) => columnsOf(label))));
  const room = Math.max(4, columns - labels - numbers - 6);
  return bars.map(({ label, value }) => {
    const drawn = horizontal(value / most, room);
    return `  ${padEnd(cut(label, labels), labels)}  ${grouped(value).padStart(numbers)}  ${drawn}`;
  });
}

function horizontal(share: number, columns: number): string {
  const eighths = Math.round(share * columns * 8);
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : EIGHTHS_RIGHT[rest]);
}

/** Columns side by side, `height` lines high, each value `width` characters wide; the first line carries the maximum. */
export function columnChart(values: readonly number[], height: number, width = 1): string[] {
  const most = Math.max(1, ...values);
  const margin = grouped(most).length;
  return Array.from({ length: height }, (_, line) => {
    const floor = height - 1 - line;
    const drawn = values.map((value) => {
      // Something is never drawn as nothing.
      const eighths = value === 0 ? 0 : Math.max(1, Math.round((value / most) * height * 8));
      const here = Math.max(0, Math.min(8, eighths - floor * 8));
      return (EIGHTHS_UP[here] ?? ' ').repeat(width);
    });
    const label = line === 0 ? grouped(most) : line === height - 1 ? '0' : '';
    return `  ${label.padStart(margin)} ${drawn.join('')}`.trimEnd();
  });
}

const SHADES = ' ░▒▓█';

/** A line of shades for each row: the darker, the more; each value `width` characters wide. */
export function heatMap(rows: readonly (readonly number[])[], width: number): string[] {
  const most = Math.max(1, ...rows.flat());
  const shade = (value: number) => SHADES[Math.ceil((value / most) * (SHADES.length - 1))] ?? ' ';
  return rows.map((row) => row.map((value) => shade(value).repeat(width)).join(''));
}

export type DayCount = { day: string; messages: number };
export type Timeline = {
  unit: 'day' | 'week' | 'month' | 'quarter' | 'year';
  first: string;
  last: string;
  values: number[];
};

/** Counts by day, gathered into days, weeks, months, quarters or years: the finest unit of which at most `columns` are needed. */
export function timeline(days: readonly DayCount[], columns: number): Timeline | null {
  const kept = withoutTails(days);
  const [first, last] = [kept.at(0), kept.at(-1)];
  if (first === undefined || last === undefined) return null;
  const units = ['day', 'week', 'month', 'quarter', 'year'] as const;
  const lengthIn = (unit: Timeline['unit']) => bucketOf(last.day, unit) - bucketOf(first.day, unit) + 1;
  const unit = units.find((candidate) => lengthIn(candidate) <= columns) ?? 'year';
  const from = bucketOf(first.day, unit);
  const values = new Array<number>(lengthIn(unit)).fill(0);
  for (const { day, messages } of kept) {
    const at = bucketOf(day, unit) - from;
    values[at] = (values[at] ?? 0) + messages;
  }
  return { unit, first: first.day, last: last.day, values: values.slice(-columns) };
}

function withoutTails(days: readonly DayCount[]): DayCount[] {
  const sorted = days.toSorted((a, b) => (a.day < b.day ? -1 : 1));
  const tail = sorted.reduce((sum, { messages }) => sum + messages, 0) * TAIL_SHARE;
  let start = 0;
  for (let seen = 0; start < sorted.length; start += 1) {
    seen += sorted[start]?.messages ?? 0;
    if (seen > tail) break;
  }
  let end = sorted.length;
  for (let seen = 0; end > start; end -= 1) {
    seen += sorted[end - 1]?.messages ?? 0;
    if (seen > tail) break;
  }
  return sorted.slice(start, end);
}

/** The number of the day, week, month, quarter or year that a day (YYYY-MM-DD) is in, counted from a fixed point. */
function bucketOf(day: string, unit: Timeline['unit']): number {
  const [year = 0, month = 1] = day.split('-').map(Number);
  if (unit === 'year') return year;
  if (unit === 'month') return year * 12 + month - 1;
  if (unit === 'quarter') return year * 4 + Math.floor((month - 1) / 3);
  const days = Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
  // 1 January 1970 was a Thursday: weeks begin on Mondays.
  return unit === 'day' ? days : Math.floor((days + 3) / 7);
}
