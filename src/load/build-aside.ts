import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
import { type Database, openReadable, openScratch, openWritable, SqliteError, type Value } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';

/**
 * The bulk build: a store is built in a file aside, without a journal and without indexes, and takes the store's
 * place by a rename once it is complete, checked and on disk. A crash at any instant leaves the store that was there
 * before (or none), and at most a file aside, which the next owner removes. Only the owner of the store may build.
 */
const BUILDING = '-building';
/** Rows come in the order of their ids, so pages are written once and a small cache does. */
const CACHE_KIB = 8_192;
const SORT_KIB = 16_384;

export function asidePath(store: string): string {
  return `${store}${BUILDING}`;
}

/** The file of the second thread of a large build: it holds messages only, until they are appended to the other's. */
export function secondAsidePath(store: string): string {
  return `${store}${BUILDING}-2`;
}

/** Removes what a killed build left behind. */
export function removeAside(store: string): void {
  for (const aside of [asidePath(store), secondAsidePath(store)]) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${aside}${suffix}`, { force: true });
  }
}

export function openAside(store: string): Database {
  removeAside(store);
  const db = openBuilding(asidePath(store));
  createTables(db);
  return db;
}

function openBuilding(file: string): Database {
  const db = openScratch(file);
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  return db;
}

const SECOND = 'second';
/** Tables the second thread fills. Of equal shape here and there and without indexes: SQLite copies rows unread. */
const SECOND_TABLES = ['messages', 'message_edits'] as const;

/** Makes the second thread's file and attaches it; it must be there before a transaction begins. */
export function attachSecondAside(db: Database, store: string): Disposable {
  using second = openBuilding(secondAsidePath(store));
  createTables(second);
  second.close();
  db.attach(secondAsidePath(store), SECOND);
  return {
    [Symbol.dispose]() {
      if (!db.isTransaction) db.detach(SECOND);
      rmSync(secondAsidePath(store), { force: true });
    },
  };
}

/** The second thread's own connection to its file. */
export function openSecondAside(file: string): Database {
  return openBuilding(file);
}

/** Appends what the second thread copied, once it has finished. */
export function takeSecondAside(db: Database): void {
  for (const table of SECOND_TABLES) db.exec(`INSERT INTO main.${table} SELECT * FROM ${SECOND}.${table}`);
}

const CONSTRAINT = 19;

/**
 * Builds the indexes. Only a damaged source repeats a guid; then `removeRepeated` is asked to take the later rows out
 * of the table the index is on, and the index is tried once more.
 */
export function finishAside(db: Database, removeRepeated: (table: string) => void): void {
  // The sorter takes as much memory as the cache may; sorting large tables from disk costs little more.
  db.exec(`PRAGMA cache_size = -${SORT_KIB}`);
  for (const statement of INDEXES) {
    try {
      db.exec(statement);
    } catch (error) {
      const table = / ON (\w+) /.exec(statement)?.[1];
      if (!(error instanceof SqliteError) || error.code !== CONSTRAINT || table === undefined) throw error;
      removeRepeated(table);
      db.exec(statement);
    }
  }
}

/**
 * Checks the file aside on fresh connections (four times faster than on the one that built it), moves it into the
 * store's place and syncs file and folder. Throws STORE_DAMAGED, leaving the old store, when the check fails.
 */
export function promoteAside(store: string): void {
  const aside = asidePath(store);
  checkAside(aside);
  retireOldLog(store);
  syncFile(aside);
  renameSync(aside, store);
  syncFolder(path.dirname(path.resolve(store)));
}

function checkAside(aside: string): void {
  using db = openWritable(aside);
  const check = db.value('PRAGMA quick_check(1)');
  const orphan = db.get('PRAGMA foreign_key_check');
  if (check !== 'ok' || orphan !== undefined) {
    throw new ChatStatsError(
      'STORE_DAMAGED',
      `the new store failed its check (${check}, ${orphan === undefined ? 'keys ok' : 'broken key'})`,
    );
  }
  db.exec('PRAGMA journal_mode = WAL');
}

/** A log that a killed process left beside the old store would be applied to the new file, and destroy it. */
function retireOldLog(store: string): void {
  if (existsSync(store)) {
    using old = openWritable(store);
    old.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    old.exec('PRAGMA journal_mode = DELETE');
  }
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${store}${suffix}`, { force: true });
}

function syncFile(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A rename is on disk once its folder is. Windows cannot open folders, and does not need to. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Carries over what outlives a build: settings, events with their numbering, and their readers. The old store holds no messages. */
export function carryOver(db: Database, store: string): void {
  if (!existsSync(store)) return;
  using old = openReadable(store);
  for (const [table, columns] of CARRIED) {
    const insert = `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    for (const row of old.iterate<Record<string, Value>>(`SELECT ${columns.join(', ')} FROM ${table}`)) {
      db.run(insert, ...columns.map((column) => row[column] ?? null));
    }
  }
  const last = old.value<number>(`SELECT seq FROM sqlite_sequence WHERE name = 'events'`);
  if (last !== null) {
    db.run(`DELETE FROM sqlite_sequence WHERE name = 'events'`);
    db.run(`INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)`, last);
  }
}

const CARRIED = [
  ['meta', ['key', 'value']],
  ['events', ['id', 'type', 'at', 'chat_id', 'data']],
  ['consumers', ['name', 'position', 'updated_at']],
] as const;
