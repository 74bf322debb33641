import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Database, openForeign } from '../../sqlite/index.ts';
import { repeatedUid, text } from './card.ts';
import { iosUid } from './ios.ts';
import { PICTURE_BYTES_LIMIT, SHORT_BUSY_TIMEOUT_MS } from './limits.ts';
import { type AddressBookFile, isSealed } from './locate.ts';
import { IS_MAC_CARD, macUid } from './macos.ts';
import { type Avatar, pictureIn } from './picture.ts';
import { readPictureFile } from './picture-file.ts';
import { columnsOf, selectable } from './table.ts';

/** A table of cards: where the row's number and the card's own identity are, and what `Card.uid` makes of them. */
type CardTable = {
  table: string;
  key: string;
  identity: string;
  isCard: string;
  uidOf: (identity: unknown, row: number) => string;
};

const MAC: CardTable = {
  table: 'ZABCDRECORD',
  key: 'Z_PK',
  identity: 'ZUNIQUEID',
  isCard: IS_MAC_CARD,
  uidOf: macUid,
};
const IOS: CardTable = { table: 'ABPerson', key: 'ROWID', identity: 'guid', isCard: '1', uidOf: iosUid };

/** An iPhone keeps pictures in a database of their own, beside the book or, in a backup, under its number. */
const IOS_PICTURES = [
  'AddressBookImages.sqlitedb',
  'cd6702cea29fe89cf280a76794405adb17f9a0ee',
  '../cd/cd6702cea29fe89cf280a76794405adb17f9a0ee',
];

/** More pictures of one card are not looked at. */
const MOST_SIZES = 8;

/** What Core Data writes before the name of the file that has a value. Before a value itself it writes 1. */
const IN_A_FILE = 2;

/**
 * The picture of a card, or null when it has none that can be read and shown: the whole one where there is one, else the
 * thumbnail. `uid` is what `Card.uid` says. Never throws on account of the files; a book that another program has locked
 * counts as one without pictures, after a short wait.
 */
export function readAvatar({ path: book }: Pick<AddressBookFile, 'path'>, uid: string): Avatar | null {
  return firstOf([() => fromBook(book, uid)]);
}

/**
 * The pictures of many cards of an iPhone's book, by uid, one after the other; of each the largest of at most `mostBytes`.
 * Those of a Mac are not asked for in this way.
 */
export function* readIosAvatars(
  { path: book }: Pick<AddressBookFile, 'path'>,
  uids: Iterable<string>,
  mostBytes: number,
): Generator<{ uid: string; avatar: Avatar }> {
  const pictures = iosPictures(book);
  if (pictures === null) return;
  try {
    using db = openBriefly(book);
    using images = openBriefly(pictures);
    for (const uid of uids) {
      const avatar = firstOf([() => ofRow(images, rowOf(db, IOS, uid), mostBytes)]);
      if (avatar !== null) yield { uid, avatar };
    }
  } catch {
    // One of the two files is no database any more: whoever reads the cards has told of theirs.
  }
}

function fromBook(book: string, uid: string): Avatar | null {
  using db = openBriefly(book);
  if (columnsOf(db, MAC.table).size > 0) {
    const row = rowOf(db, MAC, uid);
    return row === null ? null : macAvatar(db, book, row);
  }
  const pictures = iosPictures(book);
  if (pictures === null) return null;
  using images = openBriefly(pictures);
  return ofRow(images, rowOf(db, IOS, uid), PICTURE_BYTES_LIMIT);
}

function openBriefly(file: string): Database {
  const db = openForeign(file, { sealed: isSealed(file) });
  db.exec(`PRAGMA busy_timeout = ${SHORT_BUSY_TIMEOUT_MS}`);
  return db;
}

/** The row of the card that has this uid, or null. */
function rowOf(db: Database, of: CardTable, uid: string): number | null {
  const hasIdentity = columnsOf(db, of.table).has(of.identity);
  const exact = `SELECT min(${of.key}) FROM ${of.table} WHERE ${of.identity} = ? AND ${of.isCard}`;
  const row = hasIdentity ? db.value<number>(exact, uid) : null;
  if (row !== null) return row;
  // The uid of a card without identity, or with one that another has, ends with the number of its row.
  const number = Number(/(\d{1,15})$/.exec(uid)?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) return null;
  const identity = hasIdentity ? of.identity : 'NULL';
  const numbered = `SELECT ${identity} AS identity FROM ${of.table} WHERE ${of.key} = ? AND ${of.isCard}`;
  const card = db.get(numbered, number);
  if (card === undefined) return null;
  const own = of.uidOf(card.identity, number);
  return uid === own || uid === repeatedUid(own, number) ? number : null;
}

