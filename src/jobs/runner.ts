import { BackOff, pause } from '../kernel/index.ts';
import type { JobFailure, JobTaker, LeasedJob } from './contract.ts';

/** What came of a job; `null`: it was not finished because whoever ran it is stopping, and is to be given back. */
export type JobOutcome = { result: unknown } | { failure: JobFailure } | null;

export type RunnerOptions = {
  taker: JobTaker;
  /** Computes one job. A rejection is a failure of the runner's own, told without its message, and tried again. */
  work(job: LeasedJob, signal: AbortSignal): Promise<JobOutcome>;
  /** How many jobs this runner has at once. */
  concurrency: number;
  leaseMs: number;
  /** How long it waits at most before it looks for jobs again, in milliseconds. */
  idleMs: number;
  random: () => number;
  /** After each taking, and after each word of what came of one. */
  onStep?(): void;
  /** The queue could not be reached; it is tried again, with pauses that grow. */
  onProblem?(error: unknown): void;
};

/** Leases are extended when so much of them has passed. */
const EXTEND_AFTER = 1 / 3;
const UNREACHABLE = { firstMs: 100, mostMs: 2_000, factor: 2 };

/** Takes jobs from a queue until it is stopped: then it takes no more, and gives back what is not done. Never rejects. */
export async function runJobs(options: RunnerOptions, signal: AbortSignal): Promise<void> {
  await new Runner(options, signal).run();
}

class Runner {
  readonly #options: RunnerOptions;
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<void>>();
  readonly #unreachable: BackOff;

  constructor(options: RunnerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#unreachable = new BackOff({ ...UNREACHABLE, random: options.random });
  }

  async run(): Promise<void> {
    const { taker, concurrency, idleMs, onStep, onProblem } = this.#options;
    while (!this.#signal.aborted) {
      try {
        const room = concurrency - this.#running.size;
        const jobs = room > 0 ? await taker.lease(room) : [];
        for (const job of jobs) this.#begin(job);
        this.#unreachable.reset();
        if (jobs.length > 0) onStep?.();
        if (jobs.length < room || room === 0) await this.#untilThereIsRoom(idleMs, room === 0);
      } catch (error) {
        if (this.#signal.aborted) break;
        onProblem?.(error);
        await pause(this.#unreachable.next(), this.#signal);
      }
    }
    await Promise.all(this.#running);
  }

  /** Until one is done, where this runner is full; else until there may be something to take. */
  async #untilThereIsRoom(ms: number, isFull: boolean): Promise<void> {
    if (isFull) await Promise.race(this.#running);
    else await this.#options.taker.next(ms, this.#signal);
  }

  #begin(job: LeasedJob): void {
    const running = this.#compute(job)
      .catch((error: unknown) => {
        // Nobody could be told what came of it: the lease runs out, and it is taken again.
        if (!this.#signal.aborted) this.#options.onProblem?.(error);
      })
      .finally(() => {
        this.#running.delete(running);
        this.#options.onStep?.();
      });
    this.#running.add(running);
  }

  async #compute(job: LeasedJob): Promise<void> {
    const { taker } = this.#options;
    const over = new AbortController();
    const lost = new AbortController();
    const kept = this.#keep(job, over.signal, lost);
    const outcome = await this.#outcome(job, AbortSignal.any([this.#signal, lost.signal])).finally(() => over.abort());
    await kept;
    if (lost.signal.aborted) return;
    if (outcome === null) await taker.release(job);
    else if ('result' in outcome) await taker.complete(job, outcome.result);
    else await taker.fail(job, outcome.failure);
  }

  async #outcome(job: LeasedJob, signal: AbortSignal): Promise<JobOutcome> {
    try {
      return await this.#options.work(job, signal);
    } catch (error) {
      if (this.#signal.aborted) return null;
      // Its message may quote what it was working on.
      const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
      return { failure: { code: 'RUNNER_FAILED', reason: `whoever ran the job failed (${name})` } };
    }
  }

  /** Extends the lease until `over`; a lease that is lost ends the work. A queue that is away for a moment is asked again. */
  async #keep(job: LeasedJob, over: AbortSignal, lost: AbortController): Promise<void> {
    const { taker, leaseMs } = this.#options;
    while (!over.aborted) {
      await pause(leaseMs * EXTEND_AFTER, over);
      if (over.aborted) return;
      try {
        if ((await taker.extend(job)) === null) lost.abort();
      } catch {
        // It runs out by itself when the queue stays away.
      }
      if (lost.signal.aborted) return;
    }
  }
}
