import type { Clock } from '../kernel/index.ts';

/** Milliseconds spent by stage, in the order in which the stages first came. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #stages = new Map<string, number>();
  #lapAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#lapAt = this.#startedAt;
  }

  /** Books the time since the last lap to `stage`. */
  lap(stage: string): void {
    const now = this.#clock.now();
    this.#stages.set(stage, (this.#stages.get(stage) ?? 0) + now - this.#lapAt);
    this.#lapAt = now;
  }

  get totalMs(): number {
    return this.#clock.now() - this.#startedAt;
  }

  get stages(): Record<string, number> {
    return Object.fromEntries(this.#stages);
  }
}
