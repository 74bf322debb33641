import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Database } from './database.ts';

/** How long a statement waits for another program's lock, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** A private file: readable and writable by its owner alone. Made before SQLite opens it, which would use the umask. */
function createPrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/** Opens a database of ours for reading and writing; the file is made, with mode 0600, when it is not there. */
export function openWritable(file: string): Database {
  if (file !== ':memory:' && file !== '') createPrivate(file);
  return new Database(new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS }));
}

/** Opens a database of ours that is there for reading and writing; throws where it is not, and makes none. */
export function openExisting(file: string): Database {
  return new Database(new DatabaseSync(`${pathToFileURL(file).href}?mode=rw`, { timeout: BUSY_TIMEOUT_MS }));
}

/**
 * Opens a database that is thrown away when anything goes wrong: no journal, nothing synced; a statement that fails
 * in the middle is not undone. The driver is defensive
 * by default, which keeps the journal on whatever the pragma says; so the answer of the pragma is checked.
 */
export function openScratch(file: string): Database {
  createPrivate(file);
  const driver = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, defensive: false });
  const db = new Database(driver);
  if (db.value('PRAGMA journal_mode = OFF') !== 'off')
    throw new Error('invariant broken: the journal could not be turned off');
  db.exec('PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF');
  return db;
}

/** Opens a database of ours for reading. */
export function openReadable(file: string): Database {
  return new Database(new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
}

/**
 * The URI under which another program's database is opened: `mode=ro` always. On a place where nothing can be
 * created, SQLite cannot make the `-shm` it needs to read a WAL file; there, and inside a backup, `immutable=1` is
 * right as long as nobody can be writing: no `-wal` holds frames, and nobody's `-shm` is there.
 */
export function foreignUri(file: string, options: { sealed?: boolean } = {}): string {
  const uri = pathToFileURL(path.resolve(file)).href;
  const immutable = standsStill(file, options) && !hasFrames(`${file}-wal`);
  return `${uri}?mode=ro${immutable ? '&immutable=1' : ''}`;
}

/**
 * True for a database whose `-wal` holds frames where no `-shm` can be made: SQLite could not read it whole. It stands
 * still, so a copy of both files can be read instead.
 */
export function needsCopy(file: string, options: { sealed?: boolean } = {}): boolean {
  return standsStill(file, options) && hasFrames(`${file}-wal`);
}

function standsStill(file: string, options: { sealed?: boolean }): boolean {
  return options.sealed === true || (!folderIsWritable(file) && !existsSync(`${file}-shm`));
}

/** Opens another program's database: strictly read-only. `sealed`: the file lies in a backup that nobody writes to. */
export function openForeign(file: string, options: { sealed?: boolean } = {}): Database {
  const driver = new DatabaseSync(foreignUri(file, options), { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  return new Database(driver);
}

/** True when a `-wal` holds at least one frame, that is: more than its 32-byte header. */
function hasFrames(wal: string): boolean {
  return existsSync(wal) && statSync(wal).size > 32;
}

function folderIsWritable(file: string): boolean {
  const folder = path.dirname(path.resolve(file));
  try {
    // access(2) answers for a read-only file system too.
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
