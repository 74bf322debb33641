import { finish, must, paused } from '../kernel/index.ts';
import {
  bookName,
  cardsOfBook,
  dropBook,
  type KnownBook,
  knownBooks,
  recordBook,
  renameSource,
  renormaliseCards,
  type Transact,
  writeCardSlices,
  writePicture,
  writeSetting,
} from '../load/index.ts';
import {
  type AddressBookContent,
  type AddressBookFile,
  locateAddressBooks,
  readBookStamp,
  readIosAvatars,
} from '../sources/address-book/index.ts';
import type { Database } from '../sqlite/index.ts';
import { contactRegions } from '../store/index.ts';
import { type KeyedCard, keyCard, type Region } from '../transform/index.ts';

/** A book that has to be read, and how its files are before that. */
export type StaleBook = { file: AddressBookFile; stamp: string };

/** The same, with what it says. */
export type ReadBook = StaleBook & { content: AddressBookContent };

/** Numbers without a country take a library some microseconds each. */
const KEYED_AT_ONCE = 100;

/** A picture that is kept is at most so large, in bytes; a larger one has a thumbnail. */
const KEPT_PICTURE_BYTES = 256 * 1024;

/** What there is to do: books whose files are not as they were when they were read, and books that are gone. */
export type StaleBooks = { changed: StaleBook[]; gone: KnownBook[] };

/**
 * Looks which books under `root` have to be read, by the stamps of their files: a few calls of the file system. Throws
 * what locating them throws.
 */
export function findStaleBooks(db: Database, root: string): StaleBooks {
  const known = knownBooks(db);
  const files = locateAddressBooks(root);
  const changed = files.flatMap((file) => {
    const stamp = readBookStamp(file.path);
    const before = known.find((book) => book.path === file.path);
    return before?.stamp === stamp ? [] : [{ file, stamp }];
  });
  const there = new Set(files.map(({ path }) => path));
  return { changed, gone: known.filter((book) => book.root === root && !there.has(book.path)) };
}

/**
 * Takes over what was read of a book, some hundreds of cards in a transaction. Answers how many of its cards are new,
 * different or gone.
 */
export function* takeBookSlices(
  db: Database,
  root: string,
  { file, stamp, content }: ReadBook,
  { nowMs, transact }: { nowMs: number; transact: Transact },
): Generator<void, number> {
  const name = bookName(db, file, content.cards);
  const regions = contactRegions(db);
  const cards: KeyedCard[] = [];
  yield* paused(renameSource(content.cards, file.source, name), KEYED_AT_ONCE, (card) => {
    cards.push(keyCard(card, regions));
  });
  const isComplete = content.problems.length === 0;
  const changed = yield* writeCardSlices(db, name, cards, { isComplete, transact });
  transact(() => recordBook(db, { source: name, root, path: file.path, stamp: isComplete ? stamp : '' }, nowMs));
  return changed;
}

/** The same, at once, in the transaction of whoever asks. */
export function takeBook(db: Database, root: string, book: ReadBook, nowMs: number): number {
  return finish(takeBookSlices(db, root, book, { nowMs, transact: (work) => work() }));
}

/**
 * The same for a book of which a copy was read, and which the store remembers by its own place. Pictures beside the copy
 * are kept, because they are gone with it, and what was encrypted cannot be asked for them again.
 */
export function takeCopiedBook(db: Database, place: string, { file, content }: ReadBook, nowMs: number): void {
  takeBook(db, place, { file: { ...file, path: place }, stamp: '', content }, nowMs);
  const name = knownBooks(db).find((book) => book.path === place)?.source;
  if (name === undefined) return;
  const cards = cardsOfBook(db, name);
  const keyOf = new Map(cards.map(({ card, uid }) => [uid, card]));
  const without = new Set(keyOf.values());
  for (const { uid, avatar } of readIosAvatars(file, keyOf.keys(), KEPT_PICTURE_BYTES)) {
    const card = must(keyOf.get(uid), 'it was asked for');
    writePicture(db, card, avatar);
    without.delete(card);
  }
  for (const card of without) writePicture(db, card, null);
}

export function dropBooks(db: Database, gone: readonly KnownBook[]): number {
  return gone.reduce((sum, { source }) => sum + dropBook(db, source), 0);
}

/**
 * Notes by which regions numbers without a country are read, the owner's first. Cards that were read by others are read
 * again. Answers how many of them say something else now.
 */
export function noteRegions(db: Database, regions: readonly Region[]): number {
  if (JSON.stringify(contactRegions(db)) === JSON.stringify(regions)) return 0;
  writeSetting(db, 'regions', JSON.stringify(regions));
  return renormaliseCards(db, (card) => keyCard(card, regions));
}
