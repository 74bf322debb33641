import { type RunMarks, runMarks } from './body-marks.ts';
import { type BodyDamage, Damage } from './damage.ts';
import { plainText } from './plain-body.ts';
import type { TextMark, TextRange } from './text-range.ts';
import { AttributedText, type Dictionary, type Run, TypedStreamReader } from './typedstream.ts';

/**
 * A body as values. `text` exactly as stored, placeholders and marks included; bytes that are not UTF-8 become
 * U+FFFD. `attachments` are guids in the order of the text. Of a damaged body `text` is what was whole before the
 * damage, or null.
 */
export type DecodedBody =
  | { ok: true; text: string; ranges: TextRange[]; attachments: string[] }
  | { ok: false; reason: BodyDamage; text: string | null };

// One reader for all bodies: reading is not re-entrant, and its tables keep their room.
const reader = new TypedStreamReader();

/** Reads an attributed body (message.attributedBody, a text of the edit history, a deleted part). Never throws. */
export function decodeBody(bytes: Uint8Array): DecodedBody {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plain = plainText(buffer);
  if (plain !== null) return { ok: true, text: plain, ranges: [], attachments: [] };
  try {
    const root = reader.read(buffer);
    if (typeof root === 'string') return { ok: true, text: root, ranges: [], attachments: [] };
    if (!(root instanceof AttributedText) || root.text === null) return { ok: false, reason: 'not-text', text: null };
    return described(root.text, root.runs);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { ok: false, reason: error.reason, text: reader.firstText };
  }
}

/** The text of a body alone, or null when the body cannot be read. Never throws. */
export function bodyText(bytes: Uint8Array): string | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plain = plainText(buffer);
  if (plain !== null) return plain;
  const decoded = decodeBody(bytes);
  return decoded.ok ? decoded.text : null;
}

function described(text: string, runs: readonly Run[]): DecodedBody {
  const known = new Map<Dictionary | null, RunMarks>();
  const ranges: TextRange[] = [];
  let at = 0;
  let open: TextRange[] = [];
  for (const run of runs) {
    // The lengths of real runs add up to that of the text; where they do not, the text is right.
    const length = Math.min(run.length, text.length - at);
    if (length <= 0) continue;
    let attributes = known.get(run.attributes);
    if (attributes === undefined) {
      attributes = runMarks(run.attributes);
      known.set(run.attributes, attributes);
    }
    open = extend(ranges, open, attributes, at, length);
    at += length;
  }
  return { ok: true, text, ranges: withoutOnlyPart(ranges), attachments: attachmentGuids(ranges) };
}

/** Adds what a run says; a range that was open at its start and says the same grows. Returns the ranges open now. */
function extend(ranges: TextRange[], open: TextRange[], run: RunMarks, start: number, length: number): TextRange[] {
  const next: TextRange[] = [];
  const add = (mark: TextMark) => {
    const same = open.find((range) => range.part === run.part && equalMarks(range, mark));
    if (same !== undefined) same.length += length;
    const range = same ?? { start, length, part: run.part, ...mark };
    if (same === undefined) ranges.push(range);
    next.push(range);
  };
  add({ kind: 'part' });
  for (const mark of run.marks) add(mark);
  return next;
}

function equalMarks(a: TextMark, b: TextMark): boolean {
  if (a.kind !== b.kind) return false;
  switch (b.kind) {
    case 'part':
    case 'emojiImage':
      return true;
    case 'mention':
      return a.kind === b.kind && a.address === b.address;
    case 'link':
      return a.kind === b.kind && a.url === b.url && a.rich === b.rich;
    case 'attachment':
      return a.kind === b.kind && a.guid === b.guid && a.name === b.name;
    case 'style':
      return a.kind === b.kind && a.style === b.style;
    case 'effect':
      return a.kind === b.kind && a.effect === b.effect;
    case 'code':
      return a.kind === b.kind && a.code === b.code;
    case 'detected':
      return a.kind === b.kind && a.detected === b.detected;
    case 'transcription':
      return a.kind === b.kind && a.text === b.text;
  }
}

/** Each guid once, in the order of the text. */
function attachmentGuids(ranges: readonly TextRange[]): string[] {
  const guids = new Set<string>();
  for (const range of ranges) if (range.kind === 'attachment') guids.add(range.guid);
  return [...guids];
}

/** A body of one part, number 0, does not say so. */
function withoutOnlyPart(ranges: TextRange[]): TextRange[] {
  const parts = ranges.filter((range) => range.kind === 'part');
  if (parts.length === 1 && parts[0]?.part === 0) return ranges.filter((range) => range.kind !== 'part');
  return ranges;
}
