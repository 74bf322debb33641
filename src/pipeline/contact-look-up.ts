import { readAddressBook } from '../sources/address-book/index.ts';
import type { Database } from '../sqlite/index.ts';
import { findStaleBooks, takeBook } from './address-books.ts';

/** The same address is looked up again no sooner than this. */
export const LOOK_UP_COOLDOWN_MS = 60_000;
/** So many addresses are remembered; beyond that the oldest are forgotten, and may be looked up sooner. */
const REMEMBERED = 10_000;

/**
 * Asks the address books for senders that nobody knows. They can say something new only when their files have changed
 * since they were read, so a question costs a few looks at the file system, and reading only where there is a chance.
 */
export class ContactLookUp {
  readonly #root: string | null;
  readonly #askedAt = new Map<string, number>();

  constructor(root: string | null) {
    this.#root = root;
  }

  /**
   * Reads what has changed, inside the transaction of whoever asks, if any of the addresses is due. True when cards
   * have changed, so that people have to be settled. What cannot be read now is left to the next sync.
   */
  now(db: Database, addresses: readonly string[], nowMs: number): boolean {
    if (this.#root === null || !this.#isAnyDue(addresses, nowMs)) return false;
    const root = this.#root;
    try {
      return findStaleBooks(db, root).changed.reduce((isChanged, book) => {
        const content = readAddressBook(book.file);
        if (content.problems.length > 0) return isChanged;
        return takeBook(db, root, { ...book, content }, nowMs) > 0 || isChanged;
      }, false);
    } catch (error) {
      // No address book, or none that may be read: the sync says so to whoever watches.
      if (isOfTheFile(error)) return false;
      throw error;
    }
  }

  /** Everything may be asked again. */
  forget(): void {
    this.#askedAt.clear();
  }

  /** Whether any of the addresses was not asked for within the cooldown; all of them are from now on. */
  isAnyDue(addresses: readonly string[], nowMs: number): boolean {
    return this.#root !== null && this.#isAnyDue(addresses, nowMs);
  }

  #isAnyDue(addresses: readonly string[], nowMs: number): boolean {
    const due = addresses.filter((address) => nowMs - (this.#askedAt.get(address) ?? -Infinity) >= LOOK_UP_COOLDOWN_MS);
    for (const address of due) {
      this.#askedAt.delete(address);
      this.#askedAt.set(address, nowMs);
    }
    for (const address of this.#askedAt.keys()) {
      if (this.#askedAt.size <= REMEMBERED) break;
      this.#askedAt.delete(address);
    }
    return due.length > 0;
  }
}

const OF_THE_FILE = ['ADDRESS_BOOK_NOT_FOUND', 'SOURCE_NO_PERMISSION'];

function isOfTheFile(error: unknown): boolean {
  return OF_THE_FILE.includes((error as { code?: string }).code ?? '');
}
