import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { ChatStatsError, noPermission } from '../../kernel/index.ts';
import { SqliteError } from '../../sqlite/index.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say something about the file. */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const AUTH = 23;
const NOTADB = 26;

const SQLITE_MAGIC = 'SQLite format 3\0';
/** Encrypted bytes look random: of 4,096 of them nearly all 256 values occur. Text, images and archives start otherwise. */
const RANDOM_SAMPLE_BYTES = 4_096;
const RANDOM_DISTINCT_VALUES = 240;

export function isDamage(error: unknown): boolean {
  return error instanceof SqliteError && (error.code === CORRUPT || error.code === NOTADB);
}

/** Turns what SQLite or the file system said about Apple's file into an error of the catalogue. */
export function explainSourceError(error: unknown, file: string): unknown {
  if (error instanceof ChatStatsError) return error;
  const code = error instanceof SqliteError ? error.code : (error as { errcode?: number }).errcode;
  if (typeof code !== 'number') return error;
  switch (code & 0xff) {
    case BUSY:
    case LOCKED:
      return new ChatStatsError('SOURCE_LOCKED', `${file} is locked by another program`, { cause: error });
    case PERM:
    case AUTH:
      return noPermission(file, error);
    case CANTOPEN:
      if (!existsSync(file))
        return new ChatStatsError('SOURCE_NOT_FOUND', `there is nothing at ${file}`, { cause: error });
      return noPermission(file, error);
    case NOTADB:
      return looksEncrypted(file)
        ? new ChatStatsError('SOURCE_ENCRYPTED', `${file} is encrypted`, { cause: error })
        : new ChatStatsError('SOURCE_NOT_DATABASE', `${file} is not an SQLite database`, { cause: error });
    case CORRUPT:
      return new ChatStatsError('SOURCE_DAMAGED', `${file} is damaged`, { cause: error });
    case FULL:
      return new ChatStatsError('DISK_FULL', 'no room left on the disk', { cause: error });
    default:
      return error;
  }
}

/** Reads the first bytes, so that a file that may not be read, or is no database, is told before SQLite sees it. */
export function checkReadable(file: string): void {
  let head: Buffer;
  try {
    accessSync(file, constants.R_OK);
    head = firstBytes(file, SQLITE_MAGIC.length);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      throw new ChatStatsError('SOURCE_NOT_FOUND', `there is nothing at ${file}`, { cause: error });
    throw noPermission(file, error);
  }
  if (head.length === 0) throw new ChatStatsError('SOURCE_NOT_MESSAGES', `${file} is empty`);
  if (head.toString('latin1') === SQLITE_MAGIC) return;
  throw explainSourceError(Object.assign(new Error('not a database'), { errcode: NOTADB }), file);
}

function looksEncrypted(file: string): boolean {
  try {
    if (statSync(file).size < RANDOM_SAMPLE_BYTES) return false;
    return new Set(firstBytes(file, RANDOM_SAMPLE_BYTES)).size >= RANDOM_DISTINCT_VALUES;
  } catch {
    return false;
  }
}

function firstBytes(file: string, count: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, readSync(handle, bytes, 0, count, 0));
  } finally {
    closeSync(handle);
  }
}
