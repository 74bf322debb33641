import type { StoredEvent } from '../../src/model/index.ts';
import { lastEventId, readEvents } from '../../src/outbox/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';

/** The clock that two processes of one machine share, in milliseconds with a fraction. */
export const now = () => performance.timeOrigin + performance.now();

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads events as any other process would: on a connection of its own, looking every millisecond. */
export class Consumer implements Disposable {
  readonly #db;
  #position: number;
  #timer: NodeJS.Timeout | null = null;
  /** When a guid was first named by an event of a type: `type guid`. */
  readonly seen = new Map<string, number>();

  constructor(store: string) {
    this.#db = openStoreForReading(store);
    this.#position = lastEventId(this.#db);
    this.#timer = setInterval(() => this.#look(), 1);
  }

  #look(): void {
    for (const event of readEvents(this.#db, { after: this.#position, limit: 5_000 })) {
      this.#position = event.id;
      for (const guid of guidsOf(event)) {
        const key = `${event.type} ${guid}`;
        if (!this.seen.has(key)) this.seen.set(key, now());
      }
    }
  }

  /** When an event of the type named the guid; waits for it, at most so long; null when it did not come. */
  async when(type: string, guid: string, mostMs: number): Promise<number | null> {
    const until = now() + mostMs;
    while (now() < until) {
      const at = this.seen.get(`${type} ${guid}`);
      if (at !== undefined) return at;
      await sleep(1);
    }
    return null;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#db.close();
  }
}

function guidsOf({ data }: StoredEvent): readonly string[] {
  if ('guids' in data) return data.guids;
  return 'guid' in data ? [data.guid] : [];
}

export type Spread = { count: number; lost: number; median: number; p90: number; p99: number; most: number };

export function spread(lags: readonly (number | null)[]): Spread {
  const sorted = lags.filter((lag) => lag !== null).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    count: lags.length,
    lost: lags.length - sorted.length,
    median: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    most: sorted.at(-1) ?? Number.NaN,
  };
}
