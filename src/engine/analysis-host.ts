import { statSync } from 'node:fs';
import {
  Analysis,
  AnalysisLoop,
  JOB_LIMITS,
  LIVE_AFTER_MS,
  LIVE_MOST_MS,
  PassThread,
  type PlanForecast,
} from '../analysis/index.ts';
import { BullQueue, EmbeddedQueue, type JobQueue, SHARED_CONCURRENCY } from '../jobs/index.ts';
import { ChatStatsError, pause, systemClock, systemRandom } from '../kernel/index.ts';
import { writeSetting } from '../load/index.ts';
import type { Database } from '../sqlite/index.ts';
import { findChat, llmConsentKey, openStoreForWriting, storeHoldsMessages } from '../store/index.ts';
import type { HandlerContext } from './host.ts';
import type { AnalysisArgs, AnalysisState, PlanArgs } from './protocol.ts';

/** Analysis has its rows in few pages; what it reads of messages is read elsewhere. In KiB. */
const CACHE_KIB = 8_192;

/** There is nothing to analyse yet; the loop looks again. */
class NoStoreYet extends Error {
  override readonly name = 'NO_STORE_YET';
}

/**
 * The writer of analysis: a connection of its own, used in its lane alone, so that nobody else of this thread writes at
 * that moment. A store without messages is left alone, because a first import builds another in its place.
 */
class AnalysisWriter implements Disposable {
  readonly #file: string;
  #db: Database | null = null;
  #identity = '';

  constructor(file: string) {
    this.#file = file;
  }

