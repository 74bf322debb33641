import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ChatStatsError } from '../kernel/index.ts';
import type { HeavyCalls, HeavyName } from './heavy-calls.ts';
import type { HeavyAnswer, HeavyRequest } from './heavy-worker.ts';

const ENTRY = new URL(`heavy-worker${path.extname(import.meta.url)}`, import.meta.url);
/** Requests that wait; more are refused. */
const MOST_WAITING = 64;
/** What it makes is short-lived: a small nursery keeps its memory small. */
const YOUNG_GENERATION_MB = 12;

type Pending = { resolve(answer: { position: number; value: unknown }): void; reject(error: unknown): void };

/** Asks the thread that answers what takes long. One that died is followed by another when it is next asked. */
export class HeavyReader implements AsyncDisposable {
  readonly #store: string;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #lastCall = 0;

  constructor(store: string) {
    this.#store = store;
  }

  /** Loads its code before it is wanted. */
  start(): void {
    this.#worker ??= this.#newWorker();
  }

  async ask<N extends HeavyName>(
    name: N,
    args: HeavyCalls[N]['args'],
  ): Promise<{ position: number; value: HeavyCalls[N]['result'] }> {
    if (this.#pending.size >= MOST_WAITING) {
      throw new ChatStatsError('ENGINE_BUSY', `${MOST_WAITING} questions that take long are waiting already`);
    }
    this.start();
    const call = ++this.#lastCall;
    const { promise, resolve, reject } = Promise.withResolvers<{ position: number; value: unknown }>();
    this.#pending.set(call, { resolve, reject });
    this.#worker?.postMessage({ call, name, args } satisfies HeavyRequest);
    try {
      return (await promise) as { position: number; value: HeavyCalls[N]['result'] };
    } finally {
      this.#pending.delete(call);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker !== null) void worker.terminate();
    this.#refuse('the server has stopped');
  }

  #newWorker(): Worker {
    const worker = new Worker(ENTRY, {
      name: 'reader',
      workerData: { store: this.#store },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.unref();
    worker.on('message', (answer: HeavyAnswer) => {
      const pending = this.#pending.get(answer.call);
      if ('error' in answer) pending?.reject(new ChatStatsError(answer.error.code, answer.error.message));
      else pending?.resolve({ position: answer.position, value: answer.result });
    });
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#refuse('the thread that reads ended before it had answered');
    });
    return worker;
  }

  #refuse(why: string): void {
    for (const { reject } of this.#pending.values()) reject(new ChatStatsError('ENGINE_FAILED', why));
  }
}
