import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JobOutcome, LeasedJob } from '../jobs/index.ts';
import { ChatStatsError, pause } from '../kernel/index.ts';
import type { PassSettings } from './load-passes.ts';
import type { PassInfo } from './pass.ts';
import type { Prepared, Wanted } from './prepare.ts';
import type { PassDesk } from './service.ts';
import type { FromPasses, ToPasses } from './thread-protocol.ts';

const ENTRY = new URL(`pass-worker${path.extname(import.meta.url)}`, import.meta.url);
const OLD_GENERATION_MB = 512;
const YOUNG_GENERATION_MB = 24;
/** It is asked so often whether it still hears, and ended when it has not answered for so long, in milliseconds. */
const PING_MS = 5_000;
const DEAF_MS = 60_000;
/** After it has ended by itself it is begun again no sooner than this, in milliseconds. */
const AGAIN_MS = 1_000;

type Pending = { resolve(message: FromPasses): void; reject(error: Error): void };

/** It has ended, and with it whatever it was asked for. */
class PassThreadEnded extends Error {
  override readonly name = 'PassThreadEnded';
}

/** The thread of the passes, seen from the one that owns the writer. One that dies is followed by another. */
export class PassThread implements PassDesk, AsyncDisposable {
  readonly #store: string;
  readonly #settings: PassSettings;
  readonly #pending = new Map<number, Pending>();
  readonly #stopping = new AbortController();
  #worker: Worker | null = null;
  #passes: readonly PassInfo[] = [];
  #lastCall = 0;
  #heardAtRound = 0;
  #round = 0;
  #starting: Promise<void> | null = null;

  private constructor(store: string, settings: PassSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  /** Loads the passes. Throws USAGE where that cannot be done. */
  static async start(store: string, settings: PassSettings): Promise<PassThread> {
    const thread = new PassThread(store, settings);
    await thread.#start();
    void thread.#watch();
    return thread;
  }

  get passes(): readonly PassInfo[] {
    return this.#passes;
  }

  /** Rejects when the thread ends meanwhile, or the store cannot be read. */
  async prepare(wanted: readonly Wanted[]): Promise<(Prepared | null)[]> {
    const answer = await this.#ask((call) => ({ type: 'prepare', call, wanted }));
    if (answer.type === 'prepared') return answer.prepared;
    throw new ChatStatsError(
      'INTERNAL',
      `conversations cannot be read (${answer.type === 'threw' ? answer.name : ''})`,
    );
  }

  async run({ payload }: LeasedJob, signal: AbortSignal): Promise<JobOutcome> {
    if (signal.aborted) return null;
    let asked = 0;
    const abort = () => this.#worker?.postMessage({ type: 'abort', call: asked } satisfies ToPasses);
    try {
      const answer = await this.#ask((call) => {
        asked = call;
        signal.addEventListener('abort', abort, { once: true });
        return { type: 'run', call, payload };
      });
      if (answer.type === 'outcome') return answer.outcome;
      return { failure: { code: 'PASS_FAILED', reason: 'the pass could not be run' } };
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof PassThreadEnded)) throw error;
      return { failure: { code: 'PASS_THREAD_ENDED', reason: 'the thread of the passes ended, or did not answer' } };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#worker?.terminate();
  }

  async #ask(message: (call: number) => ToPasses): Promise<FromPasses> {
    if (this.#worker === null) await this.#startAgain();
    const worker = this.#worker;
    if (worker === null) throw new PassThreadEnded('the thread of the passes has ended');
    const call = ++this.#lastCall;
    const { promise, resolve, reject } = Promise.withResolvers<FromPasses>();
    this.#pending.set(call, { resolve, reject });
    try {
      worker.postMessage(message(call));
      return await promise;
    } finally {
      this.#pending.delete(call);
    }
  }

  async #startAgain(): Promise<void> {
    this.#starting ??= pause(AGAIN_MS, this.#stopping.signal)
      .then(() => (this.#stopping.signal.aborted ? undefined : this.#start()))
      .finally(() => {
        this.#starting = null;
      });
    await this.#starting;
  }

  async #start(): Promise<void> {
    const worker = new Worker(ENTRY, {
      name: 'passes',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: OLD_GENERATION_MB },
    });
    const ready = Promise.withResolvers<void>();
    worker.on('message', (message: FromPasses) => this.#receive(message, ready));
    // With a listener, Node prints nothing of an error that nobody caught.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      const ended = new PassThreadEnded('the thread of the passes has ended');
      ready.reject(ended);
      for (const { reject } of this.#pending.values()) reject(ended);
    });
    worker.postMessage({ type: 'open', store: this.#store, settings: this.#settings } satisfies ToPasses);
    try {
      await ready.promise;
      this.#worker = worker;
      this.#heardAtRound = this.#round;
    } catch (error) {
      void worker.terminate();
      throw error instanceof PassThreadEnded
        ? new ChatStatsError('USAGE', 'the thread of the passes ended while it loaded them', { cause: error })
        : error;
    }
  }

  #receive(message: FromPasses, ready: { resolve(): void; reject(error: Error): void }): void {
    this.#heardAtRound = this.#round;
    switch (message.type) {
      case 'ready':
        this.#passes = message.passes;
        ready.resolve();
        break;
      case 'refused':
        ready.reject(new ChatStatsError(message.code, message.message, { hint: message.hint }));
        break;
      case 'pong':
        break;
      default:
        this.#pending.get(message.call)?.resolve(message);
    }
  }

  /** A pass that never lets go of the thread would keep all others from it. */
  async #watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await pause(PING_MS, this.#stopping.signal);
      // Nobody waits for it: it is left in peace, and owes no answer.
      if (this.#pending.size === 0) {
        this.#heardAtRound = this.#round;
        continue;
      }
      this.#round += 1;
      const isDeaf = (this.#round - this.#heardAtRound) * PING_MS > DEAF_MS;
      if (isDeaf) await this.#worker?.terminate();
      else this.#worker?.postMessage({ type: 'ping' } satisfies ToPasses);
    }
  }
}
