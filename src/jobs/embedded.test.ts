import { jobQueueContract, QUEUE_OPTIONS } from '../../test/contract/jobs.ts';
import { fixedClock } from '../kernel/index.ts';
import { openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';
import { EmbeddedQueue } from './index.ts';

jobQueueContract('rows of the store', async () => {
  const db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  const clock = fixedClock(1_000_000);
  let seed = 0;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  return {
    async open(options = {}) {
      return new EmbeddedQueue({ ...QUEUE_OPTIONS, ...options, clock, random, inTurn: async (task) => task(db) });
    },
    async pass(ms) {
      clock.advance(ms);
    },
    async lose() {
      db.exec('DELETE FROM jobs');
    },
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
});
