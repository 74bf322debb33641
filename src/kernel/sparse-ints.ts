/** A map from integers to 32-bit integers, 0 meaning absent: PagedInts for many keys, SparseInts for a few. */
export type IntMap = {
  get(key: number): number;
  set(key: number, value: number): void;
};

/** An IntMap for a few scattered keys, where PagedInts would take a page of 16 KiB for each. */
export class SparseInts implements IntMap {
  readonly #values = new Map<number, number>();

  get(key: number): number {
    return this.#values.get(key) ?? 0;
  }

  set(key: number, value: number): void {
    if (value === 0) this.#values.delete(key);
    else this.#values.set(key, value);
  }

  clear(): void {
    this.#values.clear();
  }
}
