/**
 * A thread for the tests of both sides of the protocol. Its calls do what their arguments say, in the real host; none
 * touches a store.
 */
import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import { ChatStatsError, must, pause } from '../kernel/index.ts';
import { type Handlers, serve } from './host.ts';
import type { Calls } from './protocol.ts';

/** What a message of somebody's could look like in the text of a foreign error. */
const SECRET = 'dinner at eight';
/** Longer than any test waits. */
const LONG_MS = 600_000;

const order: string[] = [];

const handlers: Handlers = {
  seal: {
    lane: 'sealing',
    async run({ chat }, { signal, store, notify }) {
      order.push(`seal ${chat}`);
      if (chat === 'wait') await pause(LONG_MS, signal);
      if (signal.aborted) throw new ChatStatsError('CANCELLED', 'sealing was cancelled');
      if (chat === 'known') throw new ChatStatsError('DISK_FULL', `no room left for ${store}`, { hint: 'Buy a disk.' });
      if (chat === 'foreign') throw new RangeError(SECRET);
      if (chat === 'say') notify('committed', { position: 42 });
      return { sealed: chat.length };
    },
  },
  quarantineRetry: {
    lane: 'upkeep',
    async run(_args, { progress }) {
      order.push('retry');
      progress({ stage: 'people', done: 1, total: 2 });
      progress({ stage: 'messages', done: 2, total: 2 });
      return { retried: 1, resolved: 1 };
    },
  },
  quarantineDiscard: {
    lane: 'upkeep',
    async run({ ids }) {
      order.push('discard');
      return { discarded: ids.length };
    },
  },
  follow: {
    lane: null,
    async run(args, { background, stopping, lanes, notify }) {
      const { how } = args as unknown as { how: string };
      const begun = {} as Calls['follow']['result'];
      if (how === 'live') {
        await lanes.run('live', () => void order.push('live'));
        return begun;
      }
      if (how === 'forever') background(pause(LONG_MS, stopping).then(() => notify('state', { state: 'followed' })));
      if (how === 'fail later') background(Promise.reject(new TypeError(SECRET)));
      return begun;
    },
  },
  liveStatus: {
    lane: null,
    async run({ how }: Record<string, unknown>) {
      if (how === 'die') process.exit(7);
      if (how === 'throw') void Promise.reject(new TypeError(SECRET));
      if (how === 'spin') for (;;);
      if (how === 'throw' || how === 'ignore everything') await pause(LONG_MS);
      return { following: null, waiting: Object.fromEntries(order.map((what, at) => [what, at])) };
    },
  },
};

await serve(must(parentPort, 'this file is the entry of a worker thread'), handlers);
process.exit(0);
