import { type Database, openForeign, SqliteError } from '../../sqlite/index.ts';
import type { Card } from './card.ts';
import { readIosCards } from './ios.ts';
import { SHORT_BUSY_TIMEOUT_MS } from './limits.ts';
import type { AddressBookFile } from './locate.ts';
import { readMacCards } from './macos.ts';
import { columnsOf } from './table.ts';

export type AddressBookContent = {
  cards: Card[];
  /**
   * One line for each thing that could not be read: the file's path and why, never a name or an address. Where there is
   * one, cards may be missing, or addresses of cards: that something is not among them proves nothing.
   */
  problems: string[];
};

/**
 * Reads all cards of one address book as of one instant, in slices: the generator pauses about every millisecond, so that
 * its thread can do other things meanwhile, and returns the cards at the end. It holds one read transaction of the book
 * from the first slice to the last, which keeps nobody from writing but lets the `-wal` grow; so finish soon, or call
 * `return()`, which closes the book. A book that another program has locked is a problem after a short wait.
 * Never throws on account of the file.
 */
export function readAddressBookSlices(file: AddressBookFile): Generator<void, AddressBookContent, void> {
  return slicesOf(file, SHORT_BUSY_TIMEOUT_MS);
}

/** Reads all cards of one address book as of one instant, at once. Never throws on account of the file. */
export function readAddressBook(file: AddressBookFile): AddressBookContent {
  const slices = slicesOf(file, null);
  while (true) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}

/** `busyTimeoutMs`: how long a lock is waited for, or null for as long as everywhere. */
function* slicesOf(file: AddressBookFile, busyTimeoutMs: number | null): Generator<void, AddressBookContent, void> {
  const found: string[] = [];
  let cards: Card[] = [];
  try {
    using db = openForeign(file.path, { sealed: file.sealed });
    if (busyTimeoutMs !== null) db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    // One snapshot: Contacts may be writing, and a card should come with its numbers.
    db.exec('BEGIN');
    cards = yield* readCards(db, file.source, found);
  } catch (error) {
    found.push(reason(error));
  }
  return { cards, problems: found.map((problem) => `${file.path}: ${problem}`) };
}

/** Reads every address book; one that cannot be read does not stop the others. */
export function readAddressBooks(files: readonly AddressBookFile[]): AddressBookContent {
  const all: AddressBookContent = { cards: [], problems: [] };
  for (const file of files) {
    const { cards, problems } = readAddressBook(file);
    for (const card of cards) all.cards.push(card);
    all.problems.push(...problems);
  }
  return all;
}

/** The tables tell the system, not the name: a copy may be called anything. */
function* readCards(db: Database, source: string, problems: string[]): Generator<void, Card[], void> {
  if (columnsOf(db, 'ZABCDRECORD').size > 0) {
    if (columnsOf(db, 'Z_PRIMARYKEY').size > 0) return yield* readMacCards(db, source, problems);
  } else if (columnsOf(db, 'ABPerson').size > 0) {
    return yield* readIosCards(db, source, problems);
  }
  problems.push('not an address book: its tables are missing');
  return [];
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const REASONS: Record<number, string> = {
  3: 'no permission to read it',
  5: 'locked by another program',
  6: 'locked by another program',
  11: 'damaged',
  14: 'no permission to read it, or it is gone',
  23: 'no permission to read it',
  26: 'not a database, or encrypted',
};

function reason(error: unknown): string {
  const code = error instanceof SqliteError ? error.code : (error as { errcode?: unknown }).errcode;
  return (typeof code === 'number' ? REASONS[code & 0xff] : undefined) ?? 'could not be read';
}
