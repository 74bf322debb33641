import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisFigures } from '../../src/model/index.ts';
import { writeHistory } from '../../src/simulator/index.ts';
import { SseClient } from '../api/sse-client.ts';
import { UpProcess } from '../api/up-process.ts';
import { Workplace } from '../cli/chatstats.ts';
import { eventually } from './relay-scene.ts';
import { type OwnRedis, ownRedis } from './server.ts';

const SECRET = 'a-password-that-is-told-to-nobody';
type Status = { redis: RedisFigures | null; problems: { code: string }[]; lastEvent: number };

let server: OwnRedis;
let place: Workplace;
let up: UpProcess;
beforeAll(async () => {
  server = await ownRedis();
  await (await server.client()).config('SET', 'requirepass', SECRET);
  place = new Workplace();
  const [store, source] = [place.file('store.db'), place.file('chat.db')];
  // The newest conversations go on, so that the tracker has something to hold.
  writeHistory({ file: source, generation: 'macos-26', messages: 400, seed: 9, nowMs: Date.now() });
  const args = ['--db', store, '--json', 'up', '--source', source, '--address-book', 'none', '--port', '0'];
  const url = server.url.replace('redis://', `redis://:${SECRET}@`);
  up = new UpProcess(args, { home: place.file(), env: { CHATSTATS_REDIS_URL: url } });
  await up.address;
});
afterAll(async () => {
  await up[Symbol.asyncDispose]();
  place[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** What a command beside `up` prints. */
const beside = async (...words: string[]) => await place.run(['--db', 'store.db', ...words]);
const status = () => up.json<Status>('/status');
const metrics = async () => await (await fetch(`${await up.address}api/metrics`)).text();
const figure = (text: string, name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);

describe('how relaying goes', () => {
  it('is told while all is well: on the stream, as figures, and by the command', async () => {
    await eventually('all has arrived', async () => {
      const { redis, lastEvent } = await status();
      return redis?.isConnected === true && redis.lag === 0 && redis.position === lastEvent && lastEvent > 1;
    });
    const { redis, problems } = await status();
    expect([redis?.problems, problems]).toEqual([[], []]);
    expect(redis?.server?.stream).toMatchObject({ groups: [] });
    const text = await metrics();
    expect(figure(text, 'chatstats_redis_up')).toBe(1);
    expect(figure(text, 'chatstats_redis_lag')).toBe(0);
    expect(figure(text, 'chatstats_redis_stream_entries')).toBe(redis?.server?.stream.length);
    expect(figure(text, 'chatstats_redis_tracker_bytes')).toBeGreaterThanOrEqual(0);
    using stream = new SseClient(`${await up.address}api/stream/metrics`);
    const samples = () =>
      stream.received.filter(({ type }) => type === 'metrics').map(({ data }) => (data.data as Status).redis);
    // The first is of some seconds ago.
    await stream.until(() => samples().at(-1)?.isConnected === true);
    expect(samples().at(-1)).toMatchObject({ lag: 0, server: { memory: { mostBytes: 0 } } });
    const told = await beside('status');
    expect(told.stdout).toMatch(/Redis\n +connection +there\n/);
    expect(told.stdout).toMatch(/tracker +\d+ chats/);
  });

  it('is told while Redis is away, without its password, and until it is there again', {
    timeout: 60_000,
  }, async () => {
    await server.kill();
    await eventually('it is told', async () =>
      (await status()).problems.some(({ code }) => code === 'REDIS_UNAVAILABLE'),
    );
    expect((await status()).redis).toMatchObject({ isConnected: false, server: null });
    const text = await metrics();
    expect(figure(text, 'chatstats_redis_up')).toBe(0);
    expect(text).toMatch(/^chatstats_redis_problems\{code="REDIS_UNAVAILABLE"\} \d+$/m);
    const told = [await beside('status'), await beside('jobs'), await beside('doctor')];
    expect(told[0]?.stdout).toMatch(/connection +away/);
    expect(told[1]?.stderr).toMatch(/Redis at 127\.0\.0\.1:\d+ cannot be used/);
    expect(told[2]?.stdout).toContain('(REDIS_UNAVAILABLE)');
    expect(JSON.stringify([await status(), text, told])).not.toContain(SECRET);
    // Started anew it wants no password, and takes no offence at one.
    await server.restart();
    await eventually('it is there again', async () => {
      const { redis, problems } = await status();
      return (
        redis?.isConnected === true && redis.lag === 0 && problems.every(({ code }) => code !== 'REDIS_UNAVAILABLE')
      );
    });
  });

  it('names a foreign stream, which was set aside', { timeout: 60_000 }, async () => {
    const redis = await server.client();
    await redis.set('chatstats:events:store', 'somebody-else');
    await eventually('it is told', async () =>
      (await status()).problems.some(({ code }) => code === 'REDIS_FOREIGN_STREAM'),
    );
    await eventually('it is whole again', async () => {
      const { redis: now } = await status();
      return now?.lag === 0 && (await redis.xlen('chatstats:events')) > 0;
    });
  });
});
