/**
 * Writes attributed bodies as NSArchiver does ("typedstream" version 4), so that tests and the simulator can make
 * message.attributedBody, edit history texts and deleted parts. The bytes of a plain body are those of real ones.
 */
export type AttributeValue =
  | number
  | { double: number }
  | string
  | { url: string }
  | { data: Uint8Array }
  | { dictionary: Record<string, AttributeValue> };

/** `length` in UTF-16 units; the lengths of all runs add up to the length of the text. */
export type BodyRun = { length: number; attributes: Record<string, AttributeValue> };

const NEW = 0x84;
const NIL = 0x85;
const END = 0x86;
/** References count from here: the first entry of a table is written as the integer -110. */
const FIRST_REFERENCE = -110;
const INT32_MAX = 0x7fff_ffff;
const INT32_MIN = -0x8000_0000;

/** A class with its superclasses, nearest first, each with the version that is written beside its name. */
type ClassLine = readonly (readonly [name: string, version: number])[];

const OBJECT = ['NSObject', 0] as const;
const STRING: ClassLine = [['NSString', 1], OBJECT];
const MUTABLE_STRING: ClassLine = [['NSMutableString', 1], ...STRING];
const ATTRIBUTED: ClassLine = [['NSAttributedString', 0], OBJECT];
const MUTABLE_ATTRIBUTED: ClassLine = [['NSMutableAttributedString', 0], ...ATTRIBUTED];
const DICTIONARY: ClassLine = [['NSDictionary', 0], OBJECT];
const NUMBER: ClassLine = [['NSNumber', 0], ['NSValue', 0], OBJECT];
const DATA: ClassLine = [['NSData', 0], OBJECT];
const MUTABLE_DATA: ClassLine = [['NSMutableData', 0], ...DATA];
const URL_CLASS: ClassLine = [['NSURL', 0], OBJECT];

const PLAIN_ATTRIBUTES: Record<string, AttributeValue> = { __kIMMessagePartAttributeName: 0 };

/**
 * Encodes a body. `runs` omitted: one run over the whole text that says part 0 (the plain body). `mutable` (the
 * default): NSMutableAttributedString over NSMutableString, where attribute names are written out each time, as
 * bodies that came over the network are; otherwise NSAttributedString over NSString, where equal names and strings
 * are references. Runs with equal attributes share one number. An empty text has no run at all.
 * Throws when the runs do not cover the text.
 */
export function encodeAttributedBody(
  text: string,
  runs: readonly BodyRun[] = [{ length: text.length, attributes: PLAIN_ATTRIBUTES }],
  options: { mutable?: boolean } = {},
): Uint8Array {
  const mutable = options.mutable ?? true;
  const covered = runs.reduce((sum, run) => sum + run.length, 0);
  if (covered !== text.length) throw new RangeError(`runs cover ${covered} of ${text.length} UTF-16 units`);
  const writer = new StreamWriter(mutable);
  writer.type('@');
  writer.object(mutable ? MUTABLE_ATTRIBUTED : ATTRIBUTED, () => {
    writer.type('@');
    writer.object(mutable ? MUTABLE_STRING : STRING, () => writer.textContent(text));
    const idOf = new Map<string, number>();
    for (const run of runs) {
      if (run.length === 0) continue;
      const shape = shapeOf(run.attributes);
      const known = idOf.get(shape);
      const id = known ?? idOf.size + 1;
      writer.type('iI');
      writer.signed(id);
      writer.unsigned(run.length);
      if (known !== undefined) continue;
      idOf.set(shape, id);
      writer.type('@');
      writer.dictionary(run.attributes);
    }
  });
  return writer.bytes();
}

/** A text that is equal for equal attributes, whatever their order. */
function shapeOf(value: AttributeValue | Uint8Array | Record<string, AttributeValue>): string {
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('latin1')}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${shapeOf(part)}`).join()}}`;
}

class StreamWriter {
  readonly #mutable: boolean;
  readonly #bytes: Buffer[] = [];
  readonly #strings = new Map<string, number>();
  readonly #classes = new Map<string, number>();
  readonly #cstrings = new Map<string, number>();
  readonly #shared = new Map<string, number>();
  #objectCount = 0;

  constructor(mutable: boolean) {
    this.#mutable = mutable;
    this.#byte(4, 11);
    this.#bytes.push(Buffer.from('streamtyped', 'latin1'));
    this.signed(1000);
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#bytes));
  }

