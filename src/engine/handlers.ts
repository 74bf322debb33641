import { systemClock } from '../kernel/index.ts';
import { importIntoOwnedStore } from '../pipeline/index.ts';
import { openStoreForReading } from '../store/index.ts';
import type { Handlers } from './host.ts';

/** What the engine does, call by call. Each line names the lane in which it waits for its turn. */
export const handlers: Handlers = {
  import: {
    lane: 'upkeep',
    async run(args, { store, signal, progress, notify }) {
      const summary = await importIntoOwnedStore({ ...args, store, clock: systemClock, signal, onProgress: progress });
      notify('committed', { position: lastEvent(store) });
      return summary;
    },
  },
};

function lastEvent(store: string): number {
  using db = openStoreForReading(store);
  return db.value<number>('SELECT coalesce(max(id), 0) FROM events') ?? 0;
}
