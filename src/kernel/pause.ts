import { InvariantError } from './must.ts';

/**
 * Waits `ms` milliseconds, or until `signal` is aborted; it resolves either way, and leaves no timer behind. (A timer of
 * Node drops fractions and would come early, so they are rounded up, here and below.)
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.ceil(ms));
    signal?.addEventListener('abort', end);
  });
}

/** One timer that is set again and again, at most one at a time, where a promise for each time would cost too much. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;

  /** Calls `then` after `ms` milliseconds, and not what it was set to before. */
  set(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, Math.ceil(ms));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Somebody waits, somebody else rings. A ring while nobody waits is kept, and ends the next wait at once: none gets
 * lost, and any number of them are one. One may wait at a time.
 */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Forgets a ring that nobody has waited for, and tells whether there was one. */
  quiet(): boolean {
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  /** Waits for a ring, for `ms` milliseconds, or until `signal` is aborted; true when it was a ring, which is used up. */
  async wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#wake !== null) throw new InvariantError('somebody waits for this bell already');
    if (!this.#rung && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', end);
          this.#wake = null;
          resolve();
        };
        const timer = setTimeout(end, Math.ceil(ms));
        signal?.addEventListener('abort', end);
        this.#wake = end;
      });
    }
    return this.quiet();
  }
}

/**
 * A beat every `everyMs` milliseconds that does not drift: the time between two beats is not made longer by the work
 * that is done at each. Beats that were missed are left out, never made up for. The clock is one that is never set.
 */
export class Beat {
  readonly #everyMs: number;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #lastBeat = 0;

  constructor(everyMs: number, nowMs: () => number = () => performance.now()) {
    if (!(everyMs > 0)) throw new InvariantError('a beat needs a time between its beats');
    this.#everyMs = everyMs;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /**
   * How long until the next beat, in milliseconds. One that is less than 1 ms away counts as come, because timers may
   * fire so much too early; the answer is at least the smaller of 1 and `everyMs`, and less than `everyMs` + 1.
   */
  untilNextMs(): number {
    const leftMs = this.#everyMs - ((this.#nowMs() - this.#startMs) % this.#everyMs);
    return leftMs < Math.min(1, this.#everyMs) ? leftMs + this.#everyMs : leftMs;
  }

  /** True when a beat has come since this was last asked; any number of them are one. */
  isDue(): boolean {
    const beat = Math.floor((this.#nowMs() - this.#startMs) / this.#everyMs);
    if (beat === this.#lastBeat) return false;
    this.#lastBeat = beat;
    return true;
  }
}
