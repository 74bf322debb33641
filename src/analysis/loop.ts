import { type JobQueue, runJobs } from '../jobs/index.ts';
import { BackOff, Bell, type Clock, LanesClosedError, pause } from '../kernel/index.ts';
import { COMMITS_APART_MS, GATHER_MS, JOB_LIMITS, LOOK_MS, PROGRESS_MS, REPAIR_MS, STANDING_MS } from './limits.ts';
import type { Analysis, PassDesk } from './service.ts';

export type LoopOptions = {
  analysis: Analysis;
  queue: JobQueue;
  desk: Pick<PassDesk, 'run'>;
  clock: Clock;
  random: () => number;
  /** Jobs are run in this process; else by others. */
  takesJobs: boolean;
  /** Nothing is begun before this, in Unix milliseconds; null: nothing keeps it. */
  pausedUntilMs: number | null;
  /** A code, and words without names or text. */
  onProblem(code: string, text: string): void;
};

/** After a failure that may pass: a server that is there again is not kept waiting. */
const RETRY = { firstMs: 200, mostMs: 2_000, factor: 2 };

/** Keeps analysis going until it is stopped. What fails is told and tried again; following never waits for it. */
export class AnalysisLoop {
  readonly #options: LoopOptions;
  readonly #bell = new Bell();
  #repairedAt = Number.NEGATIVE_INFINITY;
  #recountedAt = Number.NEGATIVE_INFINITY;
  #pausedUntilMs: number | null;
  #toldOfBounds = '';
  /** There is more to do than to hear of commits. */
  #isUrgent = false;
  #hasPlans = false;
  /** Undefined: not asked for yet. */
  #standing: string | null | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#pausedUntilMs = options.pausedUntilMs;
  }

  /** There is something to do: what was asked for, or a job that is done. */
  wake(): void {
    this.#isUrgent = true;
    this.#bell.ring();
  }

  /** Something was committed, as it is with every message; there may be something to do about it. */
  committed(): void {
    this.#bell.ring();
  }

  /** Waits for a word, or so long. Before `run` alone. */
  async woken(ms: number, signal: AbortSignal): Promise<void> {
    await this.#bell.wait(ms, signal);
  }

  /** Until when nothing is begun, in Unix milliseconds; null: nothing keeps it. */
  get pausedUntilMs(): number | null {
    return this.#pausedUntilMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, desk, random, takesJobs } = this.#options;
    await this.#persistently(() => this.#begin(), signal);
    const runner = runJobs(
      {
        taker: queue,
        work: (job, over) => desk.run(job, over),
        concurrency: takesJobs ? JOB_LIMITS.concurrency.live + JOB_LIMITS.concurrency.batch : 0,
        leaseMs: JOB_LIMITS.leaseMs,
        idleMs: LOOK_MS,
        random,
        onStep: () => this.wake(),
        onProblem: (error) => this.#problem(error),
      },
      takesJobs ? signal : AbortSignal.abort(),
    );
    while (!signal.aborted) {
      const begunMs = performance.now();
      this.#isUrgent = false;
      await this.#persistently(() => this.#round(signal), signal);
      if (signal.aborted) break;
      const isWoken = await this.#bell.wait(await this.#restMs(), signal);
      // Whatever else comes with it is one round, not many; in lively chats there is a word with every message.
      await pause(GATHER_MS, signal);
      while (isWoken && !this.#isUrgent && !signal.aborted) {
        const leftMs = COMMITS_APART_MS - (performance.now() - begunMs);
        if (leftMs <= 0) break;
        await this.#bell.wait(leftMs, signal);
      }
    }
    await runner;
  }

  async #begin(): Promise<void> {
    await this.#options.analysis.begin();
    await this.#lookForLoss();
  }

  /** A queue that was emptied, or is another, knows neither its jobs nor whether it is paused. */
  async #lookForLoss(): Promise<void> {
    const { queue } = this.#options;
    const standing = await queue.standing();
    if (standing === this.#standing) return;
    if (this.#pausedUntilMs === null) await queue.resume();
    else await queue.pause();
    this.#repairedAt = Number.NEGATIVE_INFINITY;
    // Noted last, and as it was before all that: whatever is cut off, or lost meanwhile, is done again.
    this.#standing = standing;
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { analysis, clock } = this.#options;
    await this.#endPause();
    while ((await analysis.hear()) && !signal.aborted);
    await this.#lookForLoss();
    while ((await analysis.settle()) && !signal.aborted);
    if (this.#pausedUntilMs === null) {
      if (clock.now() - this.#repairedAt >= REPAIR_MS) {
        await analysis.repair();
        this.#repairedAt = clock.now();
      }
      if ((await analysis.plan()) && !signal.aborted) this.wake();
      if ((await analysis.fill()) && !signal.aborted) this.wake();
      await this.#tellBounds();
    }
    // How far it is, now and then; that it is done, at once.
    if (clock.now() - this.#recountedAt >= PROGRESS_MS || !(await analysis.isAnyQueued())) {
      this.#recountedAt = clock.now();
      this.#hasPlans = await analysis.recount();
    }
  }

  async #endPause(): Promise<void> {
    const { clock, queue, onProblem } = this.#options;
    if (this.#pausedUntilMs === null || clock.now() < this.#pausedUntilMs) return;
    this.#pausedUntilMs = null;
    await queue.resume();
    onProblem('ANALYSIS_RESUMED', 'analysis was paused for as long as it may be, and goes on now');
  }

  async #tellBounds(): Promise<void> {
    const names = (await this.#options.analysis.exhausted()).join(', ');
    if (names === this.#toldOfBounds) return;
    this.#toldOfBounds = names;
    if (names !== '') this.#options.onProblem('ANALYSIS_BOUND', `${names} has used what it may on one day, and waits`);
  }

  async #restMs(): Promise<number> {
    const { analysis, clock } = this.#options;
    try {
      const due = await analysis.nextDue();
      const look = this.#hasPlans ? PROGRESS_MS : this.#standing === null ? LOOK_MS : STANDING_MS;
      const most = Math.min(look, Math.max(0, (this.#pausedUntilMs ?? Number.POSITIVE_INFINITY) - clock.now()));
      // What is due and was not begun waits for room in the queue, of which there will be a word, or for another day.
      return due === null || due <= clock.now() ? most : Math.min(most, due - clock.now());
    } catch {
      // The store cannot be read for the moment.
      return RETRY.mostMs;
    }
  }

  async #persistently(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const backOff = new BackOff({ ...RETRY, random: this.#options.random });
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (signal.aborted || error instanceof LanesClosedError) return;
        this.#problem(error);
        await pause(backOff.next(), signal);
      }
    }
  }

  #problem(error: unknown): void {
    if (error instanceof LanesClosedError) return;
    const { name, code } = error as { name?: unknown; code?: unknown };
    const words = [name, code].filter((word) => /^\w{1,60}$/.test(String(word ?? '')));
    this.#options.onProblem('ANALYSIS_FAILED', `analysis could not go on for the moment (${words.join(' ')})`);
  }
}
