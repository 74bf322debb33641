import { afterAll } from 'vitest';
import { BullQueue } from '../../src/jobs/index.ts';
import { pause, systemClock } from '../../src/kernel/index.ts';
import { Random } from '../../src/simulator/index.ts';
import { jobQueueContract, QUEUE_OPTIONS } from '../contract/jobs.ts';
import { testRedis } from './server.ts';

const server = await testRedis();
afterAll(async () => await server[Symbol.asyncDispose]());
const redis = await server.client();

jobQueueContract('BullMQ on Redis', async () => {
  await redis.flushdb();
  const random = new Random(5);
  return {
    async open(options = {}) {
      const { url } = server;
      return new BullQueue({ ...QUEUE_OPTIONS, ...options, url, clock: systemClock, random: () => random.unit() });
    },
    pass: async (ms) => await pause(ms),
    lose: async () => void (await redis.flushdb()),
    async [Symbol.asyncDispose]() {},
  };
});
