/** A place in a list that is ordered by a moment (Unix milliseconds; null comes before all others) and an id. */
export type Cursor = { at: number | null; id: number };

/** As clients hand it back; they need not understand it. */
export function cursorText({ at, id }: Cursor): string {
  return `${at ?? 'none'}.${id}`;
}

/** Null for a text that no answer has ever held. */
export function cursorOf(text: string): Cursor | null {
  const match = /^(none|-?\d{1,16})\.(\d{1,15})$/.exec(text);
  if (match === null) return null;
  return { at: match[1] === 'none' ? null : Number(match[1]), id: Number(match[2]) };
}

const BEGINNING = 200;

/** What a list shows of a text: its beginning, never half a character. */
export function beginningOf(text: string | null): string | null {
  if (text === null || text.length <= BEGINNING) return text;
  return text
    .slice(0, BEGINNING)
    .toWellFormed()
    .replace(/\ufffd$/u, '');
}
