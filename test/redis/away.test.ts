import { describe, expect, it } from 'vitest';
import { pause } from '../../src/kernel/index.ts';
import { eventually, RelayScene, streamed } from './relay-scene.ts';
import { ownRedis } from './server.ts';

const SETTLE_MS = 15_000;

describe('Redis away', () => {
  it('is waited for, and then gets everything', async () => {
    await using server = await ownRedis();
    await server.kill();
    using scene = new RelayScene();
    scene.happen(30);
    await using relay = scene.relay(server.url);
    await eventually('it is told', () => scene.problems.some(({ code }) => code === 'REDIS_UNAVAILABLE'));
    expect(scene.problems[0]?.text).toMatch(/^Redis at 127\.0\.0\.1:\d+ cannot be used \(ECONNREFUSED\)/);
    expect((await relay.figures()).isConnected).toBe(false);
    await server.restart();
    expect(await relay.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(await server.client())).toEqual(scene.events);
  });

  it('killed in the middle of sending, again and again, and empty each time, misses nothing in the end', async () => {
    await using server = await ownRedis();
    using scene = new RelayScene();
    scene.happen(20_000);
    await using relay = scene.relay(server.url);
    for (let round = 0; round < 5; round += 1) {
      await pause(40 + round * 37);
      await server.kill();
      scene.happen(500);
      await server.restart();
    }
    expect(await relay.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(await server.client())).toEqual(scene.events);
  });

  it('emptied in the middle of sending, again and again, misses nothing in the end', async () => {
    await using server = await ownRedis();
    const redis = await server.client();
    using scene = new RelayScene();
    scene.happen(20_000);
    await using relay = scene.relay(server.url);
    for (let round = 0; round < 12; round += 1) {
      await pause(30);
      await redis.flushall();
      scene.happen(50);
      relay.wake();
    }
    await eventually('all is there', async () => (await redis.xlen('chatstats:events')) === scene.last);
    expect(await streamed(redis)).toEqual(scene.events);
  });

  it('hanging does not hold up a stop', async () => {
    await using server = await ownRedis();
    using scene = new RelayScene();
    scene.happen(5);
    const relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    server.freeze();
    scene.happen(5_000);
    relay.wake();
    await pause(50);
    const startedAt = performance.now();
    await relay[Symbol.asyncDispose]();
    const tookMs = performance.now() - startedAt;
    server.resume();
    // A bound of the promise, not a measurement.
    expect(tookMs).toBeLessThan(5_000);
    await using again = scene.relay(server.url);
    expect(await again.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(await server.client())).toEqual(scene.events);
  });

  it('refusing the password says so, without the password', async () => {
    await using server = await ownRedis();
    await (await server.client()).config('SET', 'requirepass', 'right');
    using scene = new RelayScene();
    scene.happen(1);
    await using _relay = scene.relay(server.url.replace('redis://', 'redis://:wrong-secret@'));
    await eventually('it is told', () => scene.problems.length > 0);
    expect(scene.problems[0]?.text).toContain('(WRONGPASS)');
    expect(scene.problems[0]?.text).not.toContain('wrong-secret');
  });

  it('running out of memory is told, and gone when there is room again', async () => {
    await using server = await ownRedis();
    const redis = await server.client();
    using scene = new RelayScene();
    scene.happen(10);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await redis.config('SET', 'maxmemory', '1');
    scene.happen(300);
    relay.wake();
    await eventually('it is told', () => scene.problems.some(({ text }) => text.includes('OOM')));
    await redis.config('SET', 'maxmemory', '0');
    expect(await relay.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(redis)).toEqual(scene.events);
  });

  it('that may drop keys to make room is warned of', async () => {
    await using server = await ownRedis(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    using scene = new RelayScene();
    scene.happen(1);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    expect(scene.problems).toMatchObject([{ code: 'REDIS_MAY_EVICT' }]);
  });
});
