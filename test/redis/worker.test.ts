import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStoreForReading } from '../../src/store/index.ts';
import { Workplace } from '../cli/chatstats.ts';
import { scene } from '../cli/sync-scene.ts';
import { eventually } from './relay-scene.ts';
import { ownRedis } from './server.ts';
import { WorkerProcess } from './worker-process.ts';

const TIMEOUT_MS = 120_000;
/** A stop takes five seconds at most. */
const STOP_MS = 5_000;
const SECRET = 'a-password-that-is-told-to-nobody';
const BACKFILL = ['analysis', 'backfill', 'conversation-stats'];

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

function resultsOf(store: string): Record<string, unknown>[] {
  using db = openStoreForReading(store);
  return db.all(`SELECT conversation_id, pass, kind, version, fingerprint, result FROM analysis_results
                 WHERE kind = 'batch' ORDER BY conversation_id`);
}

describe('chatstats worker', () => {
  it('does what sync asks for, on a machine without a store, and finds what sync finds by itself', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using server = await ownRedis();
    await using far = scene(place, 'far', { messages: 600 });
    await using near = scene(place, 'near', { messages: 600 });
    await far.sync('--redis-url', server.url, '--jobs-here', 'off').live();
    await near.sync().live();
    await using one = new WorkerProcess(server.url);
    await using two = new WorkerProcess(server.url, '--concurrency', '2');
    for (const { run } of [far, near]) expect(await run(...BACKFILL)).toMatchObject({ status: 0 });
    expect(resultsOf(far.store).length).toBeGreaterThan(20);
    expect(resultsOf(far.store).map(({ result }) => result)).toEqual(resultsOf(near.store).map(({ result }) => result));
    let done = 0;
    for (const worker of [one, two]) {
      const { status, ms } = await worker.stop();
      expect([status, worker.stderr.includes(server.url)]).toEqual([0, false]);
      expect(ms).toBeLessThan(STOP_MS);
      done += (JSON.parse(worker.stdout) as { done: number }).done;
    }
    expect(done).toBeGreaterThanOrEqual(resultsOf(far.store).length);
  });

  it('lets sync do the work as well, where there is no worker', { timeout: TIMEOUT_MS }, async () => {
    await using server = await ownRedis();
    await using s = scene(place, 'alone', { messages: 400 });
    await s.sync('--redis-url', server.url).live();
    expect(await s.run(...BACKFILL)).toMatchObject({ status: 0 });
    expect(resultsOf(s.store).length).toBeGreaterThan(10);
  });

  it('waits for a Redis that is away, says so without its password, and stops at once', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using server = await ownRedis();
    await server.kill();
    await using worker = new WorkerProcess(server.url.replace('redis://', `redis://:${SECRET}@`));
    await eventually('it is told', () => worker.stderr.includes('(REDIS_UNAVAILABLE)'));
    expect(worker.stderr).not.toContain(SECRET);
    const { status, ms } = await worker.stop('SIGINT');
    expect(status).toBe(0);
    expect(ms).toBeLessThan(STOP_MS);
  });

  it('wants to know where Redis is', async () => {
    const { status, stderr } = await place.run(['worker']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('--redis-url')]);
  });
});
