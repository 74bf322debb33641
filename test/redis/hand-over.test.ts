import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/sqlite/index.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { faultsOf, jobsScene, openQueue } from './jobs-scene.ts';
import { eventually, RelayScene, streamed } from './relay-scene.ts';
import { type TestRedis, testRedis } from './server.ts';

const server: TestRedis = await testRedis();
const redis = await server.client();
beforeEach(async () => void (await redis.flushdb()));
afterAll(async () => await server[Symbol.asyncDispose]());

const SETTLE_MS = 10_000;
const TIMEOUT_MS = 240_000;

describe('from the outbox to Redis', () => {
  it.each(['there', 'back'] as const)(
    'cut off anywhere on the way %s, nothing is missing and nothing is twice',
    { timeout: TIMEOUT_MS },
    async (direction) => {
      using scene = new RelayScene();
      await using proxy = await CuttingProxy.to(server.url);
      scene.happen(10);
      await using relay = scene.relay(proxy.url);
      expect(await relay.settle(SETTLE_MS)).toBe(true);
      // Bytes that pass while events are sent: the more, the more of what is done between is cut at some time.
      const [most, growth] = direction === 'there' ? [9_000, 1.3] : [120, 1.06];
      for (let bytes = 1, step = 1; bytes < most; bytes += Math.floor(step), step *= growth) {
        const cuts = proxy.cuts;
        proxy.cutAfter(bytes, direction);
        scene.happen(300);
        relay.wake();
        // Where sending was over before, a look at the stream is cut.
        await eventually('it is cut', () => proxy.cuts > cuts);
        await eventually('all has arrived', async () => (await redis.xlen('chatstats:events')) === scene.last);
        expect((await streamed(redis)).map(({ id }) => id)).toEqual(scene.events.map(({ id }) => id));
      }
      expect(proxy.cuts, 'a test that cuts nothing shows nothing').toBeGreaterThan(8);
      expect(await relay.settle(SETTLE_MS)).toBe(true);
      expect(await streamed(redis)).toEqual(scene.events);
    },
  );
});

describe('from a target to a job, and from a result to the store', () => {
  it.each(['there', 'back'] as const)(
    'cut off anywhere on the way %s, each result is written once',
    { timeout: TIMEOUT_MS },
    async (direction) => {
      await using proxy = await CuttingProxy.to(server.url);
      await using scene = await jobsScene(proxy.url, { messages: 1_200 });
      await using far = openQueue(proxy.url, 300);
      await scene.begin();
      let round = 0;
      let bytes = 1;
      await scene.settleAll(async () => {
        // Between two cuts there is time to come to where the next one is.
        round += 1;
        bytes = Math.ceil(bytes * 1.17) % 20_000;
        proxy.cutAfter(round % 2 === 0 ? bytes : Number.POSITIVE_INFINITY, direction);
        for (const job of await far.lease(3)) {
          const outcome = await scene.driver.runs.run(job, new AbortController().signal);
          if (outcome !== null && 'result' in outcome) await far.complete(job, outcome.result);
        }
      });
      proxy.cutAfter(Number.POSITIVE_INFINITY, direction);
      expect(faultsOf(scene)).toEqual([]);
      expect(proxy.cuts).toBeGreaterThan(8);
    },
  );

  it('the power cut before any statement of the store, each result is written once', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using scene = await jobsScene(server.url, { messages: 1_200 });
    await using far = openQueue(server.url, 1_500);
    await scene.begin();
    const { driver } = scene;
    let left = 1;
    let cuts = 0;
    const gate = () => {
      left -= 1;
      if (left === 0) throw new Error('the power is cut');
    };
    // The same steps as ever, each time cut off a statement later.
    const step = async (work: () => Promise<unknown>, before: number) => {
      left = before;
      Database.watch(gate);
      try {
        await work();
      } catch {
        cuts += 1;
      } finally {
        Database.watch(null);
      }
    };
    let before = 0;
    await scene.settleAll(async () => {
      before += 1;
      await step(() => driver.analysis.fill(), before % 60);
      for (const job of await far.lease(1)) {
        const outcome = await driver.runs.run(job, new AbortController().signal);
        if (outcome !== null && 'result' in outcome) await far.complete(job, outcome.result);
      }
      await step(() => driver.analysis.settle(), before % 40);
    });
    expect(faultsOf(scene)).toEqual([]);
    expect(cuts).toBeGreaterThan(20);
  });
});
