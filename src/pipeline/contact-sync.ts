import { breathe, type Clock } from '../kernel/index.ts';
import { type ContactChanges, peopleVersion, planPeople, Settlement } from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import { type AddressBookContent, readAddressBookSlices } from '../sources/address-book/index.ts';
import type { Database } from '../sqlite/index.ts';
import { dropBooks, findStaleBooks, type StaleBook, takeBook } from './address-books.ts';
import { contactEvents } from './contact-events.ts';

/** So long may one task of a sync hold the thread, in milliseconds: less than a small batch of messages takes. */
const SLICE_MS = 5;

/** So often settling is begun anew because of others, before it is done in one task. */
const PATIENT_ATTEMPTS = 3;

/** What a sync came to. */
export type ContactSyncResult = {
  /** Address books that were read, because their files had changed. */
  books: number;
  /** Cards that were new, different or gone. */
  cards: number;
  created: number;
  updated: number;
  merged: number;
  removed: number;
  /** What could not be read, in words without names or addresses; its cards stay as they were. */
  problems: string[];
};

export type ContactSyncOptions = {
  /** A folder or file of an address book; null: only what is in the store is settled. */
  root: string | null;
  clock: Clock;
  /** The writer of the store, which another may have closed and opened anew between two tasks; null while there is none. */
  writer(): Database | null;
  /** Runs one task when its turn comes. */
  inTurn<T>(task: () => T): Promise<T>;
  /** After every commit that has something to tell. */
  onCommitted(position: number | null, changes: ContactChanges): void;
};

/**
 * Brings contacts up to date with the address books, in tasks so short that nobody who follows messages waits for long.
 * Cards and the people they are of are each taken over in transactions that leave the store whole; cut off anywhere, the
 * next sync goes on. `force`: people are settled even when no file has changed, which also mends what was cut off.
 * Throws what locating the address books throws, and `WRITER_CHANGED` when the writer was opened anew meanwhile.
 */
export async function syncContacts(options: ContactSyncOptions, force: boolean): Promise<ContactSyncResult> {
  return await new ContactSync(options).run(force);
}

/** Nothing was lost: whoever asked begins again. */
export class WriterChanged extends Error {
  override readonly name = 'WRITER_CHANGED';
}

class ContactSync {
  readonly #options: ContactSyncOptions;
  readonly #db: Database | null;
  readonly #result: ContactSyncResult = {
    ...{ books: 0, cards: 0, created: 0, updated: 0, merged: 0, removed: 0 },
    problems: [],
  };

  constructor(options: ContactSyncOptions) {
    this.#options = options;
    this.#db = options.writer();
  }

  async run(force: boolean): Promise<ContactSyncResult> {
    const isChanged = await this.#readBooks();
    if (isChanged || force) await this.#settle();
    return this.#result;
  }

  /** One task with the writer. */
  #task<T>(work: (db: Database) => T): Promise<T> {
    return this.#options.inTurn(() => {
      const db = this.#options.writer();
      if (db === null || db !== this.#db) throw new WriterChanged('the writer was opened anew');
      return work(db);
    });
  }

  async #readBooks(): Promise<boolean> {
    const { root, clock } = this.#options;
    if (root === null) return false;
    const { changed, gone } = await this.#task((db) => findStaleBooks(db, root));
    const read: { book: StaleBook; content: AddressBookContent }[] = [];
    for (const book of changed) read.push({ book, content: await this.#read(book) });
    if (read.length + gone.length === 0) return false;
    this.#result.books = read.length;
    this.#result.cards = await this.#task((db) =>
      db.transaction(() =>
        read.reduce(
          (sum, { book, content }) => sum + takeBook(db, root, book, content, clock.now()),
          dropBooks(db, gone),
        ),
      ),
    );
    this.#result.problems.push(...read.flatMap(({ content }) => content.problems));
    return this.#result.cards > 0;
  }

  /** The book's own connection is read between the tasks of others; nothing of ours is touched meanwhile. */
  async #read({ file }: StaleBook): Promise<AddressBookContent> {
    const slices = readAddressBookSlices(file);
    try {
      while (true) {
        let content: AddressBookContent | null = null;
        await this.#options.inTurn(() =>
          this.#forOneSlice(() => {
            const step = slices.next();
            if (step.done === true) content = step.value;
            return step.done === true;
          }),
        );
        if (content !== null) return content;
        await breathe();
      }
    } finally {
      slices.return({ cards: [], problems: [] });
    }
  }

  /** Works for one slice of time; true when there is nothing left to do. */
  #forOneSlice(isDone: () => boolean): boolean {
    const { clock } = this.#options;
    const until = clock.now() + SLICE_MS;
    do {
      if (isDone()) return true;
    } while (clock.now() < until);
    return false;
  }

  async #settle(): Promise<void> {
    for (let attempt = 1; attempt <= PATIENT_ATTEMPTS; attempt += 1) {
      const { plan, version } = await this.#task((db) => ({ plan: planPeople(db), version: peopleVersion(db) }));
      const settlement = await this.#task((db) => new Settlement(db, plan, this.#options.clock.now()));
      const steps = settlement.steps();
      for (let isStale = false; !isStale; ) {
        await breathe();
        const { isDone, isOther } = await this.#task((db) => {
          // Messages brought somebody new, or the user decided something, between two tasks: it begins anew with that.
          const isOther = peopleVersion(db) !== version;
          return {
            isOther,
            isDone: !isOther && this.#take(db, settlement, () => this.#forOneSlice(() => isOver(steps))),
          };
        });
        if (isDone) return;
        isStale = isOther;
      }
    }
    // New people all the time: at once, or never.
    await this.#task((db) => {
      const settlement = new Settlement(db, planPeople(db), this.#options.clock.now());
      return this.#take(db, settlement, () => settlement.run() !== null);
    });
  }

  /** One transaction of settling; answers whether it was the last. */
  #take(db: Database, settlement: Settlement, work: () => boolean): boolean {
    const { clock, onCommitted } = this.#options;
    const { isLast, position, changes } = db.transaction(() => {
      const isLast = work();
      const changes = settlement.takeChanges();
      return { isLast, changes, position: appendEvents(db, clock.now(), contactEvents(changes)) };
    });
    for (const what of ['created', 'updated', 'merged', 'removed'] as const) this.#result[what] += changes[what].length;
    onCommitted(position, changes);
    return isLast;
  }
}

function isOver(steps: Generator<void>): boolean {
  return steps.next().done === true;
}
