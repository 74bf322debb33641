import { stripVTControlCharacters } from 'node:util';
import type { TextStream, World } from './world.ts';

const USUAL_COLUMNS = 80;
/** Lines longer than this are hard to read, however wide the window is. */
const MOST_COLUMNS = 100;

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  accent: [36, 39],
  mark: [7, 27],
  good: [32, 39],
  doubtful: [33, 39],
  bad: [31, 39],
} as const;
export type Style = keyof typeof STYLES;

/** What a stream can show. Colours only on a terminal, and not where NO_COLOR or a dumb terminal forbids them. */
export type Terminal = {
  isTerminal: boolean;
  columns: number;
  style(style: Style, text: string): string;
};

export function terminalOf(stream: TextStream, { env }: Pick<World, 'env'>): Terminal {
  const isTerminal = stream.isTTY === true && env.TERM !== 'dumb';
  const hasColours = isTerminal && (env.NO_COLOR ?? '') === '';
  const columns = Math.min(MOST_COLUMNS, Math.max(40, stream.columns ?? USUAL_COLUMNS));
  return {
    isTerminal,
    columns,
    style: (style, text) =>
      hasColours && text !== '' ? `\u001b[${STYLES[style][0]}m${text}\u001b[${STYLES[style][1]}m` : text,
  };
}

/** Controls could move the cursor or repaint the screen, and directional overrides could reorder what is printed. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Somebody else's text on one line, unable to act on the terminal. For showing only: data is never changed. */
export function shown(text: string): string {
  return stripVTControlCharacters(text)
    .replace(UNSAFE, ' ')
    .replace(/\ufffc/g, '📎');
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** East Asian scripts, full-width forms and emoji take two columns. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{Regional_Indicator}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u;
const NARROW_NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** How many columns a text without escape sequences takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += columnsOfGrapheme(segment);
  return columns;
}

function columnsOfGrapheme(grapheme: string): number {
  if (NARROW_NOTHING.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** The beginning of a text that fits, with an ellipsis where it was cut. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += columnsOfGrapheme(segment);
    if (used > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** 1234567 as 1,234,567, whatever the locale, so that output can be compared. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A time span as people say it: 0.4 s, 12 s, 3 min 5 s. */
export function span(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Names and values below one another: numbers to the right, words to the left. */
export function pairs(rows: readonly (readonly [string, string | number])[]): string[] {
  const names = Math.max(...rows.map(([name]) => columnsOf(name)));
  const numbers = Math.max(...rows.map(([, value]) => (typeof value === 'number' ? grouped(value).length : 0)));
  return rows.map(([name, value]) => {
    const text = typeof value === 'number' ? grouped(value).padStart(numbers) : value;
    return `  ${padEnd(name, names)}  ${text}`;
  });
}
