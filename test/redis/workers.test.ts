import { describe, expect, it } from 'vitest';
import { pause } from '../../src/kernel/index.ts';
import { effort } from '../support/effort.ts';
import { everythingIn } from './everything.ts';
import { faultsOf, jobsScene, Workers } from './jobs-scene.ts';
import { ownRedis } from './server.ts';

/** Messages of the history whose conversations are analysed; 80,000 make 5,700. */
const MESSAGES = effort(700, 80_000);
const TIMEOUT_MS = 240_000 + MESSAGES * 5;
const KILL_EVERY_MS = 1_000;
const PASS_MS = 60;

describe('workers that are killed', () => {
  it.each([2, 8])(
    '%i of them, one each second: each conversation has its result, once',
    { timeout: TIMEOUT_MS },
    async (count) => {
      await using server = await ownRedis();
      await using scene = await jobsScene(server.url, { messages: MESSAGES });
      await scene.begin();
      await using workers = new Workers(server.url, count, { passMs: PASS_MS * count });
      let killedAt = performance.now();
      await scene.settleAll(async () => {
        if (performance.now() - killedAt < KILL_EVERY_MS) return;
        killedAt = performance.now();
        await workers.killOne();
      });
      expect(faultsOf(scene)).toEqual([]);
      expect(workers.kills, 'a test that kills nothing shows nothing').toBeGreaterThan(1);
      await nothingIsLeft(server, scene.queue);
    },
  );

  it('while Redis is emptied and killed: each conversation has its result, once', { timeout: TIMEOUT_MS }, async () => {
    await using server = await ownRedis();
    await using scene = await jobsScene(server.url, { messages: MESSAGES });
    await scene.begin();
    await using _workers = new Workers(server.url, 2, { passMs: PASS_MS * 4 });
    let round = 0;
    let lostAt = performance.now();
    await scene.settleAll(async () => {
      if (performance.now() - lostAt < KILL_EVERY_MS / 2 || round >= 6) return;
      lostAt = performance.now();
      round += 1;
      if (round % 2 === 0) await server.restart();
      else await (await server.client()).flushall();
    });
    expect(faultsOf(scene)).toEqual([]);
    expect(round).toBeGreaterThan(2);
    await nothingIsLeft(server, scene.queue);
  });
});

type Server = Awaited<ReturnType<typeof ownRedis>>;
type Queue = Awaited<ReturnType<typeof jobsScene>>['queue'];

/** All jobs are gone, and with them every word of the conversations. */
async function nothingIsLeft(server: Server, queue: Queue): Promise<void> {
  const nothing = { waiting: 0, delayed: 0, active: 0, finished: 0 };
  expect(await queue.counts()).toEqual({ live: nothing, batch: nothing });
  await pause(10);
  const redis = await server.client();
  for (const [key, held] of await everythingIn(redis)) {
    expect(key).not.toContain('batch_slow');
    expect(held, key).not.toContain('text');
  }
}
