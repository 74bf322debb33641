import { randomInt } from 'node:crypto';
import { BackOff, ChatStatsError, type Clock, pause, systemClock } from '../kernel/index.ts';
import type { ImportProgress } from '../pipeline/index.ts';
import { fromPortable, kindOf } from './portable-error.ts';
import type { CallName, CallOptions, Calls, FromEngine, NoticeName, Notices } from './protocol.ts';
import { EngineThread, takeThread } from './thread.ts';

/**
 * The main thread's side of the engine. It owns the store for as long as it lives, whatever becomes of the thread: a
 * thread that dies is followed by another, after a pause that grows. What was asked of the dead one is refused with
 * ENGINE_FAILED, as nobody knows how far it came; nothing is ever half done, so it may be asked again.
 */

/** So long the engine may take to stop by itself. */
const STOP_MS = 4_000;
/** So long it may take to end when it is made to: no statement on this way runs longer. Then a stop is over. */
const FORCE_MS = 1_000;
/** Calls that wait for an answer; doors have bounds of their own far below this. */
const MAX_PENDING = 256;
const RESTART = { firstMs: 100, mostMs: 30_000, factor: 2 };
/** A thread that lived so long did not die of what the last one died of. */
const STEADY_MS = 60_000;

export type EngineOptions = {
  store: string;
  /** One that was started ahead, when there is one. */
  thread?: EngineThread;
  /** Makes every further thread, and the first when none was started ahead. */
  startThread?: () => EngineThread;
  clock?: Clock;
  backOff?: Pick<BackOff, 'next' | 'reset'>;
  /** How long a stop waits before it uses force, in milliseconds. */
  stopMs?: number;
};

type Pending = {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onProgress: ((progress: ImportProgress) => void) | undefined;
};

type Listener = (payload: Notices[NoticeName]) => void;

