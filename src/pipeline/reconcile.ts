import { setReconciling } from '../load/index.ts';
import { appendEvents, lastEventId } from '../outbox/index.ts';
import type { MessagesSchema } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForReading, openStoreForWriting, reconcilingReason } from '../store/index.ts';
import { type Anchor, sharesHistory } from './continuity.ts';
import type { FollowOptions } from './follow-options.ts';
import { mergeImport } from './merge-import.ts';
import { Stopwatch } from './stopwatch.ts';

/** Why a source was being reconciled when that was cut off: it is begun anew. */
export function pendingReason(store: string): string | null {
  using db = openStoreForReading(store);
  return reconcilingReason(db);
}

export type ReconcileOptions = Pick<
  FollowOptions,
  'store' | 'source' | 'addressBook' | 'region' | 'locale' | 'clock' | 'signal' | 'onImportProgress'
> & { gapMs: number; recordedPath: string };

export type Restart = {
  sourceId: number;
  reason: string;
  anchors: readonly Anchor[];
  schema: MessagesSchema;
  db: Database;
  close(): void;
};

/**
 * Matches a replaced file with what we hold, by guid, never by row id. One that shares messages with it is the same
 * source, whatever its numbers: what it lacks is marked as deleted, as a sweep would, and every change is told. One that shares none is another
 * history at the same place: it is a source of its own, and nothing of the old one is touched.
 */
export async function reconcile(options: ReconcileOptions, restart: Restart): Promise<void> {
  const { sourceId, reason } = restart;
  const isSuccessor = sharesHistory(restart.db, restart.schema, restart.anchors);
  restart.close();
  {
    using db = openStoreForWriting(options.store);
    db.transaction(() => {
      setReconciling(db, reason);
      appendEvents(db, options.clock.now(), [{ type: 'source_restarted', chatId: null, data: { sourceId, reason } }]);
    });
  }
  const { store, source, recordedPath, addressBook, region, locale, gapMs, clock, signal, onImportProgress } = options;
  const reading = {
    store,
    source,
    recordedPath,
    addressBook,
    region,
    locale,
    gapMs,
    clock,
    signal,
    onProgress: onImportProgress,
  };
  // Of a source that goes on, what is found is told like whatever is caught up on; another history is imported.
  const known = isSuccessor ? { asSource: sourceId, tells: true } : {};
  const result = await mergeImport({ ...reading, ...known }, new Stopwatch(clock));
  if (result.renewed) await mergeImport({ ...reading, ...known }, new Stopwatch(clock));
  using db = openStoreForWriting(store);
  db.transaction(() => setReconciling(db, null));
}

/** The id of the last event. */
export function lastEvent(store: string): number {
  using db = openStoreForReading(store);
  return lastEventId(db);
}
