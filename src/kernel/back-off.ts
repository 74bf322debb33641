export type BackOffOptions = {
  /** The longest first delay, in milliseconds. */
  firstMs: number;
  /** The longest delay at all, in milliseconds. */
  mostMs: number;
  /** By how much the longest delay grows each time; 2 when not given. */
  factor?: number;
  /** In [0, 1), from a seed. */
  random: () => number;
};

/**
 * How long to wait before another try: longer each time, up to a limit. Chance takes up to half of it away, so that
 * several that failed together do not come back together.
 */
export class BackOff {
  readonly #options: Required<BackOffOptions>;
  #longestMs: number;

  constructor(options: BackOffOptions) {
    this.#options = { factor: 2, ...options };
    this.#longestMs = Math.min(options.firstMs, options.mostMs);
  }

  /** The next delay, in milliseconds. */
  next(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = Math.min(longestMs * this.#options.factor, this.#options.mostMs);
    return longestMs * (1 - this.#options.random() / 2);
  }

  /** It went well: the next delay is a first one again. */
  reset(): void {
    this.#longestMs = Math.min(this.#options.firstMs, this.#options.mostMs);
  }
}
