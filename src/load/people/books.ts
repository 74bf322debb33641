import type { Card } from '../../sources/address-book/index.ts';
import type { Database } from '../../sqlite/index.ts';
import { peopleChanged } from './version.ts';

/** An address book that was read: which one, where it was, and how its files were. */
export type KnownBook = { source: string; root: string; path: string; stamp: string };

export function knownBooks(db: Database): KnownBook[] {
  return db.all<KnownBook>('SELECT source, root, path, stamp FROM address_books ORDER BY source');
}

/** `stamp`: how the files were before they were read; empty when something could not be read, so that it is tried again. */
export function recordBook(db: Database, book: KnownBook, nowMs: number): void {
  db.run(
    `INSERT INTO address_books (source, root, path, stamp, read_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source) DO UPDATE SET root = excluded.root, path = excluded.path, stamp = excluded.stamp,
       read_at = excluded.read_at`,
    book.source,
    book.root,
    book.path,
    book.stamp,
    nowMs,
  );
}

/** An account that was removed takes its cards along. Answers how many. */
export function dropBook(db: Database, source: string): number {
  peopleChanged(db);
  db.run('DELETE FROM address_books WHERE source = ?', source);
  return db.run('DELETE FROM contact_cards WHERE source = ?', source).changes;
}

/** Row numbers mean something in one file only. */
const IS_NUMBER = /^(?:row:)?\d+(?:#\d+)?$/;
const MOST_BOOKS_OF_A_NAME = 1_000;

/**
 * The name under which the store knows a book. Accounts have unique ones; "local" and "ios" every Mac and phone has, so
 * that another file of such a name is the same book only when they share a card, or when one of them is empty.
 */
export function bookName(
  db: Database,
  { source, path }: { source: string; path: string },
  cards: readonly Card[],
): string {
  const known = knownBooks(db);
  for (let serial = 1; serial <= MOST_BOOKS_OF_A_NAME; serial += 1) {
    const name = serial === 1 ? source : `${source}#${serial}`;
    const book = known.find((one) => one.source === name);
    if (book === undefined || book.path === path || isSameBook(db, name, cards)) return name;
  }
  return source;
}

function isSameBook(db: Database, name: string, cards: readonly Card[]): boolean {
  if (cards.length === 0 || db.value('SELECT 1 FROM contact_cards WHERE source = ? LIMIT 1', name) === null)
    return true;
  return cards.some(
    ({ uid }) =>
      !IS_NUMBER.test(uid) && db.value('SELECT 1 FROM contact_cards WHERE card = ?', `${name}|${uid}`) !== null,
  );
}

/** The cards of a book, under the name that the store knows it by. */
export function renameSource(cards: readonly Card[], from: string, to: string): readonly Card[] {
  if (from === to) return cards;
  const linkOf = (link: string | null) => (link?.startsWith(`${from}:`) ? `${to}${link.slice(from.length)}` : link);
  return cards.map((card) => ({ ...card, source: to, linkId: linkOf(card.linkId) }));
}

/** Notes which books were read with a source: those of this root. */
export function noteBooks(db: Database, sourceId: number, root: string): void {
  db.run(
    'INSERT OR IGNORE INTO source_books (book, source_id) SELECT source, ? FROM address_books WHERE root = ?',
    sourceId,
    root,
  );
}

/** Lets go of the books that were read with this source and no other. */
export function dropBooksOf(db: Database, sourceId: number): void {
  const mine = db.all<{ book: string }>(`DELETE FROM source_books WHERE source_id = ? RETURNING book`, sourceId);
  for (const { book } of mine) {
    if (db.value('SELECT 1 FROM source_books WHERE book = ?', book) === null) dropBook(db, book);
  }
}
