import { type Database, openForeign, SqliteError } from '../../sqlite/index.ts';
import type { Card } from './card.ts';
import { readIosCards } from './ios.ts';
import type { AddressBookFile } from './locate.ts';
import { readMacCards } from './macos.ts';
import { columnsOf } from './table.ts';

export type AddressBookContent = {
  cards: Card[];
  /** One line for each thing that could not be read: the file's path and why, never a name or an address. */
  problems: string[];
};

/** Reads all cards of one address book as of one instant. Never throws on account of the file. */
export function readAddressBook(file: AddressBookFile): AddressBookContent {
  const found: string[] = [];
  let cards: Card[] = [];
  try {
    using db = openForeign(file.path, { sealed: file.sealed });
    // One snapshot: Contacts may be writing, and a card should come with its numbers.
    db.exec('BEGIN');
    cards = readCards(db, file.source, found);
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
function readCards(db: Database, source: string, problems: string[]): Card[] {
  if (columnsOf(db, 'ZABCDRECORD').size > 0) {
    if (columnsOf(db, 'Z_PRIMARYKEY').size > 0) return readMacCards(db, source, problems);
  } else if (columnsOf(db, 'ABPerson').size > 0) {
    return readIosCards(db, source, problems);
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
