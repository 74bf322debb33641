import type { Clock, ErrorCode } from '../kernel/index.ts';
import type { RedisFigures } from '../model/index.ts';

export type ProblemCode = Extract<ErrorCode, `REDIS_${string}`>;

/** What was wrong with Redis, by kind: a handful at most, each with its last words and how often it came. */
export class RelayProblems {
  readonly #clock: Clock;
  readonly #met = new Map<ProblemCode, RedisFigures['problems'][number]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get list(): RedisFigures['problems'] {
    return [...this.#met.values()];
  }

  note(code: ProblemCode, text: string): void {
    const times = (this.#met.get(code)?.times ?? 0) + 1;
    // The newest last.
    this.#met.delete(code);
    this.#met.set(code, { code, text, lastAt: new Date(this.#clock.now()).toISOString(), times });
  }

  /** It has passed. What was lost, or set aside, has not. */
  passed(code: ProblemCode): void {
    this.#met.delete(code);
  }
}