  #byte(...values: number[]): void {
    this.#bytes.push(Buffer.from(values.map((value) => value & 0xff)));
  }

  signed(value: number): void {
    if (value >= FIRST_REFERENCE && value <= 0x7f) this.#byte(value);
    else if (value >= -0x8000 && value <= 0x7fff) this.#byte(0x81, value, value >> 8);
    else if (value >= INT32_MIN && value <= INT32_MAX) this.#wide(0x82, 4, BigInt(value));
    else this.#wide(0x87, 8, BigInt(value));
  }

  /** Lengths: two bytes reach to 65,535. */
  unsigned(value: number): void {
    if (value <= 0x7f) this.#byte(value);
    else if (value <= 0xffff) this.#byte(0x81, value, value >> 8);
    else this.#wide(0x82, 4, BigInt(value));
  }

  #wide(head: number, width: 4 | 8, value: bigint): void {
    const bytes = Buffer.alloc(9);
    bytes[0] = head;
    bytes.writeBigInt64LE(BigInt.asIntN(64, value), 1);
    this.#bytes.push(bytes.subarray(0, width + 1));
  }

  double(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) <= INT32_MAX && !Object.is(value, -0)) {
      this.signed(value);
    } else {
      const bytes = Buffer.alloc(9);
      bytes[0] = 0x83;
      bytes.writeDoubleLE(value, 1);
      this.#bytes.push(bytes);
    }
  }

  #reference(number: number): void {
    this.signed(number + FIRST_REFERENCE);
  }

  /** The type of the next group: an entry of the table of shared strings. */
  type(codes: string): void {
    const known = this.#strings.get(codes);
    if (known === undefined) {
      this.#strings.set(codes, this.#strings.size);
      this.#byte(NEW);
      this.#counted(Buffer.from(codes, 'latin1'));
    } else {
      this.#reference(known);
    }
  }

  #counted(bytes: Buffer): void {
    this.unsigned(bytes.length);
    this.#bytes.push(bytes);
  }

  #cstring(text: string): void {
    const known = this.#cstrings.get(text);
    if (known === undefined) {
      this.#cstrings.set(text, this.#objectCount++);
      this.#byte(NEW);
      this.type(text);
    } else {
      this.#reference(known);
    }
  }

  /** An object takes its number before its class does. Returns that number. */
  object(line: ClassLine, content: () => void): number {
    const number = this.#objectCount++;
    this.#byte(NEW);
    this.#class(line);
    content();
    this.#byte(END);
    return number;
  }

  #class(line: ClassLine): void {
    const [first, ...rest] = line;
    const known = first === undefined ? undefined : this.#classes.get(first[0]);
    if (first === undefined) {
      this.#byte(NIL);
    } else if (known !== undefined) {
      this.#reference(known);
    } else {
      this.#classes.set(first[0], this.#objectCount++);
      this.#byte(NEW);
      this.type(first[0]);
      this.signed(first[1]);
      this.#class(rest);
    }
  }

  textContent(text: string): void {
    this.type('+');
    this.#counted(Buffer.from(text, 'utf8'));
  }

  dictionary(entries: Record<string, AttributeValue>): void {
    this.object(DICTIONARY, () => {
      const list = Object.entries(entries);
      this.type('i');
      this.signed(list.length);
      for (const [key, value] of list) {
        this.type('@');
        this.#string(key);
        this.type('@');
        this.#value(value);
      }
    });
  }

  #string(text: string): void {
    const write = () => this.object(STRING, () => this.textContent(text));
    if (this.#mutable) write();
    else this.#once(`s${text}`, write);
  }

  #value(value: AttributeValue): void {
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.#integer(value);
    else if ('double' in value) this.#once(`d${value.double}`, () => this.#double(value.double));
    else if ('url' in value) this.#url(value.url);
    else if ('data' in value) this.#data(value.data);
    else this.dictionary(value.dictionary);
  }

  #integer(value: number): void {
    const code = value >= INT32_MIN && value <= INT32_MAX ? 'i' : 'q';
    this.#once(`i${value}`, () => this.#number(code, () => this.signed(value)));
  }

  #double(value: number): number {
    return this.#number('d', () => this.double(value));
  }

  #number(code: string, content: () => void): number {
    return this.object(NUMBER, () => {
      this.type('*');
      this.#cstring(code);
      this.type(code);
      content();
    });
  }

  #url(url: string): void {
    this.object(URL_CLASS, () => {
      this.type('c');
      this.#byte(0);
      this.type('@');
      this.#string(url);
    });
  }

  #data(data: Uint8Array): void {
    this.object(this.#mutable ? MUTABLE_DATA : DATA, () => {
      this.type('i');
      this.signed(data.length);
      this.type(`[${data.length}c]`);
      this.#bytes.push(Buffer.from(data));
    });
  }

  /** The same value is one object: a reference from the second time on. */
  #once(key: string, write: () => number): void {
    const known = this.#shared.get(key);
    if (known === undefined) this.#shared.set(key, write());
    else this.#reference(known);
  }
}
