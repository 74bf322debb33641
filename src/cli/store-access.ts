import { existsSync } from 'node:fs';
import path from 'node:path';
import { handOver, type LiveStatus } from '../engine/index.ts';
import { ChatStatsError } from '../kernel/index.ts';
import { openStoreForReading } from '../store/index.ts';

export type StoreReader = ReturnType<typeof openStoreForReading>;

/** Primary result codes of SQLite (sqlite.org/rescode.html) that a reader of the store can meet. */
const REFUSED = [3, 8, 14, 23];
const BUSY = [5, 6];
const DAMAGED = [10, 11, 26];

/** Lets `work` read the store, and says in the catalogue's words what was wrong with it. */
export async function withStore<T>(file: string, work: (db: StoreReader) => T | Promise<T>): Promise<T> {
  try {
    using db = openStoreForReading(file);
    return await work(db);
  } catch (error) {
    throw explained(error, file);
  }
}

/** What the process says that owns the store; null when there is none, or it does not answer. */
export async function liveStatus(file: string): Promise<LiveStatus | null> {
  if (!existsSync(path.dirname(path.resolve(file)))) return null;
  try {
    return await handOver(file, 'liveStatus', {});
  } catch (error) {
    // Nobody listens, or nobody does any more.
    if (error instanceof ChatStatsError) return null;
    throw error;
  }
}

function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof ChatStatsError) return error;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  const result = typeof errcode === 'number' ? errcode & 0xff : code;
  if (typeof result !== 'number') return error;
  const cause = { cause: error };
  if (REFUSED.includes(result)) return new ChatStatsError('STORE_NO_PERMISSION', `cannot open ${file}`, cause);
  if (BUSY.includes(result)) return new ChatStatsError('STORE_OWNED', `another process keeps ${file} locked`, cause);
  if (DAMAGED.includes(result)) return new ChatStatsError('STORE_DAMAGED', `${file} is damaged`, cause);
  return error;
}
