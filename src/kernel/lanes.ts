import { breathe } from './breathe.ts';
import { InvariantError } from './must.ts';

/** How many tasks may wait in a lane, where nothing else is said. */
const MOST_WAITING = 1_000;

type Waiting = { start: () => Promise<void>; refuse: (error: Error) => void };

/** A task was not taken, because too many wait in its lane. Whoever asked may try again later. */
export class LaneFullError extends Error {
  readonly lane: string;

  constructor(lane: string, mostWaiting: number) {
    super(`${mostWaiting} tasks wait in the lane "${lane}", which is as many as may`);
    this.name = 'LaneFullError';
    this.lane = lane;
  }
}

/** A task was not begun, because the lanes were closed. */
export class LanesClosedError extends Error {
  constructor() {
    super('the lanes are closed: the task was not begun');
    this.name = 'LanesClosedError';
  }
}

/**
 * One task in flight. Those that wait are taken in the order of their lanes (the first that was named goes first), and
 * within a lane in the order in which they came. A task that is running is never interrupted: what has to be prompt
 * needs the others to be short. Between two tasks the event loop turns once, or a queue of tasks that never wait
 * themselves would keep the one that should go first from arriving. A task must not wait for another one of the same
 * lanes, which could not begin before it ends.
 */
export class Lanes<Name extends string> {
  readonly #queues: ReadonlyMap<Name, Waiting[]>;
  readonly #mostWaiting: number;
  readonly #idlers: (() => void)[] = [];
  #isBusy = false;
  #isClosed = false;
  #whenWaiting: ((lane: Name) => void) | null = null;

  constructor(names: readonly Name[], options: { mostWaiting?: number } = {}) {
    this.#queues = new Map(names.map((name) => [name, []]));
    this.#mostWaiting = options.mostWaiting ?? MOST_WAITING;
  }

  /**
   * Runs `task` when its turn comes, never within this call. Rejects with what the task threw, which is nobody else's
   * concern; with LaneFullError; with LanesClosedError.
   */
  run<T>(lane: Name, task: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const queue = this.#queues.get(lane);
      if (queue === undefined) throw new InvariantError(`there is no lane "${lane}"`);
      if (this.#isClosed) throw new LanesClosedError();
      if (queue.length >= this.#mostWaiting) throw new LaneFullError(lane, this.#mostWaiting);
      const start = async () => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
        }
      };
      queue.push({ start, refuse: reject });
      this.#whenWaiting?.(lane);
      if (!this.#isBusy) void this.#work();
    });
  }

  /**
   * For a task of `lane` that can end early: calls `listener` when one of a lane that goes first waits for it to end. To
   * be asked by the task that is running; over when it ends.
   */
  whenWaiting(lane: Name, listener: () => void): void {
    const names = [...this.#queues.keys()];
    const goFirst = new Set(names.slice(0, names.indexOf(lane)));
    this.#whenWaiting = (other) => {
      if (goFirst.has(other)) listener();
    };
    for (const [name, queue] of this.#queues) if (queue.length > 0) this.#whenWaiting(name);
  }

  /** How many tasks wait in each lane; the one that is running does not wait. */
  get waiting(): Record<Name, number> {
    const counts = [...this.#queues].map(([name, queue]) => [name, queue.length] as const);
    return Object.fromEntries(counts) as Record<Name, number>;
  }

  /** Resolves when no task runs and none waits. */
  idle(): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  /** Takes no more tasks, refuses those that wait, and waits for the one that is running. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const queue of this.#queues.values()) {
      for (const { refuse } of queue.splice(0)) refuse(new LanesClosedError());
    }
    return this.idle();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    // Tasks that are asked for in one go are put in order before the first of them begins.
    await Promise.resolve();
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      await next.start();
      this.#whenWaiting = null;
      await breathe();
    }
    this.#isBusy = false;
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  #take(): Waiting | undefined {
    for (const queue of this.#queues.values()) {
      const first = queue.shift();
      if (first !== undefined) return first;
    }
    return undefined;
  }
}
