import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { must, pause } from '../../src/kernel/index.ts';
import type { EventType, StoredEvent } from '../../src/model/index.ts';
import { lastEventId, readEvents } from '../../src/outbox/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { program } from '../cli/chatstats.ts';

/** How long a test waits for what has to happen, before it says that it did not. */
const GIVE_UP_MS = 20_000;
const LOOK_EVERY_MS = 10;
const ALL_EVENTS = 1_000_000;

export type Ended = { status: number | null; by: string | null; stdout: string; stderr: string };

export type SyncOptions = {
  store: string;
  source: string;
  more?: readonly string[];
  home?: string;
  addressBook?: string;
};

/** What `chatstats sync` says on stderr when it is up to date. */
export const LIVE = 'up to date, following';

/** `bin/chatstats sync`, running as a process of its own, as a person or a service would have it. */
export class SyncProcess {
  readonly #child: ChildProcess;
  readonly store: string;
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  #hasEnded = false;

  constructor({ store, source, more = [], home = '/nonexistent', addressBook = 'none' }: SyncOptions) {
    this.store = store;
    const all = ['--db', store, 'sync', '--source', source, '--address-book', addressBook, ...more];
    this.#child = spawn(program, all, {
      env: { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (status, by) => {
        this.#hasEnded = true;
        resolve({ status, by, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return must(this.#child.pid, 'the process was started');
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits until stderr says this; `from`: where in it to look on. Answers where it is. */
  async says(words: string, from = 0): Promise<number> {
    await this.until(() => this.stderr.includes(words, from), `says "${words}"`);
    return this.stderr.indexOf(words, from) + words.length;
  }

  async live(): Promise<this> {
    await this.says(LIVE);
    return this;
  }

  /** Waits for something to become true; throws, with what was said, when it does not, or the process has ended. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const endMs = performance.now() + GIVE_UP_MS;
    while (!condition()) {
      if (this.#hasEnded) throw new Error(`sync ended before it ${what}:\n${this.stdout}${this.stderr}`);
      if (performance.now() > endMs) throw new Error(`sync never ${what}:\n${this.stderr}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Waits for an event after `after` that fits. */
  async event<T extends EventType>(
    type: T,
    fits: (event: Extract<StoredEvent, { type: T }>) => boolean = () => true,
    after = 0,
  ): Promise<Extract<StoredEvent, { type: T }>> {
    let found: Extract<StoredEvent, { type: T }> | undefined;
    await this.until(() => {
      found = eventsOf(this.store, after, [type]).find((event): event is Extract<StoredEvent, { type: T }> =>
        fits(event as Extract<StoredEvent, { type: T }>),
      );
      return found !== undefined;
    }, `tells of ${type}`);
    return must(found, 'it was waited for');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended & { ms: number }> {
    const startedAt = performance.now();
    this.#child.kill(signal);
    const ended = await this.ended;
    return { ...ended, ms: performance.now() - startedAt };
  }
}

export function eventsOf(store: string, after = 0, types?: readonly EventType[]): StoredEvent[] {
  using db = openStoreForReading(store);
  return readEvents(db, { after, limit: ALL_EVENTS, types });
}

export function lastEventOf(store: string): number {
  using db = openStoreForReading(store);
  return lastEventId(db);
}
