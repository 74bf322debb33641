import type { JobKind, JobOutcome, JobQueue, LeasedJob } from '../jobs/index.ts';
import { JOB_KINDS } from '../jobs/index.ts';
import { ChatStatsError, type Clock } from '../kernel/index.ts';
import type { NewEvent } from '../model/index.ts';
import { appendEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Decided, decide } from './decide.ts';
import { beginToHear, type HearOptions, hear } from './hear.ts';
import { MOST_QUEUED, PREPARED_AT_ONCE, SETTLED_AT_ONCE } from './limits.ts';
import type { PassInfo } from './pass.ts';
import {
  beginPlan,
  forecast,
  hasPlansToWorkOn,
  openPlans,
  type Plan,
  type PlanForecast,
  type PlanScope,
  planSlice,
  recountPlan,
  releaseSlice,
} from './plans.ts';
import type { Prepared, Wanted } from './prepare.ts';
import { finishRun, markOldVersions, startRuns } from './runs.ts';
import { dueTargets, nextDue, type OpenTarget } from './targets.ts';
import { usageOf } from './usage.ts';

/** Where passes are, and conversations are read: a thread of its own as a rule. */
export type PassDesk = {
  passes: readonly PassInfo[];
  prepare(wanted: readonly Wanted[]): Promise<(Prepared | null)[]>;
  run(job: LeasedJob, signal: AbortSignal): Promise<JobOutcome>;
};

export type AnalysisOptions = {
  clock: Clock;
  desk: Pick<PassDesk, 'passes' | 'prepare'>;
  queue: JobQueue;
  /** Runs a task with the store's writer when its turn comes. Tasks are short. */
  inTurn<T>(task: (db: Database) => T): Promise<T>;
  /** After every commit that has something to tell: the position of its last event. */
  onCommitted(position: number): void;
  liveAfterMs: number;
  liveMostMs: number;
};

/**
 * The path from what was said to what was found in it. Every step is a few short transactions, and each begins from what
 * the store says: cut off anywhere, the same step done again goes on. What is computed twice is written once.
 *
 *   hear     events → targets        (which conversation wants to be looked at)
 *   plan     plans → targets         (what was said before)
 *   fill     targets → runs, jobs    (what there is no result of)
 *   settle   jobs → results          (what came of them)
 *   repair   runs → targets          (what the queue has lost)
 */
export class Analysis {
  readonly #options: AnalysisOptions;

  constructor(options: AnalysisOptions) {
    this.#options = options;
  }

  get passes(): readonly PassInfo[] {
    return this.#options.desk.passes;
  }

  /** Once, before anything else. */
  async begin(): Promise<void> {
    await this.#write((db) => {
      beginToHear(db, this.#now);
      for (const { name, version } of this.passes) markOldVersions(db, name, version, this.#now);
    });
  }

