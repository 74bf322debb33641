import { must } from '../kernel/index.ts';
import { encodeAttributedBody } from './encode/typedstream.ts';

/**
 * The fast way for the commonest body: one part, no attributes but the part number. Everything but the text and its
 * two lengths is constant, so the constant pieces are cut once out of a body that the real encoder wrote.
 */
const PROBE = 'plain body probe';

type Template = { before: Buffer; middle: Buffer; after: Buffer };

function cutTemplate(mutable: boolean): Template {
  const encoded = Buffer.from(encodeAttributedBody(PROBE, undefined, { mutable }));
  const text = encoded.indexOf(PROBE);
  const textEnd = text + PROBE.length;
  // After the text: its end mark, a new type string "iI", the run number 1, then the length of the run.
  const run = encoded.indexOf('iI', textEnd);
  must(text > 0 && run > textEnd ? true : null, 'a plain body holds its text and one run');
  return {
    before: encoded.subarray(0, text - 1),
    middle: encoded.subarray(textEnd, run + 3),
    after: encoded.subarray(run + 4),
  };
}

const MUTABLE = cutTemplate(true);
const IMMUTABLE = cutTemplate(false);

/** The bytes that `encodeAttributedBody(text)` gives, quicker. */
export function encodePlainBody(text: string, options: { mutable?: boolean } = {}): Uint8Array {
  if (text.length === 0) return encodeAttributedBody(text, undefined, options);
  const { before, middle, after } = options.mutable === false ? IMMUTABLE : MUTABLE;
  const byteLength = Buffer.byteLength(text);
  const total =
    before.length + headLength(byteLength) + byteLength + middle.length + headLength(text.length) + after.length;
  const result = Buffer.allocUnsafe(total);
  let at = before.copy(result, 0);
  at = writeLength(result, at, byteLength);
  at += result.write(text, at);
  at += middle.copy(result, at);
  at = writeLength(result, at, text.length);
  after.copy(result, at);
  return result;
}

function headLength(value: number): number {
  if (value < 0x80) return 1;
  return value <= 0xffff ? 3 : 5;
}

function writeLength(target: Buffer, at: number, value: number): number {
  if (value < 0x80) return target.writeUInt8(value, at);
  if (value <= 0xffff) return target.writeUInt16LE(value, target.writeUInt8(0x81, at));
  return target.writeUInt32LE(value, target.writeUInt8(0x82, at));
}
