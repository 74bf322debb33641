import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError, ERRORS } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForReading } from '../store/index.ts';
import { type Finding, failed, megabytes, ok, skipped, warning } from './check.ts';
import { storeFailure } from './explain.ts';

/** The store, opened for reading; or why it is not. */
export type StoreView = { file: string; db: Database | null; problem: unknown; [Symbol.dispose](): void };

export const NO_STORE = 'there is no store that could be looked at';

export function viewStore(file: string): StoreView {
  const view = (db: Database | null, problem: unknown) => ({ file, db, problem, [Symbol.dispose]: () => db?.close() });
  try {
    const db = openStoreForReading(file);
    try {
      // The header alone was read so far; a file that was cut short shows it when its first table is asked for.
      db.value('SELECT count(*) FROM sqlite_master');
      return view(db, null);
    } catch (error) {
      db.close();
      return view(null, error);
    }
  } catch (error) {
    return view(null, error);
  }
}

export function storeFile({ file, db, problem }: StoreView): Finding {
  if (db !== null) {
    const bytes = sizeOf(file) + sizeOf(`${file}-wal`);
    return ok(`${file} (${megabytes(bytes)}, schema ${Number(db.value('PRAGMA user_version'))})`);
  }
  if (problem instanceof ChatStatsError && problem.code === 'STORE_NOT_FOUND') {
    return warning(problem.message, 'The first import makes it: chatstats up, or chatstats import.');
  }
  return storeFailure(problem, file);
}

/** The store holds everything in the clear, so nobody else may read it, nor what SQLite keeps beside it. */
export function permissions(file: string, platform: NodeJS.Platform): Finding {
  if (!isThere(file)) return skipped(NO_STORE);
  if (platform === 'win32') return skipped('on Windows the folder says who may read it');
  const files = ['', '-wal', '-shm'].map((suffix) => `${file}${suffix}`).filter(isThere);
  const open = files.filter((name) => (statSync(name).mode & 0o077) !== 0);
  if (open.length > 0) {
    const modes = open.map((name) => `${path.basename(name)} (${(statSync(name).mode & 0o777).toString(8)})`);
    return failed(
      `other users of this machine are let in by ${modes.join(', ')}`,
      `chmod 600 ${open.map((name) => `'${name.replaceAll("'", "'\\''")}'`).join(' ')}`,
    );
  }
  if (!mayWrite(file)) {
    return warning(
      'nobody else may read it, but this user may not write to it',
      'Run import, sync and up as the user whose store it is.',
    );
  }
  return ok('only its owner may read and write it (0600)');
}

/** An import that is built aside needs about as much again as the store, or as its source, before it takes its place. */
export function diskRoom(file: string, sourceBytes: number): Finding {
  const folder = nearestFolder(path.dirname(path.resolve(file)));
  if (folder === null) return skipped('its folder cannot be looked at');
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const wanted = Math.max(sizeOf(file) + sizeOf(`${file}-wal`), sourceBytes, LEAST_ROOM_BYTES);
  const found = `${megabytes(free)} free; an import may take ${megabytes(wanted)} beside the store`;
  if (free >= wanted) return ok(found);
  const remedy = 'Free some space, or keep the store elsewhere with --db FILE.';
  return free < LEAST_ROOM_BYTES ? failed(found, remedy) : warning(found, remedy);
}

/** With less than this free, in bytes, live sync itself may be in want of room. */
const LEAST_ROOM_BYTES = 64 * 1024 * 1024;

/** A store is checked table by table; one that is larger than this, in bytes, would take minutes. */
export const MOST_BYTES_CHECKED = 4_000_000_000;

/**
 * Every page and every row, table by table, so that the caller's event loop turns in between. The driver cannot
 * interrupt a statement; the largest table takes about a second for a million messages.
 */
export async function integrity({ db, file }: StoreView, breathe: () => Promise<void>): Promise<Finding> {
  if (db === null) return skipped(NO_STORE);
  let problems = 0;
  const tables: string[] = [];
  for (const { name } of realTables(db)) {
    // It stops at 100 by itself; what is wrong may be told in words that quote nothing.
    const rows = db.all<{ quick_check: string }>(`PRAGMA quick_check('${name}')`);
    const wrong = rows.filter(({ quick_check: said }) => said !== 'ok').length;
    problems += wrong;
    if (wrong > 0) tables.push(name);
    await breathe();
  }
  if (problems === 0) return ok('SQLite has found no fault in it');
  return failed(`SQLite has found faults in ${tables.join(', ')} of ${file}`, ERRORS.STORE_DAMAGED.hint);
}

/** Rows that point at others which are not there, and conversations that nobody says anything in. */
export async function references({ db }: StoreView, breathe: () => Promise<void>): Promise<Finding> {
  if (db === null) return skipped(NO_STORE);
  const orphans: string[] = [];
  for (const { name } of realTables(db)) {
    const rows = db.all(`SELECT 1 FROM pragma_foreign_key_check(?) LIMIT ${MOST_ORPHANS}`, name).length;
    if (rows > 0) orphans.push(`${name} (${rows === MOST_ORPHANS ? 'many' : rows})`);
    await breathe();
  }
  const empty = Number(
    db.value(
      `SELECT count(*) FROM conversations c
       WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id)`,
    ),
  );
  if (empty > 0) orphans.push(`conversations without messages (${empty})`);
  if (orphans.length === 0) return ok('none: every row points at rows that are there');
  return failed(
    `rows without what they belong to: ${orphans.join(', ')}`,
    'Run "chatstats import"; if they stay, please report it. "chatstats verify" shows whether a message is missing.',
  );
}

const MOST_ORPHANS = 1_000;

/** Tables with rows of their own: not the search index itself, whose rows are in tables beside it. */
function realTables(db: Database): { name: string }[] {
  return db.all<{ name: string }>(
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
  );
}

function nearestFolder(folder: string): string | null {
  if (existsSync(folder)) return folder;
  const above = path.dirname(folder);
  return above === folder ? null : nearestFolder(above);
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function mayWrite(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
