import type { ReactNode } from 'react';

/**
 * The text of a message, as text: React escapes it, and nothing in it is ever markup. Addresses that begin with http:
 * or https: become links that tell the other side nothing; words looked for are marked.
 */
const LINK = /\bhttps?:\/\/[^\s<>"'\u00a0]+/giu;
const TRAILING = /[.,;:!?)\]}'"»]+$/;

export type Span = readonly [start: number, length: number];

type Props = { text: string; marks?: readonly Span[]; hasLinks?: boolean };

export function RichText({ text, marks = [], hasLinks = true }: Props) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of hasLinks ? text.matchAll(LINK) : []) {
    const url = match[0].replace(TRAILING, '');
    const safe = safeUrl(url);
    if (safe === null) continue;
    parts.push(...marked(text, at, match.index, marks));
    at = match.index + url.length;
    parts.push(
      <a key={`a${match.index}`} href={safe} target="_blank" rel="noopener noreferrer">
        {marked(text, match.index, at, marks)}
      </a>,
    );
  }
  parts.push(...marked(text, at, text.length, marks));
  return parts;
}

/** An address that a click may open, or null: of the web, and nothing else. */
export function safeUrl(url: string): string | null {
  try {
    const { protocol, href } = new URL(url);
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}

/** The text from `from` to `to`, with the marks that lie in it. U+FFFC stands for an attachment, which is shown by itself. */
function marked(text: string, from: number, to: number, marks: readonly Span[]): ReactNode[] {
  const out: ReactNode[] = [];
  let at = from;
  const clean = (start: number, end: number) => text.slice(start, end).replaceAll('\ufffc', '');
  for (const [start, length] of marks) {
    const end = Math.min(start + length, to);
    if (end <= at || start >= to) continue;
    if (start > at) out.push(clean(at, start));
    const begin = Math.max(start, at);
    out.push(<mark key={`m${begin}`}>{clean(begin, end)}</mark>);
    at = end;
  }
  if (at < to) out.push(clean(at, to));
  return out;
}

/** Where the words of a query stand in a text; the search of the API says it for its own hits. */
export function findWords(text: string, query: string): Span[] {
  const words = query.match(/"[^"]+"|\S+/g) ?? [];
  const low = text.toLocaleLowerCase();
  if (low.length !== text.length) return [];
  const spans = words.flatMap((word) => {
    const wanted = word.replaceAll('"', '').toLocaleLowerCase();
    const found: Span[] = [];
    if (wanted === '') return found;
    for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, at + wanted.length)) {
      found.push([at, wanted.length]);
    }
    return found;
  });
  return spans.sort(([a], [b]) => a - b);
}
