/** Seeded randomness (the sfc32 generator): equal seeds give equal histories, on every machine. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = 0x9e3779b9;
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 0x1_0000_0000) | 0;
    for (let round = 0; round < 15; round += 1) this.word();
  }

  /** A generator of its own that does not disturb this one: adding a use of it elsewhere changes nothing here. */
  fork(salt: number): Random {
    return new Random(((this.#a ^ Math.imul(salt, 0x85ebca6b)) >>> 0) + salt);
  }

  /** 32 random bits as a signed integer. */
  word(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t;
  }

  /** In [0, 1). */
  unit(): number {
    return (this.word() >>> 0) / 0x1_0000_0000;
  }

  /** An integer in [0, limit). */
  int(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined && items.length === 0) throw new RangeError('nothing to pick from');
    return item as T;
  }

  /** Exponentially distributed with this mean. */
  exponential(mean: number): number {
    return -Math.log(1 - this.unit()) * mean;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = this.int(i + 1);
      const held = result[i] as T;
      result[i] = result[j] as T;
      result[j] = held;
    }
    return result;
  }

  /** An upper-case UUID of version 4, as Messages makes them. */
  uuid(): string {
    const a = this.word();
    const b = (this.word() & 0xffff_0fff) | 0x4000;
    const c = (this.word() & 0x3fff_ffff) | 0x8000_0000;
    const d = this.word();
    return `${hex32(a)}-${hex16(b >>> 16)}-${hex16(b)}-${hex16(c >>> 16)}-${hex16(c)}${hex32(d)}`;
  }

  bytes(length: number): Uint8Array {
    const result = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) result[i] = this.word() & 0xff;
    return result;
  }
}

function hex16(word: number): string {
  return `${HEX[(word >>> 8) & 0xff]}${HEX[word & 0xff]}`;
}

function hex32(word: number): string {
  return hex16(word >>> 16) + hex16(word);
}
