import type { StoredEvent } from '../../src/model/index.ts';
import { lastEventId, readEvents } from '../../src/outbox/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';

/** The clock that two processes of one machine share, in milliseconds with a fraction. */
export const now = () => performance.timeOrigin + performance.now();

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What never came is not waited for any longer than this. */
const LOST_AFTER_MS = 70_000;

/** Reads events as any other process would: on a connection of its own, which looks every millisecond. */
export class Consumer implements Disposable {
  readonly #db;
  #position: number;
  #version: unknown = null;
  readonly #timer: NodeJS.Timeout;
  /** When something was first told of a guid, by `what guid`. */
  readonly #seen = new Map<string, number>();
  readonly #waiting = new Map<string, (atMs: number) => void>();
  readonly #messages = new Set<string>();

  constructor(store: string) {
    this.#db = openStoreForReading(store);
    this.#position = lastEventId(this.#db);
    this.#timer = setInterval(() => this.#look(), 1);
  }

  #look(): void {
    const version = this.#db.value('PRAGMA data_version');
    if (version === this.#version) return;
    this.#version = version;
    for (const event of readEvents(this.#db, { after: this.#position, limit: 100_000 })) {
      this.#position = event.id;
      const whats = 'changed' in event.data ? event.data.changed : [];
      for (const guid of guidsOf(event)) {
        for (const what of [event.type, ...whats]) this.#note(`${what} ${guid}`);
        if (event.type === 'messages_synced') this.#messages.add(guid);
      }
    }
  }

  #note(key: string): void {
    if (this.#seen.has(key)) return;
    const atMs = now();
    this.#seen.set(key, atMs);
    this.#waiting.get(key)?.(atMs);
    this.#waiting.delete(key);
  }

  /** When an event of a type, or one that names a changed field, first told of the guid; null when none came in time. */
  async when(what: string, guid: string): Promise<number | null> {
    const key = `${what} ${guid}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined) return seen;
    return await new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), LOST_AFTER_MS);
      this.#waiting.set(key, (atMs) => {
        clearTimeout(late);
        resolve(atMs);
      });
    });
  }

  /** How many messages were told of so far. */
  get messages(): number {
    return this.#messages.size;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#db.close();
  }
}

function guidsOf({ data }: StoredEvent): readonly string[] {
  if ('guids' in data) return data.guids;
  return 'guid' in data ? [data.guid] : [];
}
