import { breathe } from '../kernel/index.ts';
import { type ContactChanges, PeopleState, peopleVersion, planPeople, planSlices, Settlement } from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import { readAddressBookSlices } from '../sources/address-book/index.ts';
import type { Database } from '../sqlite/index.ts';
import { dropBooks, findStaleBooks, type ReadBook, takeBookSlices } from './address-books.ts';
import { contactEvents } from './contact-events.ts';
import { PATIENT_ATTEMPTS, type TurnOptions, WriterTurns } from './writer-turns.ts';

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

export type ContactSyncOptions = TurnOptions & {
  /** A folder or file of an address book; null: only what is in the store is settled. */
  root: string | null;
  /** After every commit that has something to tell. */
  onCommitted(position: number | null, changes: ContactChanges): void;
};

/**
 * Brings contacts up to date with the address books, in short tasks. Cards and the people they are of are each taken over
 * in transactions that leave the store whole; cut off anywhere, the next sync goes on. `force`: people are settled even
 * when no file has changed, which also mends what was cut off after the cards were taken over. Throws what locating the address books throws, and
 * `WriterChanged` when the writer was opened anew meanwhile.
 */
export async function syncContacts(options: ContactSyncOptions, force: boolean): Promise<ContactSyncResult> {
  return await new ContactSync(options).run(force);
}

class ContactSync {
  readonly #options: ContactSyncOptions;
  readonly #turns: WriterTurns;
  readonly #result: ContactSyncResult = {
    ...{ books: 0, cards: 0, created: 0, updated: 0, merged: 0, removed: 0 },
    problems: [],
  };

  constructor(options: ContactSyncOptions) {
    this.#options = options;
    this.#turns = new WriterTurns(options);
  }

  async run(force: boolean): Promise<ContactSyncResult> {
    const isChanged = await this.#readBooks();
    if (isChanged || force) await this.#settle();
    return this.#result;
  }

  async #readBooks(): Promise<boolean> {
    const { root, clock } = this.#options;
    if (root === null) return false;
    const { changed, gone } = await this.#turns.task((db) => findStaleBooks(db, root));
    const read: ReadBook[] = [];
    for (const book of changed) {
      read.push({ ...book, content: await this.#turns.slices(() => readAddressBookSlices(book.file)) });
    }
    this.#result.books = read.length;
    this.#result.problems.push(...read.flatMap(({ content }) => content.problems));
    for (const book of read) {
      this.#result.cards += await this.#turns.slices((db) =>
        takeBookSlices(db, root, book, { nowMs: clock.now(), transact: (work) => db.transaction(work) }),
      );
    }
    if (gone.length > 0) {
      this.#result.cards += await this.#turns.task((db) => db.transaction(() => dropBooks(db, gone)));
    }
    return this.#result.cards > 0;
  }

  async #settle(): Promise<void> {
    for (let attempt = 1; attempt <= PATIENT_ATTEMPTS; attempt += 1) {
      const version = await this.#turns.version();
      const plan = await this.#turns.slices((db) => planSlices(db));
      const state = await this.#turns.slices((db) => PeopleState.slices(db));
      if (await this.#settleBy(version, plan, state)) return;
    }
    // New people all the time: at once, or never.
    await this.#turns.task((db) => {
      const settlement = new Settlement(db, planPeople(db), this.#options.clock.now());
      return this.#take(db, settlement, () => settlement.run() !== null);
    });
  }

  /** False when messages brought somebody new, or the user decided something, between two tasks. */
  async #settleBy(version: number, plan: ReturnType<typeof planPeople>, state: PeopleState): Promise<boolean> {
    let settling: { settlement: Settlement; steps: Generator<void> } | null = null;
    while (true) {
      const outcome = await this.#turns.task((db) => {
        if (peopleVersion(db) !== version) return 'stale';
        if (settling === null) {
          const settlement = new Settlement(db, plan, this.#options.clock.now(), state);
          settling = { settlement, steps: settlement.steps() };
        }
        const { settlement, steps } = settling;
        const isLast = this.#take(db, settlement, () => this.#turns.forOneSlice(() => steps.next().done === true));
        return isLast ? 'done' : 'more';
      });
      if (outcome !== 'more') return outcome === 'done';
      await breathe();
    }
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
