import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
import { openWritable, SqliteError } from '../sqlite/index.ts';
import { explainStoreError } from './explain.ts';

const BUSY = 5;

/**
 * Makes this process the owner of a store: the only one that may write to it. The lock is a lock of SQLite on a small
 * file beside the store, so the operating system lets go of it however the process ends. Throws STORE_OWNED.
 */
export function ownStore(store: string): Disposable {
  createFolder(store);
  const lock = openLock(store);
  try {
    lock.exec('PRAGMA busy_timeout = 0');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof SqliteError && error.code === BUSY) {
      throw new ChatStatsError('STORE_OWNED', `another process is writing to ${store}`, { cause: error });
    }
    throw explainStoreError(error, store) ?? error;
  }
  return {
    [Symbol.dispose]() {
      lock.close();
    },
  };
}

function openLock(store: string) {
  try {
    return openWritable(`${store}-owner`);
  } catch (error) {
    throw (
      explainStoreError(error, store) ??
      new ChatStatsError('STORE_NO_PERMISSION', `cannot create files beside ${store}`, { cause: error })
    );
  }
}

/** The folder of a store is made private when we make it; one that exists already is the user's own affair. */
function createFolder(store: string): void {
  const folder = path.dirname(path.resolve(store));
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) chmodSync(folder, 0o700);
  } catch (error) {
    throw new ChatStatsError('STORE_NO_PERMISSION', `cannot create the folder ${folder}`, { cause: error });
  }
}
