import type { RedisGroupFigures, RedisServerFigures } from '../model/index.ts';
import type { Redis } from '../redis/index.ts';
import { STREAM } from './stream.ts';
import { CHECK_QUEUE, LAST_MESSAGE } from './tracker.ts';

/** Keys of the tracker whose memory is asked for; the others are taken to be like them. */
const SAMPLED = 20;

/** Asks one server. Throws what the connection throws. */
export async function serverFigures(redis: Redis): Promise<RedisServerFigures> {
  const [length, bytes, chats, tracked, memory, groups] = await Promise.all([
    redis.xlen(STREAM),
    // A sample of each is enough; counting every byte of a long stream takes as long as reading it.
    redis.memory('USAGE', STREAM, 'SAMPLES', 20),
    redis.zcard(CHECK_QUEUE),
    trackerBytes(redis),
    redis.info('memory'),
    // There is no stream before the first event.
    redis.xinfo('GROUPS', STREAM).catch(() => []),
  ]);
  return {
    stream: { length, bytes: bytes ?? 0, groups: (groups as unknown[][]).map(groupOf) },
    tracker: { chats, bytes: tracked },
    memory: {
      usedBytes: Number(lineOf(memory, 'used_memory') ?? 0),
      mostBytes: Number(lineOf(memory, 'maxmemory') ?? 0),
      policy: lineOf(memory, 'maxmemory_policy') ?? '',
    },
  };
}

/** The check queue, and a key for each chat in it. */
async function trackerBytes(redis: Redis): Promise<number> {
  const [queue, chats, sample] = await Promise.all([
    redis.memory('USAGE', CHECK_QUEUE, 'SAMPLES', 20),
    redis.zcard(CHECK_QUEUE),
    redis.zrandmember(CHECK_QUEUE, SAMPLED) as Promise<string[]>,
  ]);
  const sizes = await Promise.all(sample.map((chat) => redis.memory('USAGE', `${LAST_MESSAGE}${chat}`)));
  const known = sizes.filter((size) => size !== null);
  const each = known.length === 0 ? 0 : known.reduce((sum, size) => sum + size, 0) / known.length;
  return (queue ?? 0) + Math.round(each * chats);
}

function groupOf(words: unknown[]): RedisGroupFigures {
  const found = new Map<unknown, unknown>();
  for (let at = 0; at + 1 < words.length; at += 2) found.set(words[at], words[at + 1]);
  const lag = found.get('lag');
  return {
    name: String(found.get('name')),
    consumers: Number(found.get('consumers')),
    pending: Number(found.get('pending')),
    // Servers before 7.0 do not say.
    lag: typeof lag === 'number' ? lag : null,
  };
}

function lineOf(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
}
