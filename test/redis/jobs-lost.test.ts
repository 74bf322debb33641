import { afterEach, describe, expect, it } from 'vitest';
import { AnalysisLoop } from '../../src/analysis/index.ts';
import { fixedClock, systemRandom } from '../../src/kernel/index.ts';
import { NOW_MS } from '../support/fixture.ts';
import { faultsOf, type JobsScene, jobsScene, openQueue } from './jobs-scene.ts';
import { eventually } from './relay-scene.ts';
import { type OwnRedis, ownRedis } from './server.ts';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 120_000;

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** What the engine does beside a queue whose jobs others take. Its clock stands still: nothing is due because time has passed. */
async function looped(scene: JobsScene, pausedUntilMs: number | null) {
  const stopping = new AbortController();
  const clock = fixedClock(NOW_MS);
  const loop = new AnalysisLoop({
    ...{ analysis: scene.driver.analysis, queue: scene.queue, clock, random: systemRandom, pausedUntilMs },
    desk: scene.driver.runs,
    takesJobs: false,
    onProblem: () => undefined,
  });
  const running = loop.run(stopping.signal);
  return {
    clock,
    loop,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

async function begun(pausedUntilMs: number | null = null) {
  const server = await ownRedis();
  closing.push(server);
  const scene = await jobsScene(server.url, { messages: 600 });
  closing.push(scene);
  await scene.begin();
  const loop = await looped(scene, pausedUntilMs);
  closing.push(loop);
  return { server, scene, ...loop };
}

const waiting = async ({ queue }: JobsScene) => (await queue.counts().catch(() => null))?.batch.waiting ?? 0;

async function isPaused(server: OwnRedis): Promise<boolean> {
  const redis = await server.client();
  const kept = await Promise.all(
    ['live', 'batch'].map((kind) => redis.hexists(`bull:chatstats-analysis-${kind}:meta`, 'paused')),
  );
  return kept.every((count) => count === 1);
}

const losses: readonly [what: string, lose: (server: OwnRedis) => Promise<unknown>][] = [
  ['emptied', async (server) => (await server.client()).flushall()],
  ['killed and started again', (server) => server.restart()],
];

describe('a Redis that was', () => {
  it.each(losses)(
    '%s has all its jobs again at once, and each is done once',
    { timeout: TIMEOUT_MS },
    async (_, lose) => {
      const { server, scene } = await begun();
      const all = Math.min(scene.conversations, 256);
      await eventually('all are queued', async () => (await waiting(scene)) === all);
      await lose(server);
      await eventually('all are queued again', async () => (await waiting(scene)) === all);
      await using taker = openQueue(server.url);
      await eventually('all are done', async () => {
        for (const job of await taker.lease(8)) await scene.driver.work(job);
        return faultsOf(scene).length === 0;
      });
    },
  );

  it.each(losses)(
    '%s is paused again where it was paused, and goes on when that is over',
    { timeout: TIMEOUT_MS },
    async (_, lose) => {
      const { server, scene, clock, loop } = await begun(NOW_MS + HOUR_MS);
      await eventually('it is paused', () => isPaused(server));
      await lose(server);
      await eventually('it is paused again', () => isPaused(server));
      expect(await waiting(scene)).toBe(0);
      clock.advance(HOUR_MS);
      loop.wake();
      await eventually('it goes on', async () => !(await isPaused(server)) && (await waiting(scene)) > 0);
    },
  );

  it('there all the time is not taken for another', async () => {
    const { server, scene } = await begun();
    const standing = await scene.queue.standing();
    await using other = openQueue(server.url);
    expect(await other.standing()).toBe(standing);
    await other.pause();
    await other.resume();
    expect(await scene.queue.standing()).toBe(standing);
  });
});
