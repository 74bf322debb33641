import { Bell, pause } from '../kernel/index.ts';
import type { FollowOptions } from './follow-options.ts';
import type { Follower } from './follower.ts';
import {
  SWEEP_AGAIN_MS,
  SWEEP_EVERY_MS,
  SWEEP_LOOK_MS,
  SWEEP_URGENT_LOOK_MS,
  SWEEP_WITHIN_MS,
  UPKEEP_ANYWAY_MS,
  UPKEEP_EVERY_MS,
  UPKEEP_REST_MS,
} from './live.limits.ts';

/** What is done for whoever follows; each in its lane, and tried again until it is done or following is stopped. */
type Followed = {
  follower(): Follower | null;
  /** Reads until nothing is left to read. */
  drain(): Promise<void>;
  /** Compares the next rows of everything; answers whether that was the end of it. */
  sweepSlice(): Promise<boolean>;
  swept(): void;
  /** `more`: there is more of it at once; `later`: it cannot be done for the moment. */
  upkeep(): Promise<'done' | 'more' | 'later'>;
};

/**
 * What is done while a source is followed and there is nothing better to do: sweeps over all rows, and upkeep of the
 * store. Where nothing happens it hardly ever wakes.
 */
export class SpareTime {
  readonly #options: Pick<FollowOptions, 'signal' | 'clock'>;
  readonly #followed: Followed;
  /** Something was committed in the source since the last sweep began. */
  #isDirty = false;
  readonly #sweepWanted = new Bell();
  readonly #upkeepWanted = new Bell();
  /** Something was written to the store since upkeep was last done. */
  #hasNews = true;

  constructor(options: Pick<FollowOptions, 'signal' | 'clock'>, followed: Followed) {
    this.#options = options;
    this.#followed = followed;
  }

  async run(): Promise<void> {
    await Promise.all([this.#sweepLoop(), this.#upkeepLoop()]);
  }

  sourceChanged(): void {
    if (!this.#isDirty) this.#sweepWanted.ring();
    this.#isDirty = true;
  }

  /** A batch was taken over: it may have told that something was missed, or have put off looking for renames. */
  stepped(): void {
    if (this.#followed.follower()?.mayHaveMissed === true) this.#sweepWanted.ring();
    this.#upkeepWanted.ring();
  }

  /** The store was written to, by whoever follows or by another. */
  written(): void {
    this.#hasNews = true;
    this.#upkeepWanted.ring();
  }

  /** All rows, again and again while anything is committed, spread thin; but at once where changes may have been missed. */
  async #sweepLoop(): Promise<void> {
    const { signal, clock } = this.#options;
    let begunAt = clock.now();
    while (!signal.aborted) {
      await this.#sweepWanted.wait(this.#untilLookMs(), signal);
      const follower = this.#followed.follower();
      if (signal.aborted || follower === null) continue;
      const sinceMs = clock.now() - begunAt;
      const isUrgent = follower.mayHaveMissed && sinceMs >= SWEEP_AGAIN_MS;
      if (!isUrgent && !(this.#isDirty && sinceMs >= SWEEP_EVERY_MS)) continue;
      this.#isDirty = false;
      begunAt = clock.now();
      await this.#sweepAll(isUrgent ? 0 : SWEEP_WITHIN_MS / Math.max(1, follower.sweepSlices));
    }
  }

  #untilLookMs(): number {
    if (this.#followed.follower()?.mayHaveMissed === true) return SWEEP_URGENT_LOOK_MS;
    return this.#isDirty ? SWEEP_LOOK_MS : SWEEP_EVERY_MS;
  }

  async #sweepAll(restMs: number): Promise<void> {
    const { signal } = this.#options;
    for (let done = false; !done && !signal.aborted; ) {
      done = await this.#followed.sweepSlice();
      if (!done) await pause(restMs, signal);
    }
    this.#followed.swept();
  }

  async #upkeepLoop(): Promise<void> {
    const { signal, clock } = this.#options;
    let doneAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      // Renames are looked for now and then only; what was put off is done here.
      if (this.#followed.follower()?.hasPutOff === true) await this.#followed.drain();
      if (this.#hasNews || clock.now() - doneAt >= UPKEEP_ANYWAY_MS) {
        // What is written meanwhile, by upkeep too, is for the next time.
        this.#hasNews = false;
        const came = await this.#followed.upkeep();
        if (came === 'done') doneAt = clock.now();
        else this.#hasNews = true;
        await pause(came === 'more' ? UPKEEP_REST_MS : UPKEEP_EVERY_MS, signal);
      } else {
        await this.#upkeepWanted.wait(UPKEEP_ANYWAY_MS, signal);
        await pause(UPKEEP_EVERY_MS, signal);
      }
    }
  }
}
