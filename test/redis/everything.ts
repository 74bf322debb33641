import type { Redis } from '../../src/redis/index.ts';

/** All that a server holds, as text, by key: what it would tell whoever looks. */
export async function everythingIn(redis: Redis): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const key of await redis.keys('*')) found.set(key, JSON.stringify(await heldUnder(redis, key)));
  return found;
}

async function heldUnder(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return await redis.hgetall(key);
    case 'list':
      return await redis.lrange(key, 0, -1);
    case 'set':
      return await redis.smembers(key);
    case 'zset':
      return await redis.zrange(key, 0, -1, 'WITHSCORES');
    case 'stream':
      return await redis.xrange(key, '-', '+');
    default:
      return await redis.get(key);
  }
}
