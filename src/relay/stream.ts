import { must } from '../kernel/index.ts';
import type { Redis, ScriptRunner } from '../redis/index.ts';
import type { Entry } from './entries.ts';
import { APPEND, BIND, LOOK, SET_ASIDE, TRIM } from './scripts.ts';

/** The public name of the stream (docs/redis.md). */
export const STREAM = 'chatstats:events';
/** Holds the id of the store whose events the stream has. */
export const BINDING = `${STREAM}:store`;

/** An id of the stream that no entry has had yet. */
export const NO_ENTRY = '0-0';

/** What is there. `last`: the last id ever given, also when its entry is gone. */
export type Seen = {
  store: string | null;
  last: string;
  newest: { id: string; words: readonly string[] } | null;
};

/** The stream through one connection. Everything here is one step of Redis: nobody comes between. */
export class EventStream {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
    for (const [name, lua, numberOfKeys] of SCRIPTS) redis.defineCommand(name, { lua, numberOfKeys });
  }

  async look(): Promise<Seen> {
    const answer = await this.#run('chatstatsLook', STREAM, BINDING);
    const [store, last, newest] = answer as [string | null, string, [string, string[]] | null];
    return { store, last, newest: newest === null ? null : { id: newest[0], words: newest[1] } };
  }

  /** Binds a stream that is empty, or ours by what it says; false when it is not what was seen. */
  async bind(store: string, { last }: Seen): Promise<boolean> {
    return (await this.#run('chatstatsBind', STREAM, BINDING, store, last)) === 1;
  }

  /** Renames the stream and binds the name to `store`; answers the new name, null when it is not what was seen. */
  async setAside(store: string, { store: bound, last }: Seen): Promise<string | null> {
    const answer = await this.#run('chatstatsSetAside', STREAM, BINDING, bound ?? '', last, store);
    return answer as string | null;
  }

  /**
   * Appends all entries, or none and answers false: where the stream is another one, was emptied, or somebody else has
   * appended to it since `last`. With no entries it only looks.
   */
  async append(store: string, last: string, entries: readonly Entry[]): Promise<boolean> {
    const words = entries.flatMap(({ id, words }) => [id, words.length, ...words]);
    return (await this.#run('chatstatsAppend', STREAM, BINDING, store, last, ...words)) === 1;
  }

  /** Removes what is older than the newest `keeps` and has been read by every group, and all beyond the newest `most`. */
  async trim(keeps: number, most: number): Promise<number> {
    return Number(await this.#run('chatstatsTrim', STREAM, keeps, most));
  }

  #run(name: string, ...words: (string | number)[]): Promise<unknown> {
    // Scripts become methods of the connection, which its type cannot know.
    const scripts = this.#redis as unknown as Record<string, ScriptRunner | undefined>;
    return must(scripts[name], 'the script was defined with the connection').apply(this.#redis, words);
  }
}

const SCRIPTS: readonly (readonly [string, string, number])[] = [
  ['chatstatsLook', LOOK, 2],
  ['chatstatsBind', BIND, 2],
  ['chatstatsSetAside', SET_ASIDE, 2],
  ['chatstatsAppend', APPEND, 2],
  ['chatstatsTrim', TRIM, 1],
];
