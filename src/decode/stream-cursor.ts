import { Damage } from './damage.ts';

const HEADER_BYTES = 16;
const scratch = new DataView(new ArrayBuffer(8));

/** A place in a typedstream: raw bytes, integers and reals of both byte orders, never past the end. Throws Damage. */
export class StreamCursor {
  protected bytes: Buffer = Buffer.alloc(0);
  protected at = 0;
  #littleEndian = true;

  /** Begins a stream: checks its header, whose byte order counts from then on. */
  protected open(bytes: Buffer): void {
    this.bytes = bytes;
    this.#header();
  }

  #header(): void {
    if (this.bytes.length === 0) throw new Damage('empty');
    if (this.bytes.length < HEADER_BYTES || this.bytes[0] !== 4 || this.bytes[1] !== 11)
      throw new Damage('not-typedstream');
    const signature = this.bytes.toString('latin1', 2, 13);
    if (signature !== 'streamtyped' && signature !== 'typedstream') throw new Damage('not-typedstream');
    this.#littleEndian = signature === 'streamtyped';
    this.at = 13;
    this.signed();
  }

  protected take(count: number): number {
    const start = this.at;
    if (count < 0 || count > this.bytes.length - start) throw new Damage('truncated');
    this.at = start + count;
    return start;
  }

  protected byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new Damage('truncated');
    this.at++;
    return value;
  }

  protected peek(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new Damage('truncated');
    return value;
  }

  protected signed(): number {
    const head = this.byte();
    if (head < 0x80) return head;
    if (head > 0x91) return head - 256;
    const wide = this.#wide(head);
    return head === 0x81 ? (wide << 16) >> 16 : head === 0x82 ? wide | 0 : wide;
  }

  protected unsigned(): number {
    const head = this.byte();
    return head < 0x80 || head > 0x91 ? head : this.#wide(head);
  }

  /** The bytes after a head of 0x81 (two, unsigned), 0x82 (four, unsigned) or 0x87 (eight, signed). */
  #wide(head: number): number {
    const bytes = this.bytes;
    if (head === 0x81) {
      const at = this.take(2);
      return this.#littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    }
    if (head === 0x82) {
      const at = this.take(4);
      return this.#littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    }
    if (head === 0x87) {
      const at = this.take(8);
      return Number(this.#littleEndian ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at));
    }
    throw new Damage('malformed');
  }

  protected real(width: 4 | 8): number {
    if (this.peek() !== 0x83) return this.signed();
    this.at++;
    const start = this.take(width);
    for (let i = 0; i < width; i++) scratch.setUint8(i, this.bytes[start + i] ?? 0);
    return width === 4 ? scratch.getFloat32(0, this.#littleEndian) : scratch.getFloat64(0, this.#littleEndian);
  }
}