function macAvatar(db: Database, book: string, row: number): Avatar | null {
  return firstOf([
    () => fromColumn(db, book, row, 'ZIMAGEDATA'),
    () => fromImagesFolder(db, book, row),
    () => fromColumn(db, book, row, 'ZTHUMBNAILIMAGEDATA'),
  ]);
}

function fromColumn(db: Database, book: string, row: number, column: string): Avatar | null {
  if (!columnsOf(db, 'ZABCDRECORD').has(column)) return null;
  const sql = `SELECT ${column} FROM ZABCDRECORD WHERE Z_PK = ? AND length(${column}) <= ${PICTURE_BYTES_LIMIT}`;
  const value = db.value(sql, row);
  if (!(value instanceof Uint8Array) || value.length === 0) return null;
  return value[0] === IN_A_FILE ? fromExternalData(book, value.subarray(1)) : pictureIn(value);
}

/** Core Data keeps large values in files beside the store, and in the column their names, closed by a zero. */
function fromExternalData(book: string, named: Uint8Array): Avatar | null {
  const end = named.indexOf(0);
  const name = Buffer.from(end === -1 ? named : named.subarray(0, end)).toString('latin1');
  const store = path.basename(book, path.extname(book));
  return readPictureFile(path.join(path.dirname(book), `.${store}_SUPPORT`, '_EXTERNAL_DATA'), name);
}

/** Some accounts keep the picture as a file that is called like the card, with or without what follows a colon in it. */
function fromImagesFolder(db: Database, book: string, row: number): Avatar | null {
  const folder = path.join(path.dirname(book), 'Images');
  if (!existsSync(folder)) return null;
  const columns = selectable(columnsOf(db, 'ZABCDRECORD'), ['ZIMAGEREFERENCE', 'ZUNIQUEID']);
  const card = db.get(`SELECT ${columns} FROM ZABCDRECORD WHERE Z_PK = ?`, row);
  const uid = text(card?.ZUNIQUEID);
  const names = [text(card?.ZIMAGEREFERENCE), uid, uid?.split(':', 1)[0] ?? null];
  const endings = ['', '.jpeg', '.jpg', '.png', '.heic', '.tiff', '.gif'];
  return firstOf(
    names
      .filter((name) => name !== null)
      .flatMap((name) => endings.map((ending) => () => readPictureFile(folder, name + ending))),
  );
}

/** Where the pictures of an iPhone's book are, or null when it has none. */
function iosPictures(book: string): string | null {
  const folder = path.dirname(book);
  return IOS_PICTURES.map((name) => path.join(folder, name)).find((candidate) => existsSync(candidate)) ?? null;
}

function ofRow(images: Database, row: number | null, mostBytes: number): Avatar | null {
  if (row === null) return null;
  return firstOf(['ABFullSizeImage', 'ABThumbnailImage'].map((table) => () => inTable(images, table, row, mostBytes)));
}

/** The largest picture in a table that can be shown: there may be one for each size, some of them raw pixels. */
function inTable(images: Database, table: string, row: number, mostBytes: number): Avatar | null {
  const sql = `SELECT data FROM ${table} WHERE record_id = ? AND length(data) <= ?
    ORDER BY length(data) DESC LIMIT ${MOST_SIZES}`;
  return firstOf(
    images.all(sql, row, mostBytes).map(
      ({ data }) =>
        () =>
          data instanceof Uint8Array ? pictureIn(data) : null,
    ),
  );
}

/** The first that gives a picture. One that fails is passed over: what is damaged may not hide what is whole. */
function firstOf(attempts: readonly (() => Avatar | null)[]): Avatar | null {
  for (const attempt of attempts) {
    try {
      const avatar = attempt();
      if (avatar !== null) return avatar;
    } catch {
      // Damaged, locked or taken away: the next one may not be.
    }
  }
  return null;
}
