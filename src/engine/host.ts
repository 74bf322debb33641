import { ChatStatsError, LaneFullError, Lanes, LanesClosedError, must } from '../kernel/index.ts';
import type { ImportProgress } from '../pipeline/index.ts';
import { toPortable } from './portable-error.ts';
import type { CallName, Calls, FromEngine, Notices, ToEngine } from './protocol.ts';

/**
 * The engine's side of the protocol. Calls of all lanes are run one at a time, so that nobody ever has to ask whether
 * somebody else is writing; of those that wait, the one in the first lane is next.
 */
export const LANES = ['live', 'sealing', 'contacts', 'analysis', 'upkeep'] as const;
export type Lane = (typeof LANES)[number];

/** What a handler is given beside its arguments. */
export type HandlerContext = {
  store: string;
  /** Aborted when whoever called wants no answer any more, and when the engine stops. */
  signal: AbortSignal;
  progress(progress: ImportProgress): void;
  notify<N extends Exclude<keyof Notices, 'progress'>>(name: N, payload: Notices[N]): void;
  /** For work that goes on after the call was answered. A handler that has a lane must not wait for another task. */
  lanes: Lanes<Lane>;
  /** Aborted when the engine stops. */
  stopping: AbortSignal;
  /** Work that goes on after the call was answered: a stop waits for it, and its failure is the engine's failure. */
  background(work: Promise<void>): void;
};

/** How a call is answered. Without a lane it is answered at once, whatever is running: then it must not touch the store. */
export type Handler<N extends CallName> = {
  lane: Lane | null;
  run(args: Calls[N]['args'], context: HandlerContext): Promise<Calls[N]['result']>;
};
export type Handlers = { [N in Exclude<CallName, 'stop'>]?: Handler<N> };

/** The thread's end of the channel. */
export type Port = {
  postMessage(message: FromEngine): void;
  on(event: 'message', listener: (message: ToEngine) => void): unknown;
};

/**
 * Answers calls until it is told to stop; then everything has ended. Throws when a handler failed in a way that the
 * catalogue does not know: what the thread holds in memory may then be wrong, and a new thread starts from the store.
 */
export async function serve(port: Port, handlers: Handlers): Promise<void> {
  const host = new Host(port, handlers);
  port.on('message', (message) => host.receive(message));
  await host.ended;
}

class Host {
  readonly #port: Port;
  readonly #handlers: Handlers;
  readonly #lanes = new Lanes(LANES);
  readonly #calls = new Map<number, AbortController>();
  readonly #stopping = new AbortController();
  readonly #end = Promise.withResolvers<void>();
  /** Everything a stop waits for. */
  readonly #work = new Set<Promise<void>>();
  #store: string | null = null;

  constructor(port: Port, handlers: Handlers) {
    this.#port = port;
    this.#handlers = handlers;
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  receive(message: ToEngine): void {
    switch (message.type) {
      case 'open':
        this.#store = message.store;
        return;
      case 'cancel':
        this.#calls.get(message.call)?.abort();
        return;
      case 'call':
        if (message.name === 'stop') void this.#stop(message.call);
        else this.#keep(this.#answer(message.call, message.name, message.args));
    }
  }

  async #stop(call: number): Promise<void> {
    this.#stopping.abort();
    for (const abort of this.#calls.values()) abort.abort();
    await this.#lanes.close();
    while (this.#work.size > 0) await Promise.all(this.#work);
    this.#port.postMessage({ type: 'result', call, result: null });
    this.#end.resolve();
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch((error: unknown) => this.#fail(error)).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }

  #fail(error: unknown): void {
    // A stop closes the lanes; whoever waited in one need not say that they heard.
    if (this.#stopping.signal.aborted && error instanceof LanesClosedError) return;
    this.#end.reject(error);
  }

  async #answer(call: number, name: Exclude<CallName, 'stop'>, args: unknown): Promise<void> {
    const abort = new AbortController();
    this.#calls.set(call, abort);
    try {
      const result = await this.#run(call, name, args, abort.signal);
      this.#port.postMessage({ type: 'result', call, result });
    } catch (failure) {
      const error = toPortable(failure);
      this.#port.postMessage({ type: 'error', call, error });
      if (error.code === 'INTERNAL') throw failure;
    } finally {
      this.#calls.delete(call);
    }
  }

  async #run<N extends Exclude<CallName, 'stop'>>(call: number, name: N, args: unknown, signal: AbortSignal) {
    const handler: Handler<N> | undefined = this.#handlers[name];
    if (handler === undefined) throw new ChatStatsError('ENGINE_FAILED', `the engine does not know the call ${name}`);
    if (this.#stopping.signal.aborted) throw cancelled();
    // The other side is our own code, of this very version, and typed by the same map.
    const context = this.#context(call, signal);
    const work = async () => await handler.run(args as Calls[N]['args'], context);
    return handler.lane === null ? await work() : await inLane(this.#lanes, handler.lane, signal, work);
  }

  #context(call: number, signal: AbortSignal): HandlerContext {
    return {
      store: must(this.#store, 'a store is named before the first call'),
      signal,
      progress: (progress) => this.#port.postMessage({ type: 'notice', name: 'progress', payload: { call, progress } }),
      notify: (name, payload) => this.#port.postMessage({ type: 'notice', name, payload } as FromEngine),
      lanes: this.#lanes,
      stopping: this.#stopping.signal,
      background: (work) => this.#keep(work),
    };
  }
}

/** Runs when its turn comes. Cancelled before that, it is answered at once and never begins. Throws CANCELLED, ENGINE_BUSY. */
export function inLane<Name extends string, T>(
  lanes: Lanes<Name>,
  lane: Name,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let begun = false;
  if (signal.aborted) reject(cancelled());
  signal.addEventListener('abort', () => begun || reject(cancelled()), { once: true });
  const turn = lanes.run(lane, async () => {
    if (signal.aborted) return;
    begun = true;
    await work().then(resolve, reject);
  });
  turn.catch((error: unknown) => reject(error instanceof LaneFullError ? busy(error) : error));
  return promise;
}

function cancelled(): ChatStatsError {
  return new ChatStatsError('CANCELLED', 'the command was cancelled');
}

function busy(cause: LaneFullError): ChatStatsError {
  return new ChatStatsError('ENGINE_BUSY', `too many commands wait in the lane ${cause.lane}`, { cause });
}
