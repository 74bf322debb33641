import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Redis } from '../../src/redis/index.ts';
import { eventually, RelayScene, streamed } from './relay-scene.ts';
import { type TestRedis, testRedis } from './server.ts';

const server: TestRedis = await testRedis();
const redis: Redis = await server.client();
beforeEach(async () => void (await redis.flushdb()));
afterAll(async () => await server[Symbol.asyncDispose]());

const SETTLE_MS = 10_000;

describe('the relay to Redis', () => {
  it('sends every event in order, under its own id, and writes its cursor down', async () => {
    using scene = new RelayScene();
    scene.happen(700);
    await using relay = scene.relay(server.url);
    expect(await relay.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(redis)).toEqual(scene.events);
    scene.happen(3);
    relay.wake();
    expect(await relay.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(redis)).toEqual(scene.events);
    await eventually('the cursor is written down', () => scene.cursor === scene.last);
    expect(await redis.get('chatstats:events:store')).toBe('store-a');
    expect(scene.problems).toEqual([]);
  });

  it('carries ids and no text, and fields that are always the same', async () => {
    using scene = new RelayScene();
    scene.happen(2);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    const [[id, words] = ['', []]] = await redis.xrange('chatstats:events', '-', '+', 'COUNT', 1);
    expect(id).toBe('1-0');
    expect(words.filter((_, at) => at % 2 === 0)).toEqual(['type', 'at', 'chatId', 'data']);
  });

  it('goes on where it was when it is started again, without a repeat', async () => {
    using scene = new RelayScene();
    scene.happen(10);
    {
      await using first = scene.relay(server.url);
      await first.settle(SETTLE_MS);
    }
    scene.happen(10);
    await using second = scene.relay(server.url);
    await second.settle(SETTLE_MS);
    expect(await streamed(redis)).toEqual(scene.events);
    expect(await redis.exists('chatstats:events:aside:1')).toBe(0);
  });

  it('believes the stream, not the cursor: ahead after a crash, or behind after a loss', async () => {
    using scene = new RelayScene();
    scene.happen(20);
    {
      await using first = scene.relay(server.url);
      await first.settle(SETTLE_MS);
    }
    for (const cursor of [0, 5, 20]) {
      scene.db.run('UPDATE consumers SET position = ?', cursor);
      scene.happen(1);
      await using again = scene.relay(server.url);
      await again.settle(SETTLE_MS);
      expect(await streamed(redis)).toEqual(scene.events);
    }
  });

  it('fills the stream again when Redis was emptied under its hands, before it sends anything newer', async () => {
    using scene = new RelayScene();
    scene.happen(50);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await redis.flushdb();
    scene.happen(5);
    relay.wake();
    await eventually('all are there again', async () => (await redis.xlen('chatstats:events')) === 55);
    expect(await streamed(redis)).toEqual(scene.events);
  });

  it('notices a loss also when nothing happens', async () => {
    using scene = new RelayScene();
    scene.happen(5);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await redis.del('chatstats:events');
    await eventually('all are there again', async () => (await redis.xlen('chatstats:events')) === 5);
  });

  it('recognises its stream by what it tells when the key that binds it is gone', async () => {
    using scene = new RelayScene();
    scene.happen(5);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await redis.del('chatstats:events:store');
    scene.happen(2);
    relay.wake();
    await eventually('it goes on', async () => (await redis.xlen('chatstats:events')) === 7);
    expect(await redis.get('chatstats:events:store')).toBe('store-a');
    expect(scene.problems).toEqual([]);
  });

  it('begins on a stream that a consumer has made, empty, before there was a relay', async () => {
    using scene = new RelayScene();
    await redis.xgroup('CREATE', 'chatstats:events', 'early', '0', 'MKSTREAM');
    scene.happen(4);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    const read = await redis.xreadgroup('GROUP', 'early', 'one', 'STREAMS', 'chatstats:events', '>');
    expect((read as [string, unknown[]][])[0]?.[1]).toHaveLength(4);
    expect(scene.problems).toEqual([]);
  });

  it('sets the stream of another store aside, whole, and says so', async () => {
    using other = new RelayScene();
    other.storeId = 'store-b';
    other.happen(30);
    {
      await using relay = other.relay(server.url);
      await relay.settle(SETTLE_MS);
    }
    using scene = new RelayScene();
    scene.happen(40);
    await using relay = scene.relay(server.url);
    expect(await relay.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(redis)).toEqual(scene.events);
    expect(await streamed(redis, 'chatstats:events:aside:1')).toEqual(other.events);
    expect(await redis.get('chatstats:events:aside:1:store')).toBe('store-b');
    expect(scene.problems).toMatchObject([{ code: 'REDIS_FOREIGN_STREAM' }]);
  });

  it('sets aside what this store tells otherwise by now, as one that was restored from a copy does', async () => {
    using scene = new RelayScene();
    scene.happen(10);
    using copy = new RelayScene(scene.store);
    scene.happen(10);
    {
      await using relay = scene.relay(server.url);
      await relay.settle(SETTLE_MS);
    }
    // The copy is behind the stream, and later has other events under the same ids.
    copy.happen(1, 7);
    {
      await using relay = copy.relay(server.url);
      await relay.settle(SETTLE_MS);
      expect(await streamed(redis)).toEqual(copy.events);
    }
    copy.happen(30, 7);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    expect(await streamed(redis)).toEqual(scene.events);
    expect(await streamed(redis, 'chatstats:events:aside:1')).toEqual(scene.events);
  });

  it('sets aside what nobody knows', async () => {
    using scene = new RelayScene();
    scene.happen(3);
    await redis.xadd('chatstats:events', '*', 'hello', 'world');
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    expect(await streamed(redis)).toEqual(scene.events);
    expect(await redis.xlen('chatstats:events:aside:1')).toBe(1);
  });

  it('gives up the name when another store takes it again and again', async () => {
    using scene = new RelayScene();
    scene.happen(3);
    await using _relay = scene.relay(server.url);
    for (let time = 0; time < 6; time += 1) {
      await eventually('it is sent or given up', async () => {
        return (await redis.get('chatstats:events:store')) === 'store-a' || scene.problems.length > 3;
      });
      await redis.set('chatstats:events:store', `intruder-${time}`);
      await redis.xadd('chatstats:events', `${99_999_999 + time}-0`, 'type', 'intruder');
    }
    await eventually('it is told', () => scene.problems.some(({ text }) => text.includes('keeps writing')));
    expect(await redis.exists('chatstats:events:aside:3')).toBe(1);
    expect(await redis.exists('chatstats:events:aside:4')).toBe(0);
  });

  it('is not doubled by two relays of one store', async () => {
    using scene = new RelayScene();
    scene.happen(2_000);
    await using one = scene.relay(server.url);
    await using two = scene.relay(server.url);
    for (let round = 0; round < 20; round += 1) {
      scene.happen(40);
      one.wake();
      two.wake();
      await redis.ping();
    }
    expect(await one.settle(SETTLE_MS)).toBe(true);
    expect(await two.settle(SETTLE_MS)).toBe(true);
    expect(await streamed(redis)).toEqual(scene.events);
    expect(scene.problems).toEqual([]);
  });

  it('begins with the newest where more has happened than the stream keeps', async () => {
    using scene = new RelayScene();
    scene.happen(1_000);
    await using relay = scene.relay(server.url, { keeps: 300 });
    await relay.settle(SETTLE_MS);
    expect(await streamed(redis)).toEqual(scene.events.slice(-300));
  });

  it('says how many events nobody keeps any more, and goes on behind them', async () => {
    using scene = new RelayScene();
    scene.happen(10);
    {
      await using relay = scene.relay(server.url);
      await relay.settle(SETTLE_MS);
    }
    scene.happen(30);
    scene.db.run('DELETE FROM events WHERE id <= 25');
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    expect((await streamed(redis)).map(({ id }) => id)).toEqual([...ids(1, 10), ...ids(26, 40)]);
    expect(scene.problems).toMatchObject([{ code: 'REDIS_EVENTS_MISSED' }]);
    expect(scene.problems[0]?.text).toContain('15 events');
  });
});