  get db(): Database {
    const stat = statSync(this.#file, { throwIfNoEntry: false });
    const identity = stat === undefined ? '' : `${stat.dev}.${stat.ino}`;
    if (this.#db !== null && identity === this.#identity) return this.#db;
    this.#db?.close();
    this.#db = null;
    if (stat === undefined || !storeHoldsMessages(this.#file)) throw new NoStoreYet('the store holds no messages yet');
    this.#db = openStoreForWriting(this.#file);
    this.#db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    this.#identity = identity;
    return this.#db;
  }

  [Symbol.dispose](): void {
    this.#db?.close();
    this.#db = null;
  }
}

type InTurn = <T>(task: (db: Database) => T) => Promise<T>;
type Running = { analysis: Analysis; loop: AnalysisLoop; queue: JobQueue; inTurn: InTurn };

/** Analysis in the engine's thread: it decides and writes; reading conversations and running passes happens in another. */
export class AnalysisHost {
  #running: Running | null = null;
  #isStarting = false;

  /** Loads the passes and begins. Throws USAGE where they cannot be loaded; ENGINE_BUSY when it has begun already. */
  async start(args: AnalysisArgs, context: HandlerContext): Promise<AnalysisState> {
    if (this.#running !== null || this.#isStarting) {
      throw new ChatStatsError('ENGINE_BUSY', 'the engine analyses conversations already');
    }
    this.#isStarting = true;
    try {
      const desk = await PassThread.start(context.store, args.passes);
      const running = this.#made(args, context, desk);
      this.#running = running;
      context.background(this.#work(running, desk, args, context));
      return await this.state();
    } finally {
      this.#isStarting = false;
    }
  }

  #made(args: AnalysisArgs, { store, lanes, notify }: HandlerContext, desk: PassThread): Running {
    const writer = new AnalysisWriter(store);
    const inTurn = <T>(task: (db: Database) => T) => lanes.run('analysis', () => task(writer.db));
    const clock = systemClock;
    const limits = { ...JOB_LIMITS, clock, random: systemRandom };
    const queue: JobQueue =
      args.redisUrl === null
        ? new EmbeddedQueue({ ...limits, inTurn })
        : new BullQueue({
            ...limits,
            concurrency: SHARED_CONCURRENCY,
            url: args.redisUrl,
            onNews: () => this.#running?.loop.wake(),
          });
    const onCommitted = (position: number) => notify('committed', { position });
    const [liveAfterMs, liveMostMs] = [args.liveAfterMs ?? LIVE_AFTER_MS, args.liveMostMs ?? LIVE_MOST_MS];
    const analysis = new Analysis({ clock, desk, queue, inTurn, onCommitted, liveAfterMs, liveMostMs });
    const loop = new AnalysisLoop({
      ...{
        analysis,
        queue,
        desk,
        clock,
        random: systemRandom,
        takesJobs: args.takesJobs,
        pausedUntilMs: args.pausedUntilMs,
      },
      onProblem: (code, text) => notify('problem', { code, text }),
    });
    return { analysis, loop, queue, inTurn };
  }

  async #work(
    { loop, queue, inTurn }: Running,
    desk: PassThread,
    { consent }: AnalysisArgs,
    { store, stopping }: HandlerContext,
  ): Promise<void> {
    try {
      await untilThereIsAStore(store, loop, stopping);
      if (consent !== null && !stopping.aborted) await inTurn((db) => keepConsent(db, consent));
      // The owner before this one may have been killed in the middle of something.
      if (queue instanceof EmbeddedQueue && !stopping.aborted) await queue.reclaim();
      await Promise.race([loop.run(stopping), graceAfter(stopping)]);
    } finally {
      this.#running = null;
      await Promise.race([queue[Symbol.asyncDispose](), pause(GRACE_MS)]);
      await desk[Symbol.asyncDispose]();
    }
  }

  /** Something was committed by somebody else. */
  committed(): void {
    this.#running?.loop.committed();
  }

  async state(): Promise<AnalysisState> {
    if (this.#running === null) return { isOn: false, passes: [], pausedUntil: null };
    const { analysis, loop } = this.#running;
    const until = loop.pausedUntilMs;
    return {
      isOn: true,
      passes: [...analysis.passes],
      pausedUntil: until === null ? null : new Date(until).toISOString(),
    };
  }

  /** Plans, or says what would be planned. */
  async plan({ what, passes, chat, top, isDry }: PlanArgs): Promise<{ plan: number | null; forecast: PlanForecast }> {
    const { analysis, loop, inTurn } = this.#here();
    const named = chat === null ? null : await this.#stored(() => inTurn((db) => chatIn(db, chat)));
    const scope = { chat: named, top };
    const forecast = await this.#stored(() => analysis.forecast(passes, scope));
    if (isDry) return { plan: null, forecast };
    const plan = await analysis.begun(what, passes, scope);
    loop.wake();
    return { plan, forecast };
  }

  async #stored<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NoStoreYet) throw new ChatStatsError('STORE_NOT_FOUND', error.message, { cause: error });
      throw error;
    }
  }

  #here(): Running {
    if (this.#running === null) throw new ChatStatsError('ANALYSIS_OFF', 'no conversations are analysed here');
    return this.#running;
  }
}

const LOOK_MS = 500;
/** A queue that does not answer is not waited for any longer once the engine stops; its leases run out by themselves. */
const GRACE_MS = 1_000;

async function graceAfter(stopping: AbortSignal): Promise<void> {
  if (!stopping.aborted) {
    await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
  }
  await pause(GRACE_MS);
}

async function untilThereIsAStore(store: string, loop: AnalysisLoop, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted && !holdsMessages(store)) await loop.woken(LOOK_MS, stopping);
}

function holdsMessages(store: string): boolean {
  try {
    return storeHoldsMessages(store);
  } catch {
    // It is being made, or cannot be read for the moment; whoever writes it tells of that.
    return false;
  }
}

function chatIn(db: Database, chat: string): number {
  const id = findChat(db, chat);
  if (id === null) throw new ChatStatsError('CHAT_NOT_FOUND', 'the store has no such chat');
  return id;
}

function keepConsent(db: Database, { origin, isGiven }: { origin: string; isGiven: boolean }): void {
  writeSetting(db, llmConsentKey(origin), isGiven ? 'yes' : 'no');
}
