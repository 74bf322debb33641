import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../src/kernel/index.ts';
import { consumerPosition } from '../../src/outbox/index.ts';
import { Random, startActor, writeHistory } from '../../src/simulator/index.ts';
import { openStoreForReading, storeId } from '../../src/store/index.ts';
import { UpProcess } from '../api/up-process.ts';
import { Workplace } from '../cli/chatstats.ts';
import { guidOf, scene } from '../cli/sync-scene.ts';
import { effort } from '../support/effort.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { eventsOf, lastEventOf, SyncProcess } from '../support/sync-process.ts';
import { everythingIn } from './everything.ts';
import { eventually, streamed } from './relay-scene.ts';
import { ownRedis } from './server.ts';

/** How often sync is killed. */
const KILLS = effort(3, 100);
const TIMEOUT_MS = 120_000 + KILLS * 5_000;
/** A stop takes five seconds at most. */
const STOP_MS = 5_000;
const SECRET = 'a-password-that-is-told-to-nobody';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

describe('sync --redis-url', () => {
  it('relays what happens, keeps the tracker, and tells nobody a text or a password', async () => {
    await using server = await ownRedis();
    const redis = await server.client();
    await redis.config('SET', 'requirepass', SECRET);
    await using s = scene(place, 'relay');
    const url = server.url.replace('redis://', `redis://:${SECRET}@`);
    const sync = await s.sync('--redis-url', url, '--log-level', 'trace').live();
    const said = await s.act({ act: 'say', text: 'hearken unto me' });
    await eventually('it has arrived', async () => {
      return (await streamed(redis)).some(({ data }) => 'guids' in data && data.guids.includes(guidOf(said)));
    });
    expect(await streamed(redis)).toEqual(eventsOf(s.store));
    using db = openStoreForReading(s.store);
    expect(await redis.get('chatstats:events:store')).toBe(storeId(db));
    const active = db.all<{ chat: number }>(
      `SELECT DISTINCT chat_id AS chat FROM conversations WHERE state = 'active'`,
    );
    await eventually(
      'the tracker is there',
      async () => (await redis.zcard('conversation:check_queue')) === active.length,
    );
    expect(active.length).toBeGreaterThan(0);
    const { ms, status, stdout, stderr } = await sync.stop();
    expect([status, stderr.includes(SECRET), stdout.includes(SECRET)]).toEqual([0, false, false]);
    expect(ms).toBeLessThan(STOP_MS);
    expect(consumerPosition(db, 'redis')).toBe(lastEventOf(s.store));
    for (const [key, held] of await everythingIn(redis)) expect(held, key).not.toContain('hearken');
  });

  it('carries the messages where that was asked for', async () => {
    await using server = await ownRedis();
    const redis = await server.client();
    await using s = scene(place, 'bodies');
    await s.sync('--redis-url', server.url, '--event-bodies').live();
    const said = await s.act({ act: 'say', text: 'with all its words' });
    await eventually('it has arrived', async () => {
      const entries = await redis.xrange('chatstats:events', '-', '+');
      return entries.some(([, words]) => {
        if (!words.includes('messages')) return false;
        const messages = JSON.parse(words[words.indexOf('messages') + 1] ?? 'null') as {
          guid?: string;
          text?: string;
        }[];
        return (
          Array.isArray(messages) &&
          messages.some(({ guid, text }) => guid === guidOf(said) && text === 'with all its words')
        );
      });
    });
  });

  it('follows as ever while Redis is away, says so once, and stops in time', async () => {
    await using server = await ownRedis();
    await server.kill();
    await using s = scene(place, 'away');
    const sync = await s.sync('--redis-url', server.url).live();
    const said = await s.act({ act: 'say', text: 'nobody relays me' });
    await sync.event('messages_synced', ({ data }) => data.guids.includes(guidOf(said)));
    await sync.says('(REDIS_UNAVAILABLE)');
    await pause(1_000);
    expect(sync.stderr.split('REDIS_UNAVAILABLE')).toHaveLength(2);
    await server.restart();
    await sync.says('is there again');
    const redis = await server.client();
    await eventually('it has arrived', async () => (await redis.xlen('chatstats:events')) === lastEventOf(s.store));
    server.freeze();
    await s.act({ act: 'say', text: 'nobody answers' });
    const { status, ms } = await sync.stop();
    server.resume();
    expect(status).toBe(0);
    expect(ms).toBeLessThan(STOP_MS);
  });

  it('has everything arrive before --once ends', async () => {
    await using server = await ownRedis();
    await using s = scene(place, 'once');
    const { status } = await s.sync('--once', '--redis-url', server.url).ended;
    expect(status).toBe(0);
    expect(await streamed(await server.client())).toEqual(eventsOf(s.store));
  });

  it('refuses what is no URL of Redis without repeating it', async () => {
    for (const url of [`http://:${SECRET}@host`, `redis://:${SECRET}@host:6379/name`, SECRET]) {
      const { status, stderr } = await place.run(['sync', '--redis-url', url]);
      expect(status).toBe(2);
      expect(stderr).toContain('--redis-url must be the URL of a Redis server');
      expect(stderr).not.toContain(SECRET);
    }
  });

  it('misses and doubles nothing when it is killed again and again, and Redis is killed and emptied', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using server = await ownRedis();
    const folder = temporaryFolder();
    const files = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
    writeHistory({ file: files.source, generation: 'macos-26', messages: 500, seed: 9, nowMs: Date.now() });
    const actor = startActor({ file: files.source, generation: 'macos-26', seed: 9, perSecond: 60 });
    const random = new Random(31);
    const more = ['--redis-url', server.url];
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const sync = new SyncProcess({ ...files, more });
        await pause(random.between(600, 2_500));
        if (kill % 3 === 1) await (await server.client()).flushall();
        if (kill % 3 === 2) await server.restart();
        await pause(random.between(0, 600));
        await sync.stop('SIGKILL');
        const ids = (await streamed(await server.client())).map(({ id }) => id);
        expect(ids, 'each follows the one before').toEqual(ids.map((_, at) => (ids[0] ?? 0) + at));
      }
    } finally {
      await actor.stop();
    }
    expect((await new SyncProcess({ ...files, more: [...more, '--once'] }).ended).status).toBe(0);
    const events = eventsOf(files.store);
    expect(events.length).toBeGreaterThan(20);
    expect(await streamed(await server.client())).toEqual(events);
  });
});

describe('up --redis-url', () => {
  it('relays what happens', async () => {
    await using server = await ownRedis();
    const redis = await server.client();
    const folder = temporaryFolder();
    const [source, store] = [path.join(folder, 'chat.db'), path.join(folder, 'store.db')];
    writeHistory({ file: source, generation: 'macos-26', messages: 300, seed: 9, nowMs: Date.now() });
    const args = ['--db', store, '--json', 'up', '--source', source, '--address-book', 'none', '--port', '0'];
    await using up = new UpProcess(args, { home: folder, env: { CHATSTATS_REDIS_URL: server.url } });
    await up.address;
    await eventually('the import is told of', async () => (await redis.xlen('chatstats:events')) >= 2);
    expect(await streamed(redis)).toEqual(eventsOf(store).slice(0, await redis.xlen('chatstats:events')));
    const { status } = await up.stop();
    expect(status).toBe(0);
  });
});
