import { lastEventId, readEvents, startOfKept } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { eventIdOf, tellsOf } from './entries.ts';
import { NO_ENTRY, type Seen } from './stream.ts';

/**
 * How a stream stands to a store:
 * - `empty`: nothing was ever in it, or all of it is lost; what is kept is sent from `from` on.
 * - `ours`: it has everything up to `from`; what comes after is sent. `missed` events are no longer kept by anybody.
 * - `foreign`: it tells of another store, or of a past that this store (restored from a copy, say) has not had.
 */
export type Standing =
  | { kind: 'empty'; from: number }
  | { kind: 'ours'; from: number; missed: number }
  | { kind: 'foreign' };

/**
 * Decides by what is in the stream, not by the cursor: a server that lost its newest entries, or all of them, has a last
 * id that tells; one that has more than the cursor says was sent to before a crash. `keeps`: how much an empty stream is
 * given of the past.
 */
export function standingOf(db: Database, storeId: string, seen: Seen, keeps: number): Standing {
  const newest = lastEventId(db);
  const kept = startOfKept(db);
  if (seen.last === NO_ENTRY) return { kind: 'empty', from: Math.max(kept, newest - keeps) };
  if (seen.store !== null && seen.store !== storeId) return { kind: 'foreign' };
  const last = eventIdOf(seen.last);
  if (last === null || last > newest) return { kind: 'foreign' };
  const proof = proofOf(db, seen);
  // The key that binds it may have been evicted alone: then only what it tells can say whose it is.
  if (proof === 'differs' || (seen.store === null && proof !== 'equal')) return { kind: 'foreign' };
  return { kind: 'ours', from: Math.max(last, kept), missed: Math.max(0, kept - last) };
}

/** Whether the newest entry tells of the event that this store has under its id. */
function proofOf(db: Database, { newest }: Seen): 'equal' | 'differs' | 'unknown' {
  if (newest === null) return 'unknown';
  const id = eventIdOf(newest.id);
  if (id === null) return 'differs';
  const [event] = readEvents(db, { after: id - 1, limit: 1 });
  if (event === undefined || event.id !== id) return 'unknown';
  return tellsOf(newest.words, event) ? 'equal' : 'differs';
}
