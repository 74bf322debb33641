/**
 * Reads NSArchiver streams ("typedstream", version 4) of both byte orders by structure. Two tables are numbered in
 * order of appearance: shared strings (types, class names), and objects together with classes and C strings.
 * An object takes its number before its class does. What is not understood is skipped by its types.
 *
 * Bounds: every length is checked against the bytes that are left, nesting against DEPTH_LIMIT, and the number of
 * values against the size of the stream. `Damage` is thrown, never anything else.
 */
import { Damage } from './damage.ts';
import { StreamCursor } from './stream-cursor.ts';
import { ArchivedClass, type ClassKind, classNamed, OTHER_CLASS } from './typedstream-classes.ts';

const NEW = 0x84;
const NIL = 0x85;
const END = 0x86;
/** The integer -110, as an unsigned head byte: references count from here. */
const FIRST_REFERENCE = -110;
const DEPTH_LIMIT = 48;
/** The longest type, in characters. Types are scanned each time they are used, so they must be short. */
const TYPE_LIMIT = 256;

/** Bytes that were passed over: where they begin in the stream, and how many there are. */
export class ByteRange {
  readonly start: number;
  readonly length: number;

  constructor(start: number, length: number) {
    this.start = start;
    this.length = length;
  }
}

/** Keys and values by turns. */
export class Dictionary {
  readonly entries: Value[] = [];
}

export class Url {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Run = { length: number; attributes: Dictionary | null };

/** A string with its runs; of a plain string `runs` is empty. */
export class AttributedText {
  text: string | null = null;
  readonly runs: Run[] = [];
}

/** What an object or a value becomes; `undefined`: something that is not kept. */
export type Value = string | number | ByteRange | Dictionary | Url | AttributedText | null | undefined;

export class TypedStreamReader extends StreamCursor {
  #strings: string[] = [];
  #objects: (Value | ArchivedClass)[] = [];
  #valuesLeft = 0;
  /** The text of the first attributed string that was begun: what can be saved of a stream damaged further on. */
  firstText: string | null = null;

  /** Reads the first object of a stream. Throws Damage. */
  read(bytes: Buffer): Value {
    this.#strings = [];
    this.#objects = [];
    // Real streams hold one value in two bytes or more; types that take no bytes at all must not loop.
    this.#valuesLeft = bytes.length + 64;
    this.firstText = null;
    this.open(bytes);
    if (this.#type() !== '@') throw new Damage('not-text');
    return this.#object(0);
  }

  #sharedString(): string | null {
    const head = this.peek();
    if (head === NIL) {
      this.at++;
      return null;
    }
    if (head === NEW) {
      this.at++;
      const length = this.unsigned();
      const start = this.take(length);
      // Most types are one character: making those here is several times cheaper than a call into the runtime.
      const text =
        length === 1 ? String.fromCharCode(this.bytes[start] ?? 0) : this.bytes.toString('latin1', start, this.at);
      this.#strings.push(text);
      return text;
    }
    const known = this.#strings[this.signed() - FIRST_REFERENCE];
    if (known === undefined) throw new Damage('malformed');
    return known;
  }

  #type(): string {
    const type = this.#sharedString();
    if (type === null || type === '' || type.length > TYPE_LIMIT) throw new Damage('malformed');
    return type;
  }

