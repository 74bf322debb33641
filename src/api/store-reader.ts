import { statSync } from 'node:fs';
import { lastEventId } from '../outbox/index.ts';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES, openStoreForReading } from '../store/index.ts';

/** Memory for pages of the store, in KiB. */
const CACHE_KIB = 16_384;

/**
 * A connection that only reads, opened when there is a store and again when another file has taken its place, as a first
 * import does. Until there is one, everything is answered from an empty store, so that nobody has to ask whether there
 * is: lists are empty, and the position is 0. Not for use while a previous `read` of it is running.
 */
export class StoreReader implements Disposable {
  readonly #file: string;
  readonly #replaced = new Set<() => void>();
  #db: Database | null = null;
  /** Which file is open: null stands for the empty store. */
  #identity: string | null = null;
  #generation = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Counts the files that were read: an answer from one says nothing of another. */
  get generation(): number {
    return this.#generation;
  }

  get isThere(): boolean {
    return identityOf(this.#file) !== null;
  }

  onReplaced(listener: () => void): void {
    this.#replaced.add(listener);
  }

  /** Runs `work` with one view of the store. The connection is good for this call alone. */
  read<T>(work: (db: Database) => T): T {
    const db = this.#current();
    return db.snapshot(() => work(db));
  }

  /** The same, with the position of the events at that very moment. */
  readAt<T>(work: (db: Database, position: number) => T): { position: number; value: T } {
    return this.read((db) => {
      const position = lastEventId(db);
      return { position, value: work(db, position) };
    });
  }

  [Symbol.dispose](): void {
    this.#db?.close();
    this.#db = null;
  }

  #current(): Database {
    const identity = identityOf(this.#file);
    if (this.#db !== null && identity === this.#identity) return this.#db;
    const hadOne = this.#db !== null;
    this.#db?.close();
    this.#db = identity === null ? emptyStore() : openStoreForReading(this.#file);
    this.#db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    this.#identity = identity;
    this.#generation += 1;
    if (hadOne) for (const listener of this.#replaced) listener();
    return this.#db;
  }
}

function emptyStore(): Database {
  const db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  return db;
}

function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}.${stat.ino}`;
}
