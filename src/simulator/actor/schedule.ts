import type { Actor, Commit, Performance } from './actor.ts';

type Due = { atMs: number; performance: Performance };

/**
 * When an actor does what: new acts come at random moments, about `perSecond` of them, and those that have begun go on
 * when their time has come. Its time begins at 0 and is the caller's to pass: waiting for `nextAtMs`, or not.
 */
export class Schedule {
  readonly #actor: Actor;
  readonly #meanMs: number;
  #actsLeft: number;
  #nextActAtMs = 0;
  #due: Due[] = [];
  /** The act that closed the file or took it away, and alone can bring it back. */
  #away: Due | null = null;

  constructor(actor: Actor, options: { perSecond: number; acts?: number }) {
    if (!(options.perSecond > 0)) throw new RangeError('an actor needs a rate above 0');
    this.#actor = actor;
    this.#meanMs = 1_000 / options.perSecond;
    this.#actsLeft = options.acts ?? Number.POSITIVE_INFINITY;
  }

  /** When the next commit is to be made, in milliseconds since the beginning; null: all is done. */
  get nextAtMs(): number | null {
    if (this.#away !== null) return this.#away.atMs;
    const first = this.#due[0]?.atMs;
    // Once the last act has begun, nobody waits for the ends of those that have not ended.
    if (this.#actsLeft === 0) return first === undefined ? null : this.#nextActAtMs;
    return first === undefined ? this.#nextActAtMs : Math.min(first, this.#nextActAtMs);
  }

  /** Makes the next commit; null when an act ended without one, or there was nothing to do. */
  step(): Commit | null {
    const atMs = this.nextAtMs;
    if (atMs === null) return null;
    if (this.#away !== null) return this.#goOn(this.#away);
    const first = this.#due[0];
    const isFirst = first !== undefined && (this.#actsLeft === 0 || first.atMs <= this.#nextActAtMs);
    if (isFirst) {
      this.#due.shift();
      return this.#goOn(first);
    }
    this.#actsLeft -= 1;
    const begun = this.#actor.beginAny();
    this.#nextActAtMs = atMs + this.#actor.random.exponential(this.#meanMs);
    if (begun === null) return null;
    this.#keep({ atMs: atMs + begun.commit.waitMs, performance: begun.performance });
    return begun.commit;
  }

  /** Brings the file back where an act had taken it away. */
  bringBack(): Commit[] {
    const commits: Commit[] = [];
    while (this.#away !== null) {
      const commit = this.#goOn(this.#away);
      if (commit !== null) commits.push(commit);
    }
    return commits;
  }

  #goOn(due: Due): Commit | null {
    this.#away = null;
    const commit = due.performance.next();
    if (commit !== null) this.#keep({ ...due, atMs: due.atMs + commit.waitMs });
    return commit;
  }

  #keep(due: Due): void {
    if (!this.#actor.isOpen) {
      this.#away = due;
      return;
    }
    // Equal moments keep their order, so that a run can be repeated.
    const at = this.#due.findIndex((other) => other.atMs > due.atMs);
    this.#due.splice(at < 0 ? this.#due.length : at, 0, due);
  }
}
