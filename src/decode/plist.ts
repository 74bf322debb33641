/**
 * Reads binary property lists ("bplist00"). Total: damage, cycles and made-up sizes give undefined. Every object is
 * read once, and strings and containers together may not take more bytes than there are, so that the time is bounded
 * by the size. Data are views of the bytes, not copies.
 */
export type PlistValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PlistDate
  | PlistUid
  | PlistValue[]
  | PlistDict;

export type PlistDict = Map<string, PlistValue>;

/** Seconds since 2001. */
export class PlistDate {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** A reference inside a keyed archive. */
export class PlistUid {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

const SIGNATURE = 'bplist00';
const TRAILER_BYTES = 32;
const DEPTH_LIMIT = 64;
const OBJECTS_LIMIT = 1 << 16;

/** Stands for damage inside the reader; it never leaves it. */
const DAMAGE = Symbol('damaged property list');

export function readPlist(bytes: Uint8Array): PlistValue | undefined {
  try {
    return new PlistReader(bytes).root();
  } catch (error) {
    if (error === DAMAGE) return undefined;
    throw error;
  }
}

class PlistReader {
  readonly #bytes: Buffer;
  readonly #offsetBytes: number;
  readonly #refBytes: number;
  readonly #count: number;
  readonly #top: number;
  readonly #table: number;
  readonly #known: (PlistValue | undefined)[] = [];
  readonly #open = new Set<number>();
  #bytesLeft: number;

  constructor(bytes: Uint8Array) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = buffer;
    this.#bytesLeft = buffer.length;
    const trailer = buffer.length - TRAILER_BYTES;
    if (trailer < SIGNATURE.length || buffer.toString('latin1', 0, 8) !== SIGNATURE) throw DAMAGE;
    this.#offsetBytes = this.#unsigned(trailer + 6, 1);
    this.#refBytes = this.#unsigned(trailer + 7, 1);
    this.#count = this.#unsigned(trailer + 8, 8);
    this.#top = this.#unsigned(trailer + 16, 8);
    this.#table = this.#unsigned(trailer + 24, 8);
    if (![1, 2, 3, 4, 8].includes(this.#offsetBytes) || ![1, 2, 3, 4, 8].includes(this.#refBytes)) throw DAMAGE;
    if (this.#count > OBJECTS_LIMIT || this.#table + this.#count * this.#offsetBytes > trailer) throw DAMAGE;
  }

  root(): PlistValue {
    return this.#object(this.#top, 0);
  }

  #unsigned(at: number, width: number): number {
    if (at < 0 || at + width > this.#bytes.length) throw DAMAGE;
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (this.#bytes[at + i] ?? 0);
    return value;
  }

  #object(number: number, depth: number): PlistValue {
    const known = this.#known[number];
    if (known !== undefined) return known;
    if (number >= this.#count || depth > DEPTH_LIMIT || this.#open.has(number)) throw DAMAGE;
    this.#open.add(number);
    const value = this.#read(this.#unsigned(this.#table + number * this.#offsetBytes, this.#offsetBytes), depth + 1);
    this.#open.delete(number);
    this.#known[number] = value;
    return value;
  }

  #read(at: number, depth: number): PlistValue {
    const head = this.#unsigned(at, 1);
    const info = head & 15;
    switch (head >> 4) {
      case 0:
        if (info === 8 || info === 9) return info === 9;
        if (info === 0) return null;
        throw DAMAGE;
      case 1:
        return this.#integer(at + 1, 1 << info);
      case 2:
        return this.#real(at + 1, 1 << info);
      case 3:
        return new PlistDate(this.#real(at + 1, 8));
      case 8:
        return new PlistUid(this.#unsigned(at + 1, info + 1));
      default:
        return this.#sized(head >> 4, at, depth);
    }
  }

  #integer(at: number, width: number): number | bigint {
    if (width < 8) return this.#unsigned(at, width);
    if (width > 16 || at + width > this.#bytes.length) throw DAMAGE;
    const value = this.#bytes.readBigInt64BE(at + width - 8);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #real(at: number, width: number): number {
    if (at + width > this.#bytes.length || (width !== 4 && width !== 8)) throw DAMAGE;
    return width === 4 ? this.#bytes.readFloatBE(at) : this.#bytes.readDoubleBE(at);
  }

  /** Data, strings and containers: they begin with a count, in the head or as an integer behind it. */
  #sized(type: number, at: number, depth: number): PlistValue {
    let count = this.#unsigned(at, 1) & 15;
    let start = at + 1;
    if (count === 15) {
      const width = 1 << (this.#unsigned(start, 1) & 15);
      if (this.#unsigned(start, 1) >> 4 !== 1 || width > 8) throw DAMAGE;
      count = this.#unsigned(start + 1, width);
      start += 1 + width;
    }
    switch (type) {
      case 4:
        return this.#bytes.subarray(start, this.#claim(start, count));
      case 5:
        return this.#bytes.toString('utf8', start, this.#claim(start, count));
      case 6:
        return utf16(this.#bytes.subarray(start, this.#claim(start, count * 2)));
      case 10:
      case 12:
        this.#claim(start, count * this.#refBytes);
        return Array.from({ length: count }, (_, i) => this.#at(start, i, depth));
      case 13: {
        this.#claim(start, count * 2 * this.#refBytes);
        const dict: PlistDict = new Map();
        for (let i = 0; i < count; i++) {
          const key = this.#at(start, i, depth);
          if (typeof key !== 'string') throw DAMAGE;
          dict.set(key, this.#at(start, count + i, depth));
        }
        return dict;
      }
      default:
        throw DAMAGE;
    }
  }

  #at(start: number, index: number, depth: number): PlistValue {
    return this.#object(this.#unsigned(start + index * this.#refBytes, this.#refBytes), depth);
  }

  /** Where a stretch ends; it counts against the bytes that all objects together may take. */
  #claim(start: number, length: number): number {
    this.#bytesLeft -= length;
    if (this.#bytesLeft < 0 || start + length > this.#bytes.length) throw DAMAGE;
    return start + length;
  }
}

function utf16(bigEndian: Buffer): string {
  return Buffer.from(bigEndian).swap16().toString('utf16le');
}
