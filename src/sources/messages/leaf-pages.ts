/**
 * Leaf pages of tables as a log tells of them, one version after the other: which rows are other than they were. It does
 * not know of which table a page is. Format: sqlite.org/fileformat2.html#b_tree_pages.
 */
const TABLE_LEAF = 0x0d;
const DATABASE_HEADER_BYTES = 100;
const LEAF_HEADER_BYTES = 8;
/** Where the first page names the first page of those that are free. */
const FREE_PAGES_AT = 32;
/** A page that holds a row's end begins with the number of the next one, as do those that list free pages. */
const LINK_BYTES = 4;
/** Pages that are kept: those that are written again and again are the ends of a few tables. */
const MOST_PAGES = 256;
const MOST_ROOMS = 32;

type Version = { page: Buffer; cells: Cells };

/**
 * The newest version of the pages that were written last. It is good for as long as every version is shown to it: after
 * one that was missed, `forget`.
 */
export class LeafPages {
  /** The least recently written first. */
  readonly #known = new Map<number, Version>();
  /** Written by a transaction whose end has not been seen. */
  readonly #pending = new Map<number, Version>();
  readonly #rooms: Buffer[] = [];

  /**
   * Adds the row ids that are new, changed or gone on this version of a page; of a page that is not known, all that are
   * on it. Never throws, whatever the bytes are.
   */
  show(number: number, page: Buffer, into: number[]): void {
    const before = this.#pending.get(number) ?? this.#known.get(number);
    const cells = cellsOf(page, number === 1);
    const were = before?.cells ?? NONE;
    for (const [rowid, cell] of cells) {
      const was = were.get(rowid);
      if (was === undefined || !isSame(page, cell, before?.page ?? page, was)) into.push(rowid);
    }
    for (const rowid of were.keys()) if (!cells.has(rowid)) into.push(rowid);
    const copy = this.#pending.get(number)?.page ?? this.#roomFor(page);
    page.copy(copy);
    this.#pending.set(number, { page: copy, cells });
  }

  /** Memory of a version that is over: there are many of them a second. */
  #roomFor({ length }: Buffer): Buffer {
    const room = this.#rooms.pop();
    return room?.length === length ? room : Buffer.allocUnsafeSlow(length);
  }

  #letGo(number: number): void {
    const version = this.#known.get(number);
    if (version !== undefined && this.#rooms.length < MOST_ROOMS) this.#rooms.push(version.page);
    this.#known.delete(number);
  }

  /**
   * What was shown has been committed. The end of a long row can be written without its beginning: the row ids of such are
   * added. False when it is not known of an end whose it is.
   */
  commit(into: number[]): boolean {
    const isAll = this.#hasAllBeginnings(into);
    for (const [number, version] of this.#pending) {
      this.#letGo(number);
      this.#known.set(number, version);
    }
    this.#pending.clear();
    for (const number of this.#known.keys()) {
      if (this.#known.size <= MOST_PAGES) break;
      this.#letGo(number);
    }
    return isAll;
  }

  #hasAllBeginnings(into: number[]): boolean {
    const ends = new Set<number>();
    for (const [number, { page }] of this.#pending) if (page[0] === 0) ends.add(number);
    if (ends.size === 0) return true;
    const first = this.#pending.get(1)?.page;
    if (first !== undefined) ends.delete(first.readUInt32BE(FREE_PAGES_AT));
    for (const { cells } of new Map([...this.#known, ...this.#pending]).values()) {
      for (const [rowid, { next }] of cells) if (this.#meets(next, ends)) into.push(rowid);
    }
    return ends.size === 0;
  }

  /** Whether a row goes on on any of these pages, which are taken away from them. */
  #meets(from: number | null, ends: Set<number>): boolean {
    let isMet = false;
    let number = from;
    for (let count = 0; number !== null && count < MOST_PAGES; count += 1) {
      isMet = ends.delete(number) || isMet;
      const page: Buffer | undefined = (this.#pending.get(number) ?? this.#known.get(number))?.page;
      number = page?.[0] === 0 ? page.readUInt32BE(0) : null;
    }
    return isMet;
  }

  /** What was shown since the last commit was no part of one, or is shown again. */
  rollback(): void {
    this.#pending.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#pending.clear();
  }
}

/** `next`: the page that the row goes on on. */
type Cell = { at: number; end: number; next: number | null };
type Cells = ReadonlyMap<number, Cell>;
const NONE: Cells = new Map();

/** The cells of a table's leaf page by row id; of any other page none. */
function cellsOf(page: Buffer, isFirst: boolean): Cells {
  const start = isFirst ? DATABASE_HEADER_BYTES : 0;
  if (page[start] !== TABLE_LEAF) return NONE;
  const cells = new Map<number, Cell>();
  const count = page.readUInt16BE(start + 3);
  for (let cell = 0; cell < count; cell += 1) {
    const pointer = start + LEAF_HEADER_BYTES + cell * 2;
    if (pointer + 2 > page.length) break;
    const at = page.readUInt16BE(pointer);
    const size = varint(page, at);
    const rowid = size === null ? null : varint(page, size.end);
    if (size === null || rowid === null || rowid.value <= 0 || !Number.isSafeInteger(rowid.value)) continue;
    // A damaged cell may say that it is longer than the page.
    const end = Math.min(page.length, rowid.end + localBytes(size.value, page.length));
    const goesOn = rowid.end + size.value > end && end + LINK_BYTES <= page.length;
    cells.set(rowid.value, { at, end, next: goesOn ? page.readUInt32BE(end) : null });
  }
  return cells;
}

/** How much of a row of so many bytes lies in its cell (in a database that reserves no bytes of its pages). */
function localBytes(size: number, pageBytes: number): number {
  if (size <= pageBytes - 35) return size;
  const least = Math.floor(((pageBytes - 12) * 32) / 255) - 23;
  const local = least + ((size - least) % (pageBytes - 4));
  return local <= pageBytes - 35 ? local : least;
}

/** One that goes on elsewhere is never the same: what is there is not looked at. */
function isSame(page: Buffer, now: Cell, other: Buffer, was: Cell): boolean {
  if (now.next !== null || was.next !== null || now.end - now.at !== was.end - was.at) return false;
  return page.compare(other, was.at, was.end, now.at, now.end) === 0;
}

function varint(page: Buffer, from: number): { value: number; end: number } | null {
  let value = 0;
  for (let at = from; at < Math.min(page.length, from + 8); at += 1) {
    const byte = page[at] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return null;
}
