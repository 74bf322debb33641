import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Redis } from '../../src/redis/index.ts';
import { eventually, RelayScene } from './relay-scene.ts';
import { type TestRedis, testRedis } from './server.ts';

const server: TestRedis = await testRedis();
const redis: Redis = await server.client();
beforeEach(async () => void (await redis.flushdb()));
afterAll(async () => await server[Symbol.asyncDispose]());

const GAP_MS = 5_400_000;
const SETTLE_MS = 10_000;
const START_MS = 1_780_000_000_000;

/** A store whose chats have conversations: of each chat, when its active one ended, or null when none is. */
function sceneWith(chats: Record<number, number | null>): RelayScene {
  const scene = new RelayScene();
  scene.db.run(`INSERT INTO meta (key, value) VALUES ('gap_ms', '${GAP_MS}')`);
  scene.db.run(
    `INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'macos', 'chat.db', 0, 0)`,
  );
  for (const [chat, endedAt] of Object.entries(chats)) {
    scene.db.run(`INSERT INTO chats (id, identifier, kind, source_id) VALUES (?, ?, 'direct', 1)`, Number(chat), chat);
    converse(scene, Number(chat), endedAt ?? START_MS, endedAt === null ? 'ready' : 'active');
  }
  return scene;
}

function converse(scene: RelayScene, chat: number, endedAt: number, state: string): void {
  scene.db.run(
    `INSERT INTO conversations (chat_id, started_at, ended_at, message_count, first_message_id, state)
     VALUES (?, ?, ?, 1, 1, ?)`,
    chat,
    endedAt - 1_000,
    endedAt,
    state,
  );
}

async function mirrored(): Promise<{ last: Record<string, string | null>; queue: string[] }> {
  const keys = (await redis.keys('chat:last_msg:*')).sort();
  const last = keys.length === 0 ? [] : await redis.mget(...keys);
  return {
    last: Object.fromEntries(keys.map((key, at) => [key, last[at] ?? null])),
    queue: await redis.zrange('conversation:check_queue', 0, -1, 'WITHSCORES'),
  };
}

describe('the mirror of the tracker', () => {
  const TWO = {
    last: { 'chat:last_msg:1': String(START_MS + 5), 'chat:last_msg:3': String(START_MS) },
    queue: ['3', String(START_MS + GAP_MS), '1', String(START_MS + 5 + GAP_MS)],
  };

  it('tells of every active conversation when its last message was and when it is looked at, and of no other', async () => {
    using scene = sceneWith({ 1: START_MS + 5, 2: null, 3: START_MS });
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await eventually('it is there', async () => (await redis.zcard('conversation:check_queue')) === 2);
    expect(await mirrored()).toEqual(TWO);
  });

  it('follows what is said and what is sealed', async () => {
    using scene = sceneWith({ 1: START_MS, 2: null, 3: START_MS });
    await using relay = scene.relay(server.url);
    await eventually('it is there', async () => (await redis.zcard('conversation:check_queue')) === 2);
    scene.db.run(`UPDATE conversations SET ended_at = ended_at + 60000 WHERE chat_id = 1`);
    scene.db.run(`UPDATE conversations SET state = 'ready' WHERE chat_id = 3`);
    converse(scene, 2, START_MS + 9, 'active');
    scene.happen(1);
    relay.wake();
    await eventually('it has followed', async () => (await redis.exists('chat:last_msg:3')) === 0);
    expect(await mirrored()).toEqual({
      last: { 'chat:last_msg:1': String(START_MS + 60_000), 'chat:last_msg:2': String(START_MS + 9) },
      queue: ['2', String(START_MS + 9 + GAP_MS), '1', String(START_MS + 60_000 + GAP_MS)],
    });
  });

  it('removes on connection what belongs to nothing, and writes what is missing or wrong', async () => {
    using scene = sceneWith({ 1: START_MS + 5, 2: null, 3: START_MS });
    await redis.mset('chat:last_msg:1', '17', 'chat:last_msg:99', '1', 'chat:last_msg:2', '2', 'another:key', 'stays');
    await redis.zadd('conversation:check_queue', 1, '77', 5, '3');
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await eventually('it is put right', async () => (await redis.exists('chat:last_msg:99')) === 0);
    await eventually('all is written', async () => (await redis.zcard('conversation:check_queue')) === 2);
    expect(await mirrored()).toEqual(TWO);
    expect(await redis.get('another:key')).toBe('stays');
  });

  it('is repaired from time to time, and at once when everything was lost', async () => {
    using scene = sceneWith({ 1: START_MS + 5, 2: null, 3: START_MS });
    scene.happen(1);
    await using relay = scene.relay(server.url, { repairMs: 100 });
    await relay.settle(SETTLE_MS);
    await eventually('it is there', async () => (await redis.zcard('conversation:check_queue')) === 2);
    await redis.del('chat:last_msg:1');
    await redis.zrem('conversation:check_queue', '3');
    await eventually('it is there again', async () => JSON.stringify(await mirrored()) === JSON.stringify(TWO));
    await redis.flushdb();
    await eventually('it is there again', async () => JSON.stringify(await mirrored()) === JSON.stringify(TWO));
  });

  it('counts what it takes', async () => {
    using scene = sceneWith({ 1: START_MS + 5, 2: null, 3: START_MS });
    scene.happen(10);
    await using relay = scene.relay(server.url);
    await relay.settle(SETTLE_MS);
    await redis.xgroup('CREATE', 'chatstats:events', 'readers', '0');
    await eventually('it is there', async () => (await redis.zcard('conversation:check_queue')) === 2);
    const { server: held, ...own } = await relay.figures();
    expect(own).toEqual({ isConnected: true, position: 10, lag: 0, problems: [] });
    expect(held).toMatchObject({
      stream: { length: 10, groups: [{ name: 'readers', consumers: 0, pending: 0, lag: 10 }] },
      tracker: { chats: 2 },
      memory: { mostBytes: 0, policy: 'noeviction' },
    });
    expect(held?.tracker.bytes, 'the queue and a key for each chat').toBeGreaterThan(200);
    expect(held?.stream.bytes).toBeGreaterThan(100);
    expect(held?.memory.usedBytes).toBeGreaterThan(100_000);
  });
});
