import { DEFAULT_GAP_MS } from '../conversations/index.ts';
import type { Clock } from '../kernel/index.ts';
import { openEntries, type QuarantineEntry } from '../load/index.ts';
import { mirrorsDeletes, openStoreForReading, storedGapMs } from '../store/index.ts';
import { Follower } from './follower.ts';
import { LiveSource } from './live-source.ts';

/** Rows that are read again in one transaction. */
const RETRY_ROWS = 500;

export type RetryResult = { retried: number; resolved: number; position: number | null };

/**
 * Reads rows that are in quarantine again, from where they came. `following`: whoever follows a source already is asked,
 * for it has the source open; others are opened for the purpose. Throws what keeps a source from being opened.
 */
export function retryQuarantine(
  store: string,
  ids: readonly number[] | 'all',
  clock: Clock,
  following: Follower | null,
): RetryResult {
  const entries = readEntries(store, ids);
  const result: RetryResult = { retried: entries.length, resolved: 0, position: null };
  for (const sourceId of new Set(entries.map((entry) => entry.sourceId))) {
    const rowids = entries.filter((entry) => entry.sourceId === sourceId).map((entry) => entry.rowid);
    if (following?.sourceId === sourceId) {
      result.position = retry(following, rowids) ?? result.position;
      continue;
    }
    using source = openSource(store, sourceId);
    const follower = new Follower(source, { ...settings(store), clock });
    follower.load();
    result.position = retry(follower, rowids) ?? result.position;
  }
  const open = new Set(readEntries(store, 'all').map((entry) => entry.id));
  result.resolved = entries.filter((entry) => !open.has(entry.id)).length;
  return result;
}

function retry(follower: Follower, rowids: readonly number[]): number | null {
  let position: number | null = null;
  for (let at = 0; at < rowids.length; at += RETRY_ROWS) {
    const result = follower.retry(rowids.slice(at, at + RETRY_ROWS));
    if (result.kind === 'done') position = result.position ?? position;
  }
  return position;
}

function readEntries(store: string, ids: readonly number[] | 'all'): QuarantineEntry[] {
  using db = openStoreForReading(store);
  return openEntries(db, ids);
}

function settings(store: string): { gapMs: number; mirrorDeletes: boolean } {
  using db = openStoreForReading(store);
  return { gapMs: storedGapMs(db) ?? DEFAULT_GAP_MS, mirrorDeletes: mirrorsDeletes(db) };
}

function openSource(store: string, sourceId: number): LiveSource {
  using db = openStoreForReading(store);
  const path = db.value<string>('SELECT path FROM sources WHERE id = ?', sourceId) ?? '';
  return new LiveSource({
    store,
    source: { path, sealed: false },
    sourceId,
    people: { addressBook: null, region: null, locale: null },
    mirrorDeletes: mirrorsDeletes(db),
  });
}
