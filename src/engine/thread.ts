import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromEngine, ToEngine } from './protocol.ts';

/** Nearly all that the thread makes is short-lived; a small nursery keeps its memory small. Three halves of 8 MiB. */
const YOUNG_GENERATION_MB = 24;

const ENTRY = new URL(`worker${path.extname(import.meta.url)}`, import.meta.url);

/**
 * One life of the engine's thread, seen from the main thread. A thread may be started before it is known which store it
 * is for: it loads its code meanwhile, and opens nothing.
 */
export class EngineThread {
  readonly #worker: Worker;
  /** Settled when the thread has ended: with what it died of, or null. */
  readonly ended: Promise<unknown>;

  constructor(entry: URL = ENTRY) {
    this.#worker = new Worker(entry, {
      name: 'engine',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    // Until somebody wants it, it does not keep the process.
    this.#worker.unref();
    let cause: unknown = null;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.ended = promise;
    // With a listener, Node prints nothing of an error that nobody caught.
    this.#worker.once('error', (error) => {
      cause = error;
    });
    this.#worker.once('exit', () => resolve(cause));
  }

  open(store: string, listener: (message: FromEngine) => void): void {
    this.#worker.ref();
    this.#worker.on('message', listener);
    this.post({ type: 'open', store });
  }

  post(message: ToEngine): void {
    this.#worker.postMessage(message);
  }

  /** Ends it by force. A statement of SQLite that is running is waited for, as nothing can interrupt one. */
  terminate(): void {
    void this.#worker.terminate();
    this.#worker.unref();
  }
}

let ahead: EngineThread | null = null;

/** Starts a thread for the engine that will be wanted next, while the main thread is still reading what is asked for. */
export function startThreadAhead(): void {
  ahead ??= new EngineThread();
}

/** The thread that was started ahead, or a new one. */
export function takeThread(): EngineThread {
  const thread = ahead ?? new EngineThread();
  ahead = null;
  return thread;
}
