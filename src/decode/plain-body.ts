import { IMMUTABLE, IMMUTABLE_DIRECTED, MUTABLE, RUN } from './plain-shapes.ts';

/** The first place where the heads differ: the length of the name of the root class. */
const ROOT_NAME_LENGTH_AT = 22;
const MUTABLE_NAME_LENGTH = 'NSMutableAttributedString'.length;

/** True for a body in one of the known plain shapes: its text says all there is to say. */
export function isPlainBody(bytes: Uint8Array): boolean {
  return locate(bytes) !== null;
}

/** The text of a body in one of the known plain shapes, or null. */
export function plainText(bytes: Buffer): string | null {
  const text = locate(bytes);
  return text === null ? null : bytes.toString('utf8', text.start, text.end);
}

/** Where the text of a plain body lies. */
function locate(bytes: Uint8Array): { start: number; end: number } | null {
  const mutable = bytes[ROOT_NAME_LENGTH_AT] === MUTABLE_NAME_LENGTH;
  const { head, tail } = mutable ? MUTABLE : IMMUTABLE;
  const size = lengthAt(bytes, head.length);
  const start = head.length + widthAt(bytes, head.length);
  const end = start + size;
  const runAt = end + RUN.length;
  const tailAt = runAt + widthAt(bytes, runAt);
  if (size === 0 || !hasAt(bytes, 0, head) || !hasAt(bytes, end, RUN) || lengthAt(bytes, runAt) === 0) return null;
  if (bytes.length === tailAt + tail.length && hasAt(bytes, tailAt, tail)) return { start, end };
  if (mutable || bytes.length !== tailAt + IMMUTABLE_DIRECTED.tail.length) return null;
  return hasAt(bytes, tailAt, IMMUTABLE_DIRECTED.tail) ? { start, end } : null;
}

/** A length of one byte, or of two after 0x81; 0 for every other form, which is left to the reader. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0;
  if (head < 0x80) return head;
  return head === 0x81 ? (bytes[at + 1] ?? 0) + (bytes[at + 2] ?? 0) * 256 : 0;
}

function widthAt(bytes: Uint8Array, at: number): 1 | 3 {
  return bytes[at] === 0x81 ? 3 : 1;
}

function hasAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  if (at + part.length > bytes.length) return false;
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false;
  return true;
}