  /** True when there is more to hear at once. */
  async hear(): Promise<boolean> {
    const { inTurn, queue, liveAfterMs, liveMostMs } = this.#options;
    const options: HearOptions = { passes: this.passes, nowMs: this.#now, liveAfterMs, liveMostMs };
    const { more, unwanted } = await inTurn((db) => hear(db, options));
    if (unwanted.length > 0) await queue.forget(unwanted);
    return more;
  }

  /** True when there is more to plan, or to let go of, at once. */
  async plan(): Promise<boolean> {
    const { inTurn } = this.#options;
    if (!(await inTurn(hasPlansToWorkOn))) return false;
    const planned = await this.#tell((db) => {
      const plan = openPlans(db).find(({ state }) => state === 'planning');
      return { value: plan !== undefined, events: plan === undefined ? [] : planSlice(db, plan, this.#now) };
    });
    const { more, unwanted } = await this.#write((db) => releaseSlice(db, this.#now));
    if (unwanted.length > 0) await this.#options.queue.forget(unwanted);
    return planned || more;
  }

  /** Puts what is due into the queue, as far as there is room; true when there is more and room for it. */
  async fill(): Promise<boolean> {
    const { inTurn, desk, queue } = this.#options;
    const targets = await inTurn((db) => this.#due(db));
    if (targets.length === 0) return false;
    const prepared = await desk.prepare(targets);
    const { jobs, unwanted } = await this.#tell((db) => {
      const decided: Decided = { events: [], jobs: [], unwanted: [] };
      for (const [at, target] of targets.entries()) {
        const pass = this.passes.find(({ name }) => name === target.pass);
        if (pass !== undefined) decide(db, target, prepared[at] ?? null, { pass, nowMs: this.#now, decided });
      }
      return { value: decided, events: decided.events };
    });
    // Only what is committed is told to the queue; what it is not told of, because this is cut off here, is repaired.
    if (unwanted.length > 0) await queue.forget(unwanted);
    if (jobs.length > 0) await queue.enqueue(jobs);
    return targets.length === PREPARED_AT_ONCE;
  }

  #due(db: Database): OpenTarget[] {
    const queued = new Map(
      db
        .all<{ kind: JobKind; count: number }>(
          // Not the runs: one that the queue has lost takes no room in it, and needs some.
          `SELECT kind, count(*) AS count FROM analysis_targets WHERE state = 'queued' GROUP BY kind`,
        )
        .map(({ kind, count }) => [kind, count]),
    );
    const found: OpenTarget[] = [];
    for (const kind of JOB_KINDS) {
      const limit = Math.min(PREPARED_AT_ONCE - found.length, MOST_QUEUED - (queued.get(kind) ?? 0));
      const passes = this.passes
        .filter((pass) => pass.kinds.includes(kind) && this.#isWithinBounds(db, pass))
        .map(({ name }) => name);
      if (limit > 0) found.push(...dueTargets(db, { passes, kinds: [kind], nowMs: this.#now, limit }));
    }
    return found;
  }

  /** Whether a pass may begin something today: by what it has used, and what is under way is thought to use. */
  #isWithinBounds(db: Database, { name, bounds }: PassInfo): boolean {
    if (bounds === null) return true;
    const used = usageOf(db, name, this.#now);
    const open = db.get<{ tokens: number; cost: number }>(
      `SELECT coalesce(sum(tokens), 0) AS tokens, coalesce(sum(cost), 0) AS cost FROM analysis_runs
       WHERE pass = ? AND state IN ('queued', 'started')`,
      name,
    ) ?? { tokens: 0, cost: 0 };
    const isLeft = (bound: number | null, amount: number) => bound === null || amount < bound;
    return isLeft(bounds.tokens, used.tokens + open.tokens) && isLeft(bounds.cost, used.cost + open.cost);
  }

  /** Passes that may begin nothing more today. */
  async exhausted(): Promise<string[]> {
    return await this.#options.inTurn((db) =>
      this.passes.filter((pass) => !this.#isWithinBounds(db, pass)).map(({ name }) => name),
    );
  }

  /** Writes what came of jobs; true when there may be more. */
  async settle(): Promise<boolean> {
    const { queue } = this.#options;
    const [active, finished] = [await queue.active(), await queue.finished(SETTLED_AT_ONCE)];
    if (active.length === 0 && finished.length === 0) return false;
    await this.#tell((db) => ({
      value: null,
      events: [...startRuns(db, active, this.#now), ...finished.flatMap((job) => finishRun(db, job, this.#now))],
    }));
    // A kill here leaves jobs whose runs are over: they are forgotten the next time.
    if (finished.length > 0) await queue.forget(finished.map(({ id }) => id));
    return finished.length === SETTLED_AT_ONCE;
  }

  /** Whether anything is in the queue, or has come back from it and is not written yet. */
  async isAnyQueued(): Promise<boolean> {
    const sql = `SELECT 1 FROM analysis_targets WHERE state = 'queued' LIMIT 1`;
    return await this.#options.inTurn((db) => db.value(sql) !== null);
  }

  /** Looks at plans that go on: how far they are, and whether they are done. True while there are any. */
  async recount(): Promise<boolean> {
    if ((await this.#options.inTurn(openPlans)).length === 0) return false;
    return await this.#tell((db) => {
      const events = openPlans(db).flatMap((plan) => recountPlan(db, plan, this.#now));
      return { value: openPlans(db).length > 0, events };
    });
  }

  /** Opens the targets of runs that the queue does not know, so that they are queued again. */
  async repair(): Promise<number> {
    const { inTurn, queue } = this.#options;
    const runs = await inTurn((db) =>
      db.all<{ id: number; job: string }>(
        `SELECT id, job FROM analysis_runs WHERE state IN ('queued', 'started') ORDER BY id`,
      ),
    );
    if (runs.length === 0) return 0;
    const known = await queue.known(runs.map(({ job }) => job));
    const lost = runs.filter(({ job }) => !known.has(job)).map(({ id }) => id);
    if (lost.length === 0) return 0;
    return await this.#write((db) => {
      const { changes } = db.run(
        `UPDATE analysis_targets SET state = 'open', asked = asked + 1, due_at = ?1
         WHERE state = 'queued' AND run_id IN (SELECT value FROM json_each(?2))`,
        this.#now,
        JSON.stringify(lost),
      );
      // One whose target went on without it waits for nothing.
      db.run(
        `UPDATE analysis_runs SET state = 'replaced', finished_at = ?1 WHERE id IN (SELECT value FROM json_each(?2))
           AND state IN ('queued', 'started') AND NOT EXISTS (
             SELECT 1 FROM analysis_targets t WHERE t.conversation_id = analysis_runs.conversation_id
               AND t.pass = analysis_runs.pass AND t.kind = analysis_runs.kind AND t.run_id = analysis_runs.id)`,
        this.#now,
        JSON.stringify(lost),
      );
      return changes;
    });
  }

  /** When something is due next, in Unix milliseconds; null when nothing is. */
  async nextDue(): Promise<number | null> {
    const names = this.passes.map(({ name }) => name);
    return await this.#options.inTurn((db) => nextDue(db, names));
  }

  /** Plans an analysis of what was said before. Throws USAGE for a pass that is not on, or is none for this. */
  async begun(what: Plan['what'], names: readonly string[] | null, scope: PlanScope): Promise<number> {
    const passes = this.#named(names);
    return await this.#tell((db) => {
      const { id, events } = beginPlan(db, { what, passes, scope, nowMs: this.#now });
      return { value: id, events };
    });
  }

  /** What that would do. */
  async forecast(names: readonly string[] | null, scope: PlanScope): Promise<PlanForecast> {
    const passes = this.#named(names);
    return await this.#options.inTurn((db) => forecast(db, passes, scope));
  }

  #named(names: readonly string[] | null): PassInfo[] {
    const batch = this.passes.filter(({ kinds }) => kinds.includes('batch'));
    if (names === null) return batch;
    return names.map((name) => {
      const pass = batch.find((candidate) => candidate.name === name);
      if (pass === undefined)
        throw new ChatStatsError(
          'PASS_NOT_FOUND',
          'no pass of that name is on that looks at conversations that are over',
        );
      return pass;
    });
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  #write<T>(work: (db: Database) => T): Promise<T> {
    return this.#options.inTurn((db) => db.transaction(() => work(db)));
  }

  /** One transaction with the events of what it did. */
  async #tell<T>(work: (db: Database) => { value: T; events: readonly NewEvent[] }): Promise<T> {
    const { value, position } = await this.#write((db) => {
      const done = work(db);
      return { value: done.value, position: appendEvents(db, this.#now, done.events) };
    });
    if (position !== null) this.#options.onCommitted(position);
    return value;
  }
}
