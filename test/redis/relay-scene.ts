import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pause, systemClock } from '../../src/kernel/index.ts';
import type { NewEvent, StoredEvent } from '../../src/model/index.ts';
import { acknowledge, appendEvents, readEvents, registerConsumer } from '../../src/outbox/index.ts';
import type { Redis } from '../../src/redis/index.ts';
import { Relay, type RelayOptions } from '../../src/relay/index.ts';
import { type Database, openWritable } from '../../src/sqlite/index.ts';
import { createTables, INDEXES, openStoreForReading, openStoreForWriting } from '../../src/store/index.ts';
import { NOW_MS } from '../support/fixture.ts';

const GIVE_UP_MS = 15_000;
const CONSUMER = 'redis';

/** A store that holds events, and what a relay needs of its owner. */
export class RelayScene implements Disposable {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-relay-'));
  readonly store = path.join(this.folder, 'store.db');
  readonly problems: { code: string; text: string }[] = [];
  storeId = 'store-a';
  readonly db: Database;

  constructor(from?: string) {
    if (from === undefined) {
      using made = openWritable(this.store);
      createTables(made);
      for (const statement of INDEXES) made.exec(statement);
    } else {
      using original = openStoreForReading(from);
      original.run('VACUUM INTO ?', this.store);
    }
    this.db = openStoreForWriting(this.store);
  }

  /** Records so many events. */
  happen(count: number, chatId = 1): void {
    const guid = (at: number) => `GUID-${this.storeId}-${this.last + at}`;
    const events: NewEvent[] = Array.from({ length: count }, (_, at) =>
      at % 3 === 0
        ? { type: 'messages_synced', chatId, data: { guids: [guid(at)], historicalGuids: [] } }
        : { type: 'chat_updated', chatId: at % 2 === 0 ? chatId : null, data: { chatId, changed: ['name'] } },
    );
    this.db.transaction(() => appendEvents(this.db, NOW_MS + this.last, events));
  }

  get last(): number {
    return this.db.value<number>(`SELECT seq FROM sqlite_sequence WHERE name = 'events'`) ?? 0;
  }

  get events(): StoredEvent[] {
    return readEvents(this.db, { after: 0, limit: 1_000_000 });
  }

  relay(url: string, options: Partial<RelayOptions> = {}): Relay {
    return new Relay({
      store: this.store,
      url,
      owner: {
        begin: async () => {
          registerConsumer(this.db, CONSUMER, { from: 'start', nowMs: NOW_MS });
          return { storeId: this.storeId };
        },
        acknowledge: async (position) => acknowledge(this.db, CONSUMER, position, NOW_MS),
      },
      clock: systemClock,
      bodies: false,
      onProblem: (code, text) => this.problems.push({ code, text }),
      pollMs: 20,
      ...options,
    });
  }

  get cursor(): number | null {
    return this.db.value<number>('SELECT position FROM consumers WHERE name = ?', CONSUMER);
  }

  [Symbol.dispose](): void {
    this.db.close();
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
  }
}

/** What the stream holds, as it would be an event again. */
export async function streamed(redis: Redis, stream = 'chatstats:events'): Promise<StoredEvent[]> {
  const entries = await redis.xrange(stream, '-', '+');
  return entries.map(([id, words]) => {
    const fields = Object.fromEntries(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1]]] : [])));
    const { type, at, chatId, data } = fields as Record<string, string>;
    if (!id.endsWith('-0')) throw new Error(`an id of nobody: ${id}`);
    const event = { id: Number.parseInt(id, 10), type, at, chatId: chatId === '' ? null : Number(chatId) };
    return { ...event, data: JSON.parse(data ?? '') } as StoredEvent;
  });
}

/** Waits for something to become true; throws when it does not. */
export async function eventually(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + GIVE_UP_MS; !(await look()); await pause(10)) {
    if (performance.now() > endMs) throw new Error(`it never happened: ${what}`);
  }
}