  /** An entry of the table of objects, by the reference that comes next. */
  #referenced(below = this.#objects.length): Value | ArchivedClass {
    const number = this.signed() - FIRST_REFERENCE;
    if (number < 0 || number >= below) throw new Damage('malformed');
    return this.#objects[number];
  }

  /** The kind of a class: its own, or that of the nearest superclass that is known. */
  #class(): ClassKind {
    const first = this.#objects.length;
    while (this.peek() === NEW) {
      this.at++;
      const named = classNamed(this.#type());
      this.signed();
      this.#objects.push(named);
    }
    let inherited: Value | ArchivedClass = OTHER_CLASS;
    if (this.peek() === NIL) this.at++;
    else inherited = this.#referenced(first);
    for (let i = this.#objects.length - 1; i >= first; i--) {
      const own = this.#objects[i];
      if (own instanceof ArchivedClass && own.kind !== 'other') inherited = own;
      else this.#objects[i] = inherited;
    }
    if (!(inherited instanceof ArchivedClass)) throw new Damage('malformed');
    return inherited.kind;
  }

  #cstring(): string | null {
    const head = this.peek();
    if (head === NIL) {
      this.at++;
      return null;
    }
    if (head === NEW) {
      this.at++;
      const text = this.#sharedString();
      this.#objects.push(text);
      return text;
    }
    const known = this.#referenced();
    if (typeof known !== 'string') throw new Damage('malformed');
    return known;
  }

  #object(depth: number): Value {
    const head = this.peek();
    if (head === NIL) {
      this.at++;
      return null;
    }
    if (head !== NEW) {
      const known = this.#referenced();
      if (known instanceof ArchivedClass) throw new Damage('malformed');
      return known;
    }
    if (depth > DEPTH_LIMIT) throw new Damage('too-deep');
    this.at++;
    const number = this.#objects.length;
    this.#objects.push(undefined);
    const value = this.#content(this.#class(), depth + 1);
    this.#objects[number] = value;
    this.#rest(depth + 1);
    return value;
  }

  #content(kind: ClassKind, depth: number): Value {
    switch (kind) {
      case 'string':
        return this.#text();
      case 'number':
        return this.#number(depth);
      case 'dictionary':
        return this.#dictionary(depth);
      case 'attributed':
        return this.#attributed(depth);
      case 'data':
        return this.#data();
      case 'url':
        return this.#url(depth);
      case 'other':
        return undefined;
    }
  }

  /** Passes over the groups that are left of an object, and its end. */
  #rest(depth: number): void {
    while (this.peek() !== END) this.#skip(this.#type(), depth);
    this.at++;
  }

  /** True, and the type is consumed, when the next group has this type. */
  #group(type: string): boolean {
    if (this.peek() === END) return false;
    const before = this.at;
    const count = this.#strings.length;
    if (this.#type() === type) return true;
    this.at = before;
    this.#strings.length = count;
    return false;
  }

  #text(): string | undefined {
    if (!this.#group('+')) return undefined;
    const length = this.unsigned();
    const start = this.take(length);
    return this.bytes.toString('utf8', start, this.at);
  }

  #number(depth: number): number | undefined {
    if (!this.#group('*')) return undefined;
    const code = this.#cstring();
    if (code === null || code.length !== 1 || !this.#group(code)) return undefined;
    const value = this.#single(code.charCodeAt(0), depth);
    return typeof value === 'number' ? value : undefined;
  }

  #dictionary(depth: number): Dictionary {
    const dictionary = new Dictionary();
    if (!this.#group('i')) return dictionary;
    const count = this.signed();
    for (let i = 0; i < count; i++) {
      if (!this.#group('@')) break;
      const key = this.#object(depth);
      if (!this.#group('@')) break;
      dictionary.entries.push(key, this.#object(depth));
    }
    return dictionary;
  }

  #data(): ByteRange | undefined {
    if (!this.#group('i')) return undefined;
    const length = this.signed();
    if (!this.#group(`[${length}c]`)) return undefined;
    return new ByteRange(this.take(length), length);
  }

  #url(depth: number): Url | undefined {
    if (!this.#group('c')) return undefined;
    const isRelative = this.byte() !== 0;
    if (isRelative && this.#group('@')) this.#object(depth);
    if (!this.#group('@')) return undefined;
    const text = this.#object(depth);
    return typeof text === 'string' ? new Url(text) : undefined;
  }

  #attributed(depth: number): AttributedText {
    const result = new AttributedText();
    if (!this.#group('@')) return result;
    const text = this.#object(depth);
    if (typeof text === 'string') result.text = text;
    this.firstText ??= result.text;
    const byId: (Dictionary | null)[] = [];
    while (this.#group('iI')) {
      const id = this.signed();
      const length = this.unsigned();
      if (id < 1 || id > byId.length + 1) throw new Damage('malformed');
      if (id === byId.length + 1) {
        const attributes = this.#group('@') ? this.#object(depth) : null;
        byId.push(attributes instanceof Dictionary ? attributes : null);
      }
      result.runs.push({ length, attributes: byId[id - 1] ?? null });
    }
    return result;
  }

  /** Passes over the values of one group. */
  #skip(type: string, depth: number): void {
    let at = 0;
    while (at < type.length) at = this.#skipOne(type, at, depth);
  }

  /** Passes over one value of the type at `at`; returns where the next type begins. */
  #skipOne(type: string, at: number, depth: number): number {
    if (--this.#valuesLeft < 0) throw new Damage('malformed');
    const code = type.charCodeAt(at);
    if (code !== 0x5b && code !== 0x7b) {
      this.#single(code, depth);
      return at + 1;
    }
    if (depth > DEPTH_LIMIT) throw new Damage('too-deep');
    return code === 0x5b ? this.#skipArray(type, at, depth + 1) : this.#skipStruct(type, at, depth + 1);
  }

  /** `[Nx]`: characters are N raw bytes, everything else N values. */
  #skipArray(type: string, at: number, depth: number): number {
    let inner = at + 1;
    let count = 0;
    for (; isDigit(type.charCodeAt(inner)); inner++) count = count * 10 + type.charCodeAt(inner) - 0x30;
    if (count > this.bytes.length - this.at) throw new Damage('truncated');
    const close = closing(type, at);
    const element = type[inner];
    if (close === inner + 1 && (element === 'c' || element === 'C' || element === 'B')) {
      this.take(count);
    } else {
      for (let i = 0; i < count; i++) {
        if (--this.#valuesLeft < 0) throw new Damage('malformed');
        for (let next = inner; next < close; ) next = this.#skipOne(type, next, depth);
      }
    }
    return close + 1;
  }

  /** `{name=xy…}`: the members in order. */
  #skipStruct(type: string, at: number, depth: number): number {
    const close = closing(type, at);
    const equals = type.indexOf('=', at);
    if (equals < 0 || equals > close) throw new Damage('malformed');
    for (let next = equals + 1; next < close; ) next = this.#skipOne(type, next, depth);
    return close + 1;
  }

  /** One value of a type of one character. */
  #single(code: number, depth: number): Value {
    switch (code) {
      case 0x40: // @
        return this.#object(depth);
      case 0x69: // i
      case 0x73: // s
      case 0x6c: // l
      case 0x71: // q
        return this.signed();
      case 0x49: // I
      case 0x53: // S
      case 0x4c: // L
      case 0x51: // Q
        return this.unsigned();
      case 0x63: // c
        return (this.byte() << 24) >> 24;
      case 0x43: // C
      case 0x42: // B
        return this.byte();
      case 0x66: // f
        return this.real(4);
      case 0x64: // d
        return this.real(8);
      case 0x2a: // *
        return this.#cstring();
      case 0x2b: // +
        this.take(this.unsigned());
        return undefined;
      case 0x23: // #
        this.#class();
        return undefined;
      case 0x3a: // :
      case 0x25: // %
        return this.#sharedString();
      default:
        throw new Damage('malformed');
    }
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Where the bracket that opens at `at` closes. */
function closing(type: string, at: number): number {
  let open = 0;
  for (let i = at; i < type.length; i++) {
    const character = type[i];
    if (character === '[' || character === '{') open++;
    else if (character === ']' || character === '}') open--;
    if (open === 0) return i;
  }
  throw new Damage('malformed');
}