export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #owner: Disposable;
  readonly #clock: Clock;
  readonly #backOff: Pick<BackOff, 'next' | 'reset'>;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<NoticeName, Set<Listener>>();
  readonly #restartHooks = new Set<() => unknown>();
  readonly #stopping = new AbortController();
  /** Null while there is none: between two lives, and after the last. */
  #thread: EngineThread | null = null;
  #startedAt = 0;
  #lastCall = 0;
  #stopped: Promise<void> | null = null;

  private constructor(options: EngineOptions, owner: Disposable) {
    this.#options = options;
    this.#owner = owner;
    this.#clock = options.clock ?? systemClock;
    this.#backOff = options.backOff ?? new BackOff({ ...RESTART, random });
  }

  /** Takes the store and starts the thread. Throws STORE_OWNED when another process has the store. */
  static async start(options: EngineOptions): Promise<Engine> {
    // One that was started ahead would otherwise stay, with all the memory of its code.
    const thread = options.thread ?? (options.startThread === undefined ? takeThread() : options.startThread());
    try {
      // The thread loads its code while this one does.
      const { ownStore } = await import('../load/index.ts');
      const engine = new Engine(options, ownStore(options.store));
      engine.#live(thread);
      return engine;
    } catch (error) {
      thread.terminate();
      throw error;
    }
  }

  /** Asks the engine for something. Throws what the engine threw, CANCELLED after `signal`, or ENGINE_FAILED. */
  async call<N extends Exclude<CallName, 'stop'>>(
    name: N,
    args: Calls[N]['args'],
    { signal, onProgress }: CallOptions = {},
  ): Promise<Calls[N]['result']> {
    if (signal?.aborted === true) throw new ChatStatsError('CANCELLED', 'the command was cancelled');
    if (this.#stopped !== null) throw new ChatStatsError('ENGINE_FAILED', 'the engine has stopped');
    const thread = this.#thread;
    if (thread === null) throw new ChatStatsError('ENGINE_FAILED', 'the engine is being started again');
    if (this.#pending.size >= MAX_PENDING) {
      throw new ChatStatsError('ENGINE_BUSY', `${MAX_PENDING} commands are waiting for the engine already`);
    }
    const call = ++this.#lastCall;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(call, { resolve, reject, onProgress });
    const cancel = () => thread.post({ type: 'cancel', call });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      thread.post({ type: 'call', call, name, args });
      // The thread runs this very version, and is typed by the same map.
      return (await promise) as Calls[N]['result'];
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#pending.delete(call);
    }
  }

  /** Tells `listener` what the engine says without being asked. */
  on<N extends NoticeName>(notice: N, listener: (payload: Notices[N]) => void): Disposable {
    const listeners = this.#listeners.get(notice) ?? new Set();
    this.#listeners.set(notice, listeners);
    // Only payloads of this notice are ever handed to listeners of this notice.
    const registered = listener as Listener;
    listeners.add(registered);
    return { [Symbol.dispose]: () => void listeners.delete(registered) };
  }

  /** Calls `hook` whenever a new thread has taken the place of one that died: what went on in it has to be begun again. */
  onRestart(hook: () => unknown): Disposable {
    this.#restartHooks.add(hook);
    return { [Symbol.dispose]: () => void this.#restartHooks.delete(hook) };
  }

  /** Cancels what is running and ends the thread, within five seconds; then the store is free. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const thread = this.#thread;
    if (thread !== null) {
      thread.post({ type: 'call', call: ++this.#lastCall, name: 'stop', args: {} });
      const ended = (await endsWithin(thread.ended, this.#options.stopMs ?? STOP_MS)) || (await this.#force(thread));
      // A thread in the middle of a statement may still write: the store is let go of when the process ends.
      if (!ended) return;
    }
    this.#owner[Symbol.dispose]();
  }

  async #force(thread: EngineThread): Promise<boolean> {
    thread.terminate();
    const ended = await endsWithin(thread.ended, FORCE_MS);
    if (!ended) this.#refusePending('the engine did not stop in time');
    return ended;
  }

  #live(thread: EngineThread): void {
    this.#thread = thread;
    this.#startedAt = this.#clock.now();
    thread.open(this.#options.store, (message) => this.#receive(message));
    void thread.ended.then((cause) => this.#lost(cause));
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'result':
        this.#pending.get(message.call)?.resolve(message.result);
        return;
      case 'error':
        this.#pending.get(message.call)?.reject(fromPortable(message.error));
        return;
      case 'notice':
        if (message.name === 'progress')
          this.#pending.get(message.payload.call)?.onProgress?.(message.payload.progress);
        this.#tell(message.name, message.payload);
    }
  }

  #tell<N extends NoticeName>(name: N, payload: Notices[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(payload);
  }

  async #lost(cause: unknown): Promise<void> {
    this.#thread = null;
    const why = cause === null ? 'the engine ended' : `the engine ended (${kindOf(cause)})`;
    this.#refusePending(why);
    if (this.#stopping.signal.aborted) return;
    this.#tell('problem', { code: 'ENGINE_FAILED', text: why });
    this.#tell('state', { state: 'restarting' });
    if (this.#clock.now() - this.#startedAt >= STEADY_MS) this.#backOff.reset();
    await pause(this.#backOff.next(), this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    this.#live(newThread(this.#options));
    this.#tell('state', { state: 'running' });
    for (const hook of this.#restartHooks) this.#begunAgain(hook);
  }

  async #begunAgain(hook: () => unknown): Promise<void> {
    try {
      await hook();
    } catch (error) {
      const code = error instanceof ChatStatsError ? error.code : 'INTERNAL';
      this.#tell('problem', { code, text: error instanceof ChatStatsError ? error.message : kindOf(error) });
    }
  }

  #refusePending(why: string): void {
    for (const { reject } of this.#pending.values()) reject(new ChatStatsError('ENGINE_FAILED', why));
  }
}

function newThread({ startThread }: EngineOptions): EngineThread {
  return startThread === undefined ? new EngineThread() : startThread();
}

async function endsWithin(ended: Promise<unknown>, ms: number): Promise<boolean> {
  const enough = new AbortController();
  try {
    return await Promise.race([ended.then(() => true), pause(ms, enough.signal).then(() => false)]);
  } finally {
    enough.abort();
  }
}

const CHANCE_STEPS = 1_000_000;
function random(): number {
  return randomInt(CHANCE_STEPS) / CHANCE_STEPS;
}
