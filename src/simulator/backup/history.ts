import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openReadable } from '../../sqlite/index.ts';
import { type BookPen, openBookPen } from '../address-book/pen.ts';
import type { PenCard } from '../address-book/pen-types.ts';
import { type History, writeHistory } from '../history/write-history.ts';
import type { Generation } from '../schema/generations.ts';
import { type BackupFile, type BackupOptions, type MadeBackup, writeBackup } from './backup.ts';

export type HistoryBackupOptions = Omit<BackupOptions, 'files'> & {
  generation?: Generation;
  messages: number;
  /** The end of the history, Unix milliseconds. */
  nowMs: number;
  contacts?: number;
  truth?: boolean;
  /** Gives the first cards of the address book pictures: the whole one, and its thumbnail. */
  pictures?: readonly Pick<PenCard, 'image' | 'thumbnail'>[];
  /** Edits the address book, whose cards are called `uids`, before it is backed up. */
  changeBook?: (pen: BookPen, uids: readonly string[]) => void;
  /** Changes the files before they are backed up. */
  change?: (files: BackupFile[]) => BackupFile[];
};

export type HistoryBackup = MadeBackup & {
  history: History;
  /** Names of the attachments whose files are in the backup. */
  attachments: string[];
};

/** Makes up the history of a phone and backs it up: its messages, its address book and the files of its attachments. */
export function writeHistoryBackup(options: HistoryBackupOptions): HistoryBackup {
  const place = mkdtempSync(path.join(os.tmpdir(), 'chatstats-made-'));
  try {
    const file = path.join(place, 'sms.db');
    const books = path.join(place, 'AddressBook');
    const history = writeHistory({
      file,
      addressBookFolder: books,
      generation: options.generation ?? 'ios-17',
      messages: options.messages,
      seed: options.seed,
      nowMs: options.nowMs,
      contacts: options.contacts ?? 40,
      truth: options.truth ?? false,
    });
    const attachments = attachmentNames(file);
    const system = { domain: 'HomeDomain', digest: true };
    const book = path.join(books, 'AddressBook.sqlitedb');
    const images = edit(book, options);
    const content = readFileSync(file);
    const files: BackupFile[] = [
      // The size of a database is often a page or more off.
      { ...system, relativePath: 'Library/SMS/sms.db', content, size: content.length - 4096 },
      ...(existsSync(book)
        ? [{ ...system, relativePath: 'Library/AddressBook/AddressBook.sqlitedb', content: readFileSync(book) }]
        : []),
      ...images.map((image) => ({
        ...{ ...system, relativePath: `Library/AddressBook/${path.basename(image)}`, content: readFileSync(image) },
      })),
      ...attachments.map((name) => ({
        domain: 'MediaDomain',
        relativePath: name.replace(/^(?:~|\/var\/mobile)\//, ''),
        content: Buffer.from(`the bytes of ${name}`),
      })),
    ];
    const made = writeBackup({ ...options, files: options.change?.(files) ?? files });
    return { ...made, history, attachments };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Edits an address book as it was asked for; answers the database that then holds its pictures. */
function edit(book: string, { pictures = [], changeBook }: HistoryBackupOptions): string[] {
  if (pictures.length === 0 && changeBook === undefined) return [];
  using pen = openBookPen(book, 'ios');
  const uids = cardsOf(book);
  for (const [at, picture] of pictures.entries()) pen.editCard(uids[at] ?? '', picture);
  changeBook?.(pen, uids);
  return [path.join(path.dirname(book), 'AddressBookImages.sqlitedb')].filter((file) => existsSync(file));
}

function cardsOf(book: string): string[] {
  using db = openReadable(book);
  return db.all<{ guid: string }>('SELECT guid FROM ABPerson ORDER BY ROWID').map(({ guid }) => guid);
}

/** Attachments that Messages says are on the phone. */
function attachmentNames(file: string): string[] {
  using db = openReadable(file);
  return db
    .all<{ filename: string }>(
      'SELECT DISTINCT filename FROM attachment WHERE filename IS NOT NULL AND transfer_state = 5 ORDER BY filename',
    )
    .map(({ filename }) => filename);
}
