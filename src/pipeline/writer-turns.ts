import { breathe, type Clock } from '../kernel/index.ts';
import { peopleVersion } from '../load/index.ts';
import type { Database } from '../sqlite/index.ts';

/** So often something is thought out anew because of others, before it is done in one task. */
export const PATIENT_ATTEMPTS = 3;

/** So long may one task hold the thread, in milliseconds: less than a small batch of messages takes. */
const SLICE_MS = 5;

export type TurnOptions = {
  clock: Clock;
  /** The writer of the store, which another may have closed and opened anew between two tasks; null while there is none. */
  writer(): Database | null;
  /** Runs one task when its turn comes. */
  inTurn<T>(task: () => T): Promise<T>;
};

/** Nothing was lost: whoever asked begins again. */
export class WriterChanged extends Error {
  override readonly name = 'WRITER_CHANGED';
}

/** Work with the writer in tasks so short that nobody who follows messages waits for long. */
export class WriterTurns {
  readonly #options: TurnOptions;
  readonly #db: Database | null;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#db = options.writer();
  }

  /** One task with the writer. Throws `WriterChanged` when it is not the one that this began with. */
  task<T>(work: (db: Database) => T): Promise<T> {
    return this.#options.inTurn(() => {
      const db = this.#options.writer();
      if (db === null || db !== this.#db) throw new WriterChanged('the writer was opened anew');
      return work(db);
    });
  }

  /** Many short tasks: the generator runs for one slice of time in each. */
  async slices<T>(make: (db: Database) => Generator<void, T>): Promise<T> {
    const slices = await this.task(make);
    try {
      while (true) {
        const found = await this.task(() => {
          let result: { value: T } | null = null;
          this.forOneSlice(() => {
            const step = slices.next();
            if (step.done === true) result = { value: step.value };
            return step.done === true;
          });
          return result as { value: T } | null;
        });
        if (found !== null) return found.value;
        await breathe();
      }
    } finally {
      slices.return(undefined as T);
    }
  }

  /** Works for one slice of time; true when there is nothing left to do. */
  forOneSlice(isDone: () => boolean): boolean {
    const { clock } = this.#options;
    const until = clock.now() + SLICE_MS;
    do {
      if (isDone()) return true;
    } while (clock.now() < until);
    return false;
  }

  /** Whether anything about people is being written by others; asked inside tasks. */
  version(): Promise<number> {
    return this.task(peopleVersion);
  }
}
