import { pause } from '../kernel/index.ts';
import { frame } from './encoded-event.ts';
import { EventLog, type ReadStore } from './event-log.ts';
import { MOST_LISTENERS, POLL_MS } from './limits.ts';
import { Listener, type Outlet } from './listener.ts';
import type { PassingType, Wish } from './topics.ts';

export type HubOptions = {
  read: ReadStore;
  /** How often the outbox is looked at where no word of a commit came, in milliseconds. */
  pollMs?: number;
  beatMs?: number;
  stalledMs?: number;
};

/**
 * Tells everybody who listens what happened. A word of a commit (`committed`) makes it look at once; it looks from time
 * to time without one as well, because such a word is a hint and the events table is the truth.
 */
export class Hub implements AsyncDisposable {
  readonly #options: HubOptions;
  readonly #log: EventLog;
  readonly #listeners = new Set<Listener>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #polling: Promise<void>;
  readonly #passed = new Map<PassingType, Buffer>();
  #cutOff = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#log = new EventLog(options.read);
    this.#log.refresh();
    this.#polling = this.#poll(options.pollMs ?? POLL_MS);
  }

  /** Who listens now, and how many were cut off since the start because they were too slow. */
  get figures(): { clients: number; cutOff: number } {
    return { clients: this.#listeners.size, cutOff: this.#cutOff };
  }

  get isFull(): boolean {
    return this.#listeners.size >= MOST_LISTENERS || this.#stopping.signal.aborted;
  }

  /** Something may have been committed. */
  committed(): void {
    if (!this.#log.refresh()) return;
    for (const listener of this.#listeners) listener.wake();
  }

  /** The store has been replaced by another file. */
  storeReplaced(): void {
    this.#log.forget();
    this.committed();
  }

  /** Tells what is not kept; only its newest form matters. Null takes back what newcomers would be told. */
  pass(type: PassingType, data: unknown): void {
    if (data === null) {
      this.#passed.delete(type);
      return;
    }
    const encoded = frame(null, type, data);
    this.#passed.set(type, encoded);
    for (const listener of this.#listeners) listener.pass(type, encoded);
  }

  /**
   * Sends what `wish` asks for, from behind `after` on (null: from now on), until `gone` is aborted or the listener is
   * too slow. Never throws.
   */
  async listen(wish: Wish, after: number | null, outlet: Outlet, gone: AbortSignal): Promise<void> {
    this.#log.refresh();
    const position = after ?? this.#log.position;
    const canResume = after === null || this.#log.canResume(after);
    const listener = new Listener(canResume ? position : this.#log.position, {
      log: this.#log,
      wish,
      outlet,
      ...(this.#options.beatMs === undefined ? {} : { beatMs: this.#options.beatMs }),
      ...(this.#options.stalledMs === undefined ? {} : { stalledMs: this.#options.stalledMs }),
    });
    const end = () => listener.end();
    const over = AbortSignal.any([gone, this.#stopping.signal]);
    over.addEventListener('abort', end, { once: true });
    if (over.aborted) return;
    for (const [type, encoded] of this.#passed) listener.pass(type, encoded);
    this.#listeners.add(listener);
    // What another listener made known while this one was being made is told to all.
    for (const other of this.#listeners) other.wake();
    const running = listener.run(!canResume).catch(() => outlet.cut());
    this.#running.add(running);
    await running;
    this.#running.delete(running);
    over.removeEventListener('abort', end);
    this.#listeners.delete(listener);
    if (listener.wasCut) this.#cutOff += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running, this.#polling]);
  }

  async #poll(everyMs: number): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await pause(everyMs, this.#stopping.signal);
      try {
        this.committed();
      } catch {
        // The store cannot be read at this moment; the next look will tell.
      }
    }
  }
}
