import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../../kernel/index.ts';
import { openForeign } from '../../sqlite/index.ts';

export type AddressBookFile = {
  /** Absolute path of the database. */
  path: string;
  /** Tells the books of one person apart, wherever they lie: "local", the UUID of an account, or "ios". */
  source: string;
  /** The file lies in a backup: nobody writes to it, and nothing may be created beside it. */
  sealed: boolean;
};

const MAC_BOOK = 'AddressBook-v22.abcddb';
/** In a folder, in a user's home of a backup, and under its number in an iPhone backup. */
const IOS_BOOKS = [
  'AddressBook.sqlitedb',
  'Library/AddressBook/AddressBook.sqlitedb',
  '31/31bb7ba8914766d4ba40d6dfb6113c8b614be442',
];
const IOS_NAME = /\.sqlitedb$|^31bb7ba8914766d4ba40d6dfb6113c8b614be442$/;
const BACKUP_MARKERS = ['Manifest.db', 'Manifest.plist', 'Manifest.mbdb'];

/** Where macOS keeps the address books of the user whose home folder this is. */
export function defaultAddressBook(home: string): string {
  return path.join(home, 'Library/Application Support/AddressBook');
}

/**
 * Finds the address books that `pathOrFolder` means: one database, or a folder holding macOS's (its root's and those
 * of all accounts under `Sources`, in a stable order) or an iPhone's. Those that may not be read are among them as long as one
 * may. Throws ADDRESS_BOOK_NOT_FOUND, or SOURCE_NO_PERMISSION when none may be read.
 */
export function locateAddressBooks(pathOrFolder: string): AddressBookFile[] {
  const absolute = path.resolve(pathOrFolder);
  const files = isFolder(absolute) ? booksIn(absolute) : [absolute];
  if (files.length === 0) {
    throw new ChatStatsError('ADDRESS_BOOK_NOT_FOUND', `no address book in the folder ${absolute}`);
  }
  const denied = files.map(refusal);
  if (denied.every((error) => error !== null)) throw noPermission(files[0] ?? absolute, denied[0]);
  return files.map((file) => ({ path: file, source: sourceOf(file), sealed: isSealed(file) }));
}

function isFolder(absolute: string): boolean {
  try {
    return statSync(absolute).isDirectory();
  } catch (error) {
    if (isDenied(error)) throw noPermission(absolute, error);
    throw new ChatStatsError('ADDRESS_BOOK_NOT_FOUND', `there is nothing at ${absolute}`, { cause: error });
  }
}

function booksIn(folder: string): string[] {
  // A folder that may be passed through but not listed would look empty.
  listing(folder);
  const accounts = path.basename(folder) === 'Sources' ? folder : path.join(folder, 'Sources');
  const mac = [path.join(folder, MAC_BOOK), ...childrenOf(accounts).map((name) => path.join(accounts, name, MAC_BOOK))];
  const ios = IOS_BOOKS.map((name) => path.join(folder, name)).filter(isThere);
  return [...mac.filter(isThere), ...ios.slice(0, 1)];
}

function childrenOf(folder: string): string[] {
  return existsSync(folder) ? listing(folder).sort() : [];
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isDenied(error)) throw noPermission(folder, error);
    throw error;
  }
}

/** What may not be looked at is taken to be there: it will be named as unreadable, not passed over. */
function isThere(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch (error) {
    return isDenied(error);
  }
}

/** What the system said when the file was opened, or null. On macOS 14 and later only opening tells: stat succeeds. */
function refusal(file: string): unknown {
  try {
    // Opened by SQLite and not by hand: closing a descriptor of one's own would drop the locks of its other connections.
    openForeign(file, { sealed: isSealed(file) }).close();
    return null;
  } catch (error) {
    return error;
  }
}

function sourceOf(file: string): string {
  if (IOS_NAME.test(path.basename(file))) return 'ios';
  const folder = path.dirname(file);
  return path.basename(path.dirname(folder)) === 'Sources' ? path.basename(folder) : 'local';
}

/** Whether a file lies in a backup, in which nothing may be created. */
export function isSealed(file: string): boolean {
  const folder = path.dirname(file);
  return [folder, path.dirname(folder)].some((f) => BACKUP_MARKERS.some((marker) => existsSync(path.join(f, marker))));
}

function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}

function noPermission(file: string, cause: unknown): ChatStatsError {
  return new ChatStatsError('SOURCE_NO_PERMISSION', `not allowed to read the address book ${file}`, { cause });
}
