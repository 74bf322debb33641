import type { Redis } from '../redis/index.ts';
import { STREAM } from './stream.ts';
import { CHECK_QUEUE } from './tracker.ts';

export type GroupFigures = { name: string; consumers: number; pending: number; lag: number | null };

/** What Redis holds of ours, and how much room there is. */
export type ServerFigures = {
  stream: { length: number; bytes: number; groups: GroupFigures[] };
  tracker: { chats: number; bytes: number };
  /** `mostBytes`: 0 where there is no bound. */
  memory: { usedBytes: number; mostBytes: number; policy: string };
};

/** Asks one server. Throws what the connection throws. */
export async function serverFigures(redis: Redis): Promise<ServerFigures> {
  const [length, bytes, chats, queueBytes, memory, groups] = await Promise.all([
    redis.xlen(STREAM),
    // A sample of each is enough; counting every byte of a long stream takes as long as reading it.
    redis.memory('USAGE', STREAM, 'SAMPLES', 20),
    redis.zcard(CHECK_QUEUE),
    redis.memory('USAGE', CHECK_QUEUE, 'SAMPLES', 20),
    redis.info('memory'),
    // There is no stream before the first event.
    redis.xinfo('GROUPS', STREAM).catch(() => []),
  ]);
  return {
    stream: { length, bytes: bytes ?? 0, groups: (groups as unknown[][]).map(groupOf) },
    tracker: { chats, bytes: queueBytes ?? 0 },
    memory: {
      usedBytes: Number(lineOf(memory, 'used_memory') ?? 0),
      mostBytes: Number(lineOf(memory, 'maxmemory') ?? 0),
      policy: lineOf(memory, 'maxmemory_policy') ?? '',
    },
  };
}

function groupOf(words: unknown[]): GroupFigures {
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
