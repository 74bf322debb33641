const PAGE_BITS = 12;
const PAGE_SIZE = 1 << PAGE_BITS;

export type PortableInts = ReadonlyMap<number, Int32Array<SharedArrayBuffer>>;

/**
 * A map from integers (row ids, dense or sparse) to 32-bit integers, 0 meaning absent. Four bytes an entry where keys
 * are dense, and a page of 16 KiB for every stray one; so a table of three million rows costs 12 MB, not 300.
 */
export class PagedInts {
  readonly #pages = new Map<number, Int32Array<SharedArrayBuffer>>();
  #lastNumber = Number.NaN;
  #last: Int32Array<SharedArrayBuffer> | null = null;

  get(key: number): number {
    return this.#page(key)?.[key - Math.floor(key / PAGE_SIZE) * PAGE_SIZE] ?? 0;
  }

  set(key: number, value: number): void {
    const number = Math.floor(key / PAGE_SIZE);
    let page = this.#page(key);
    if (page === null) {
      page = new Int32Array(new SharedArrayBuffer(PAGE_SIZE * Int32Array.BYTES_PER_ELEMENT));
      this.#pages.set(number, page);
      this.#last = page;
    }
    page[key - number * PAGE_SIZE] = value;
  }

  /** The pages themselves; another thread that is sent them shares them. */
  toPortable(): PortableInts {
    return this.#pages;
  }

  static from(pages: PortableInts): PagedInts {
    const ints = new PagedInts();
    for (const [number, page] of pages) ints.#pages.set(number, page);
    return ints;
  }

  #page(key: number): Int32Array<SharedArrayBuffer> | null {
    const number = Math.floor(key / PAGE_SIZE);
    if (number !== this.#lastNumber) {
      this.#lastNumber = number;
      this.#last = this.#pages.get(number) ?? null;
    }
    return this.#last;
  }
}