describe('trimming the stream', () => {
  it('keeps the newest, and all that a group has not read or not acknowledged, within a bound', async () => {
    using scene = new RelayScene();
    await redis.xgroup('CREATE', 'chatstats:events', 'slow', '0', 'MKSTREAM');
    await redis.xgroup('CREATE', 'chatstats:events', 'fast', '0');
    scene.happen(1_000);
    await using relay = scene.relay(server.url, { keeps: 200, most: 5_000 });
    await relay.settle(SETTLE_MS);
    scene.happen(2_000);
    relay.wake();
    await relay.settle(SETTLE_MS);
    await redis.xgroup('SETID', 'chatstats:events', 'fast', '$');
    // The slow one was given some, and has acknowledged all of these but one.
    const got = await redis.xreadgroup('GROUP', 'slow', 'one', 'COUNT', 1_500, 'STREAMS', 'chatstats:events', '>');
    const first = Number.parseInt(String((got as [string, [string][]][])[0]?.[1]?.[0]?.[0]), 10);
    expect(first).toBe(801);
    await redis.xack(
      'chatstats:events',
      'slow',
      ...ids(801, 2_300)
        .filter((id) => id !== 1_900)
        .map((id) => `${id}-0`),
    );
    const start = async () =>
      Number.parseInt((await redis.xrange('chatstats:events', '-', '+', 'COUNT', 1))[0]?.[0] ?? '', 10);
    await eventually('what was acknowledged is gone', async () => (await start()) > 1_700);
    expect(await start()).toBeLessThanOrEqual(1_900);
    await redis.xack('chatstats:events', 'slow', '1900-0');
    await eventually('the rest is gone', async () => (await start()) > 2_100);
    expect(await start()).toBeLessThanOrEqual(2_301);
    scene.happen(10_000);
    relay.wake();
    await relay.settle(SETTLE_MS);
    await eventually('the bound is kept', async () => (await redis.xlen('chatstats:events')) < 5_200);
    expect(await redis.xlen('chatstats:events')).toBeGreaterThanOrEqual(5_000);
  });
});

function ids(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
