import {
  Analysis,
  JOB_LIMITS,
  LIVE_AFTER_MS,
  LIVE_MOST_MS,
  type LoadedPass,
  type Pass,
  PassRuns,
  prepare,
} from '../../src/analysis/index.ts';
import { EmbeddedQueue, type JobQueue, type LeasedJob } from '../../src/jobs/index.ts';
import type { Clock } from '../../src/kernel/index.ts';
import type { Database } from '../../src/sqlite/index.ts';
import { openStoreForWriting } from '../../src/store/index.ts';

/** A pass as loading makes it, for tests. */
export function loadedPass(pass: Pass): LoadedPass {
  const kinds = [pass.kind].flat() as ('live' | 'batch')[];
  const { name, version, priority = 1, bounds = null } = pass;
  return { pass, info: { name, version, kinds, priority, bounds, origin: 'module' } };
}

export type DriverOptions = {
  store: string;
  clock: Clock;
  passes: readonly LoadedPass[];
  seed?: number;
  /** The queue, where it is not the embedded one. */
  queue?: JobQueue;
};

/**
 * The path of analysis, step by step and in one thread, so that a test decides what happens in which order, and a crash
 * can come between any two statements. Its writer is a connection of its own, as that of the engine is.
 */
export class AnalysisDriver implements Disposable {
  readonly db: Database;
  readonly analysis: Analysis;
  readonly queue: JobQueue;
  readonly runs: PassRuns;
  /** What happens after conversations were read, and before it is decided what becomes of them. */
  meanwhile: () => Promise<unknown> = async () => null;

  constructor({ store, clock, passes, seed = 1, queue }: DriverOptions) {
    this.db = openStoreForWriting(store);
    const inTurn = async <T>(task: (db: Database) => T) => task(this.db);
    let state = seed;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
    this.queue = queue ?? new EmbeddedQueue({ ...JOB_LIMITS, clock, random, inTurn });
    this.runs = new PassRuns(passes);
    this.analysis = new Analysis({
      clock,
      queue: this.queue,
      inTurn,
      desk: {
        passes: passes.map(({ info }) => info),
        prepare: async (wanted) => {
          const prepared = prepare(this.db, wanted, passes);
          await this.meanwhile();
          return prepared;
        },
      },
      onCommitted: () => {},
      liveAfterMs: LIVE_AFTER_MS,
      liveMostMs: LIVE_MOST_MS,
    });
  }

  /** Everything that is to be done at this moment. */
  async run(): Promise<void> {
    await this.analysis.begin();
    await this.analysis.repair();
    for (let more = true; more; ) more = await this.round();
  }

  /** One round; true when something happened. */
  async round(): Promise<boolean> {
    while (await this.analysis.hear());
    while (await this.analysis.plan());
    while (await this.analysis.fill());
    const jobs = await this.queue.lease(8);
    await this.analysis.settle();
    for (const job of jobs) await this.work(job);
    while (await this.analysis.settle());
    await this.analysis.recount();
    return jobs.length > 0;
  }

  async work(job: LeasedJob): Promise<void> {
    const outcome = await this.runs.run(job, new AbortController().signal);
    if (outcome === null) await this.queue.release(job);
    else if ('result' in outcome) await this.queue.complete(job, outcome.result);
    else await this.queue.fail(job, outcome.failure);
  }

  results(): Record<string, unknown>[] {
    return this.db.all('SELECT * FROM analysis_results ORDER BY conversation_id, pass, kind');
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}
