import { expect } from 'vitest';
import type { StoredEvent } from '../../src/model/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import type { Followed } from './followed.ts';

export const types = (events: readonly StoredEvent[]) => events.map((event) => event.type);
export const only = <T extends StoredEvent['type']>(events: readonly StoredEvent[], type: T) =>
  events.filter((event): event is Extract<StoredEvent, { type: T }> => event.type === type);

/** A second look finds nothing, and a fresh import says the same. */
export async function agrees(store: Followed): Promise<void> {
  // What has been read once needs no second look.
  const before = store.follower.rowsRead;
  store.sweep();
  expect(store.follower.rowsRead - before, 'rows that are read again though they are as they were').toBe(0);
  const report = await verifySource({
    ...{ store: store.store, addressBook: null, region: null, locale: null, clock: store.clock, onProgress: () => {} },
    source: { path: store.source, sealed: false },
    signal: new AbortController().signal,
  });
  expect(report.differences).toEqual([]);
}
