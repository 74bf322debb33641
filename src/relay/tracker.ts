import { must } from '../kernel/index.ts';
import { failureOf, type Redis } from '../redis/index.ts';
import type { Database } from '../sqlite/index.ts';
import { storedGapMs } from '../store/index.ts';
import { KEYS_AT_ONCE } from './limits.ts';

/** Public names (docs/redis.md): the last message of a chat, and when its conversation is to be looked at. */
export const LAST_MESSAGE = 'chat:last_msg:';
export const CHECK_QUEUE = 'conversation:check_queue';

/** Of a chat with an active conversation, in Unix milliseconds. */
type Tracked = { lastMs: number; checkMs: number };
type Image = Map<string, Tracked>;

/**
 * A mirror, for others to read: which conversations are going on, and when each is to be sealed. The store alone decides
 * what is due; whatever becomes of these keys, sealing does not notice. What is written is the difference to an image of
 * what Redis holds, which is read anew from time to time, so that what others changed or evicted is put right.
 */
export class TrackerMirror {
  readonly #redis: Redis;
  /** What Redis holds; null: not known. */
  #image: Image | null = null;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  get chats(): number {
    return this.#image?.size ?? 0;
  }

  /** Writes what has changed since the last time. */
  async update(db: Database): Promise<void> {
    await this.#write(wantedOf(db));
  }

  /** Compares with what is there, key by key, and removes what belongs to no active conversation. */
  async repair(db: Database): Promise<void> {
    const wanted = wantedOf(db);
    this.#image = null;
    const image = await this.#read();
    await this.#sweep(wanted, image);
    this.#image = image;
    await this.#write(wanted);
  }

  async #write(wanted: Image): Promise<void> {
    const image = this.#image;
    if (image === null) return;
    const changed = [...wanted].filter(([chat, { lastMs, checkMs }]) => {
      const known = image.get(chat);
      return known?.lastMs !== lastMs || known.checkMs !== checkMs;
    });
    const gone = [...image.keys()].filter((chat) => !wanted.has(chat));
    for (const some of slices(changed)) {
      const step = this.#redis.multi();
      for (const [chat, { lastMs, checkMs }] of some) {
        step.set(`${LAST_MESSAGE}${chat}`, String(lastMs)).zadd(CHECK_QUEUE, checkMs, chat);
      }
      await done(step);
      for (const [chat, tracked] of some) image.set(chat, tracked);
    }
    for (const some of slices(gone)) {
      await done(
        this.#redis
          .multi()
          .del(...some.map((chat) => `${LAST_MESSAGE}${chat}`))
          .zrem(CHECK_QUEUE, ...some),
      );
      for (const chat of some) image.delete(chat);
    }
  }

  /** What the check queue names, with the last messages; a chat without one is as good as not there, and is written again. */
  async #read(): Promise<Image> {
    const scores: [string, number][] = [];
    await this.#scan('ZSCAN', CHECK_QUEUE, (found) => {
      for (let at = 0; at + 1 < found.length; at += 2) scores.push([found[at] ?? '', Number(found[at + 1])]);
    });
    const image: Image = new Map();
    for (const some of slices(scores)) {
      const last = await this.#redis.mget(...some.map(([chat]) => `${LAST_MESSAGE}${chat}`));
      some.forEach(([chat, checkMs], at) => {
        image.set(chat, { lastMs: Number(last[at] ?? Number.NaN), checkMs });
      });
    }
    return image;
  }

  /** Keys of chats that the check queue does not name: somebody lost half of a pair. */
  async #sweep(wanted: Image, image: Image): Promise<void> {
    const stale: string[] = [];
    await this.#scan('SCAN', null, (keys) => {
      for (const key of keys) {
        const chat = key.slice(LAST_MESSAGE.length);
        if (!wanted.has(chat) && !image.has(chat)) stale.push(key);
      }
    });
    for (const some of slices(stale)) await this.#redis.del(...some);
  }

  async #scan(command: 'SCAN' | 'ZSCAN', key: string | null, found: (words: string[]) => void): Promise<void> {
    let cursor = '0';
    do {
      const answer =
        command === 'SCAN'
          ? await this.#redis.scan(cursor, 'MATCH', `${LAST_MESSAGE}*`, 'COUNT', KEYS_AT_ONCE)
          : await this.#redis.zscan(must(key, 'a set is scanned by its key'), cursor, 'COUNT', KEYS_AT_ONCE);
      cursor = answer[0];
      found(answer[1]);
    } while (cursor !== '0');
  }
}

/** What the store says: chats with an active conversation. */
function wantedOf(db: Database): Image {
  const gapMs = storedGapMs(db);
  if (gapMs === null) return new Map();
  const rows = db.all<{ chat: number; last: number; first: number }>(
    `SELECT chat_id AS chat, max(ended_at) AS last, min(ended_at) AS first
     FROM conversations WHERE state = 'active' GROUP BY chat_id`,
  );
  return new Map(rows.map(({ chat, last, first }) => [String(chat), { lastMs: last, checkMs: first + gapMs }]));
}

/** A step of several commands is done whole or not at all; a single one of them may still be refused. */
async function done(step: { exec(): Promise<[error: Error | null, result: unknown][] | null> }): Promise<void> {
  const answers = await step.exec();
  const refused = answers?.find(([error]) => error !== null)?.[0];
  if (refused != null) throw new Error(`Redis refused a step of the mirror: ${failureOf(refused)}`, { cause: refused });
}

function* slices<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += KEYS_AT_ONCE) yield all.slice(start, start + KEYS_AT_ONCE);
}
