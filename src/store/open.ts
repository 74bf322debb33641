import { statSync } from 'node:fs';
import { ChatStatsError } from '../kernel/index.ts';
import { type Database, openReadable, openWritable, SqliteError } from '../sqlite/index.ts';
import { APPLICATION_ID, SCHEMA_VERSION, TABLES } from './schema.sql.ts';

/** Makes the tables (not the indexes) of an empty store. */
export function createTables(db: Database): void {
  for (const statement of TABLES) db.exec(statement);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** True when there is a store with at least one message, so that nothing may be built in its place. */
export function storeHoldsMessages(file: string): boolean {
  if (!isThere(file)) return false;
  using db = checked(openReadable(file), file);
  return db.value('SELECT 1 FROM messages LIMIT 1') !== null;
}

/** True when nothing of a store at this place would be lost if it were built anew from a source: it is not there, or holds no other. */
export function mayBeBuiltAnew(file: string, source: string): boolean {
  if (!isThere(file)) return true;
  using db = checked(openReadable(file), file);
  const kept = 'SELECT 1 FROM messages UNION ALL SELECT 1 FROM sources WHERE path <> ? LIMIT 1';
  return db.value(kept, source) === null;
}

/** Memory for pages, in KiB: of an import the large indexes fit in; whoever follows needs a few pages of each. */
const CACHE_KIB = 65_536;
export const SMALL_CACHE_KIB = 16_384;

/** Opens the store for its owner, who is the only writer. */
export function openStoreForWriting(file: string, cacheKib = CACHE_KIB): Database {
  const db = checked(openWritable(file), file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
  db.exec(`PRAGMA cache_size = -${cacheKib}`);
  return db;
}

/** Opens the store for reading: any number of processes may, at any time. Throws STORE_NOT_FOUND. */
export function openStoreForReading(file: string): Database {
  if (!isThere(file)) throw new ChatStatsError('STORE_NOT_FOUND', `there is no store at ${file}`);
  return checked(openReadable(file), file);
}

/** Whether there is a file. Throws STORE_NO_PERMISSION where we may not even look. */
function isThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return false;
    throw new ChatStatsError('STORE_NO_PERMISSION', `cannot look at ${file}`, { cause: error });
  }
}

/** What SQLite says of a file that it did not write (sqlite.org/rescode.html). */
const NOT_A_DATABASE = 26;

function checked(db: Database, file: string): Database {
  try {
    const application = Number(db.value('PRAGMA application_id'));
    const version = Number(db.value('PRAGMA user_version'));
    if (application !== APPLICATION_ID) throw new ChatStatsError('STORE_NOT_OURS', `${file} is not a ChatStats store`);
    if (version > SCHEMA_VERSION) {
      throw new ChatStatsError('STORE_NEWER', `${file} has schema ${version}, this program knows ${SCHEMA_VERSION}`);
    }
    if (version < SCHEMA_VERSION) {
      throw new ChatStatsError('STORE_OLDER', `${file} has schema ${version}, this program knows ${SCHEMA_VERSION}`);
    }
    return db;
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && error.code === NOT_A_DATABASE) {
      throw new ChatStatsError('STORE_NOT_OURS', `${file} is not a ChatStats store`, { cause: error });
    }
    throw error;
  }
}
