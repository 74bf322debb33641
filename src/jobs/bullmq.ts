import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import { BackOff, Bell, type Clock } from '../kernel/index.ts';
import { type BullConnection, CHANNEL, connectBull, MARK, type Side } from './bullmq-connection.ts';
import { CLEAR, FIELDS, HOLD } from './bullmq-scripts.ts';
import {
  type FinishedJob,
  type JobCounts,
  type JobFailure,
  type JobQueue,
  type JobQueueOptions,
  type LeasedJob,
  MOST_PAYLOAD_BYTES,
  type NewJob,
} from './contract.ts';
import { checkedJobId } from './job-id.ts';
import { JOB_KINDS, type JobKind } from './kinds.ts';

export type BullOptions = JobQueueOptions & {
  /** Where Redis is; it may hold a password. */
  url: string;
  clock: Clock;
  /** In [0, 1), for pauses. */
  random: () => number;
  /** Somebody, perhaps on another machine, has put jobs in, or said what came of one; or the server is there again. */
  onNews?(): void;
};

/**
 * How many jobs may be active at once where machines take them: more than anybody has workers for. What keeps a machine
 * from being overrun is how many jobs its worker has at once.
 */
export const SHARED_CONCURRENCY: JobQueueOptions['concurrency'] = { live: 256, batch: 256 };

/** Looked at without having heard anything: a pause is over, or a word was lost, in milliseconds. */
const LOOK_MS = 1_000;
/** Jobs that are asked for at once. */
const LEASES_AT_ONCE = 16;
const KEYS_AT_ONCE = 500;
const EXPIRED = { code: 'LEASE_EXPIRED', reason: 'whoever took the job ended, or forgot about it, before it was done' };

/**
 * Jobs on Redis, kept by BullMQ: one queue for each kind. BullMQ moves jobs, holds their locks and finds those whose lock
 * has run out; when a job has failed for good is decided here, as the contract has it. What came of a job never goes
 * through BullMQ's own result, which it repeats in a stream of events: it may have text, and leaves with the job.
 */
export class BullQueue implements JobQueue {
  readonly #options: BullOptions;
  readonly #bell = new Bell();
  #opening: Promise<BullConnection> | null = null;
  #isClosed = false;

  /** Connects when it is first used; until that succeeds, and whenever Redis is away, everything rejects. */
  constructor(options: BullOptions) {
    this.#options = options;
  }

  async enqueue(jobs: readonly NewJob[]): Promise<string[]> {
    const checked = new Map<string, NewJob>();
    for (const job of jobs) {
      if (Buffer.byteLength(JSON.stringify(job.payload)) > MOST_PAYLOAD_BYTES)
        throw new Error('the payload of a job is too long');
      if (!checked.has(checkedJobId(job.id))) checked.set(job.id, job);
    }
    const known = await this.known([...checked.keys()]);
    const fresh = [...checked.values()].filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return [];
    const { sides } = await this.#open();
    for (const { kind, queue } of Object.values(sides)) {
      const own = fresh.filter((job) => job.kind === kind);
      if (own.length === 0) continue;
      // A server that was emptied has forgotten this too.
      await queue.setGlobalConcurrency(this.#options.concurrency[kind]);
      for (const some of slices(own)) {
        await queue.addBulk(
          some.map(({ id, priority, payload }) => ({
            name: NAME,
            data: payload,
            opts: { ...KEPT_UNTIL_FORGOTTEN, jobId: id, priority, attempts: this.#options.attempts },
          })),
        );
      }
    }
    await this.#tell();
    return fresh.map(({ id }) => id);
  }

  async known(ids: readonly string[]): Promise<Set<string>> {
    const { redis, sides } = await this.#open();
    const known = new Set<string>();
    for (const some of slices(ids)) {
      const step = redis.pipeline();
      for (const id of some) step.exists(...JOB_KINDS.map((kind) => sides[kind].queue.toKey(id)));
      answersOf(await step.exec()).forEach((count, at) => {
        const id = some[at];
        if (id !== undefined && Number(count) > 0) known.add(id);
      });
    }
    return known;
  }

  async active(): Promise<string[]> {
    const { redis, sides } = await this.#open();
    const ids = await Promise.all(JOB_KINDS.map((kind) => redis.lrange(sides[kind].queue.toKey('active'), 0, -1)));
    return ids.flat();
  }

  async finished(limit: number): Promise<FinishedJob[]> {
    const { redis, sides } = await this.#open();
    const found: { id: string; side: Side; at: number; outcome: 'done' | 'dead' }[] = [];
    for (const side of Object.values(sides)) {
      for (const [set, outcome] of ENDS) {
        const ids = await redis.zrange(side.queue.toKey(set), 0, limit - 1, 'WITHSCORES');
        for (let at = 0; at + 1 < ids.length; at += 2)
          found.push({ id: ids[at] ?? '', side, at: Number(ids[at + 1]), outcome });
      }
    }
    const oldest = found.sort((a, b) => a.at - b.at).slice(0, limit);
    const step = redis.pipeline();
    for (const { id, side } of oldest) step.hmget(side.queue.toKey(id), FIELDS.taken, FIELDS.result, FIELDS.failure);
    const answers = answersOf(await step.exec());
    return oldest.flatMap(({ id, side, outcome }, at): FinishedJob[] => {
      const [taken, result, failure] = answers[at] as (string | null)[];
      // Gone since the look at the set.
      if (taken === null || taken === undefined) return [];
      const job = { id, kind: side.kind, attempts: Math.min(Number(taken), this.#options.attempts) };
      return outcome === 'done'
        ? [{ ...job, outcome, result: JSON.parse(result ?? 'null') as unknown }]
        : [{ ...job, outcome, failure: failureIn(failure ?? '') }];
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    const { redis, sides } = await this.#open();
    for (const some of slices(ids)) {
      for (const { queue } of Object.values(sides)) {
        const there = answersOf(await some.reduce((step, id) => step.exists(queue.toKey(id)), redis.pipeline()).exec());
        const own = some.filter((_, at) => Number(there[at]) > 0);
        if (own.length === 0) continue;
        // Without its lock a job can be removed, and its taker is refused.
        await redis.del(...own.map((id) => `${queue.toKey(id)}:lock`));
        await Promise.all(own.map((id) => queue.remove(id, { removeChildren: false })));
      }
    }
    await this.#tell();
  }

  async counts(): Promise<Record<JobKind, JobCounts>> {
    const { sides } = await this.#open();
    const of = async ({ queue }: Side): Promise<JobCounts> => {
      const {
        wait = 0,
        prioritized = 0,
        paused = 0,
        delayed = 0,
        active = 0,
        completed = 0,
        failed = 0,
      } = await queue.getJobCounts('wait', 'prioritized', 'paused', 'delayed', 'active', 'completed', 'failed');
      return { waiting: wait + prioritized + paused, delayed, active, finished: completed + failed };
    };
    const [live, batch] = await Promise.all([of(sides.live), of(sides.batch)]);
    return { live, batch };
  }

  /** Of one run of one server (after another, what it wrote last may be gone), and of what was never emptied since. */
  async standing(): Promise<string> {
    const { redis } = await this.#open();
    const step = redis.pipeline().set(MARK, randomUUID(), 'NX').get(MARK).info('server');
    const [, mark, info] = answersOf(await step.exec());
    return `${runOf(String(info))} ${String(mark)}`;
  }

  async pause(): Promise<void> {
    const { sides } = await this.#open();
    for (const { queue } of Object.values(sides)) await queue.pause();
  }

  async resume(): Promise<void> {
    const { sides } = await this.#open();
    for (const { queue } of Object.values(sides)) await queue.resume();
    await this.#tell();
  }

  async lease(limit: number): Promise<LeasedJob[]> {
    const taken: LeasedJob[] = [];
    const { sides } = await this.#open();
    for (const kind of JOB_KINDS) {
      while (taken.length < limit) {
        const some = await this.#take(sides[kind], Math.min(limit - taken.length, LEASES_AT_ONCE));
        taken.push(...some.leased);
        if (some.isEmpty) break;
      }
    }
    return taken;
  }

  /** Asks so many times at once; the answers come in the order of the questions. */
  async #take(side: Side, count: number): Promise<{ leased: LeasedJob[]; isEmpty: boolean }> {
    const leased: LeasedJob[] = [];
    const tokens = Array.from({ length: count }, () => randomUUID());
    const found = await Promise.all(
      tokens.map(async (token) => ({ token, job: await side.worker.getNextJob(token, { block: false }) })),
    );
    for (const { token, job } of found) {
      if (job === undefined) continue;
      const attempt = job.attemptsStarted;
      const untilMs = this.#options.clock.now() + this.#options.leaseMs;
      const taken = { id: job.id ?? '', kind: side.kind, payload: job.data as unknown, attempt, token, untilMs };
      // Everybody who took it has let the lease run out.
      if (attempt > this.#options.attempts) await this.#bury(side, taken, EXPIRED);
      else leased.push(taken);
    }
    return { leased, isEmpty: found.some(({ job }) => job === undefined) };
  }

  async extend(job: LeasedJob): Promise<LeasedJob | null> {
    const { leaseMs, clock } = this.#options;
    const { handle } = await this.#holding(job);
    const untilMs = clock.now() + leaseMs;
    return (await handle.extendLock(job.token, leaseMs)) === 1 ? { ...job, untilMs } : null;
  }

  async complete(job: LeasedJob, result: unknown): Promise<boolean> {
    const { side, handle } = await this.#holding(job);
    // Killed between the two, the job is taken again, and the result is overwritten by the next.
    if (!(await this.#hold(side, job, FIELDS.result, JSON.stringify(result ?? null)))) return false;
    if (!(await isMine(handle.moveToCompleted(null, job.token, false)))) return false;
    await this.#clear(side, job);
    return true;
  }

  async fail(job: LeasedJob, failure: JobFailure): Promise<'again' | 'dead' | 'lost'> {
    const { side, handle } = await this.#holding(job);
    if (failure.isFinal === true || job.attempt >= this.#options.attempts)
      return (await this.#bury(side, job, failure)) ? 'dead' : 'lost';
    const afterMs = this.#pauseMs(job.attempt, failure.retryAfterMs ?? 0);
    return (await isMine(handle.moveToDelayed(this.#options.clock.now() + afterMs, job.token))) ? 'again' : 'lost';
  }

  async release(job: LeasedJob): Promise<boolean> {
    const { side, handle } = await this.#holding(job);
    if (!(await this.#hold(side, job, FIELDS.taken, '-1'))) return false;
    if (!(await isMine(handle.moveToWait(job.token)))) return false;
    await this.#tell();
    return true;
  }

  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await this.#open();
    await this.#bell.wait(Math.min(ms, LOOK_MS), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const opened = await this.#opening?.catch(() => null);
    await opened?.close();
  }

  async #bury(side: Side, job: LeasedJob, { code, reason }: { code: string; reason: string }): Promise<boolean> {
    const { handle } = await this.#holding(job);
    const { UnrecoverableError } = await import('bullmq');
    const failure = new UnrecoverableError(JSON.stringify({ code, reason }));
    // It would be kept beside the job, and names folders of this machine.
    failure.stack = '';
    if (!(await isMine(handle.moveToFailed(failure, job.token, false)))) return false;
    await this.#clear(side, job);
    return true;
  }

  /** A handle on a job that was taken: BullMQ needs its id and options, not what it holds. */
  async #holding({ id, kind }: LeasedJob): Promise<{ side: Side; handle: Job }> {
    const side = (await this.#open()).sides[kind];
    const { Job } = await import('bullmq');
    const options = { ...KEPT_UNTIL_FORGOTTEN, attempts: this.#options.attempts };
    return { side, handle: new Job(side.worker, NAME, null, options, id) };
  }

  /** Changes a field of a job that this taking still holds; false when it does not. */
  async #hold({ queue }: Side, { id, token }: LeasedJob, field: string, value: string): Promise<boolean> {
    const { redis } = await this.#open();
    const key = queue.toKey(id);
    return Number(await redis.eval(HOLD, 2, `${key}:lock`, key, token, field, value)) === 1;
  }

  /** What it was about is not needed any more; it would stay until the job is forgotten. */
  async #clear({ queue }: Side, { id }: LeasedJob): Promise<void> {
    const { redis } = await this.#open();
    await redis.eval(CLEAR, 3, queue.toKey(id), queue.toKey('completed'), queue.toKey('failed'), id);
    await this.#tell();
  }

  #pauseMs(attempt: number, askedMs: number): number {
    const { backOff, random } = this.#options;
    const pauses = new BackOff({ ...backOff, random });
    for (let count = 1; count < attempt; count += 1) pauses.next();
    return Math.ceil(Math.min(Math.max(pauses.next(), askedMs), backOff.mostMs));
  }

  async #tell(): Promise<void> {
    this.#bell.ring();
    const { redis } = await this.#open();
    await redis.publish(CHANNEL, '');
  }

  async #open(): Promise<BullConnection> {
    if (this.#isClosed) throw new Error('the queue has been closed');
    this.#opening ??= connectBull(this.#options.url, this.#options).then((opened) => {
      const tell = () => {
        this.#bell.ring();
        this.#options.onNews?.();
      };
      opened.listener.on('message', tell);
      // It is there again, and perhaps with less than it had.
      opened.redis.on('ready', tell);
      return opened;
    });
    try {
      return await this.#opening;
    } catch (error) {
      // The next one tries again.
      this.#opening = null;
      throw error;
    }
  }
}

const NAME = 'analysis';
const KEPT_UNTIL_FORGOTTEN = { removeOnComplete: false, removeOnFail: false, stackTraceLimit: 0 };
const ENDS = [
  ['completed', 'done'],
  ['failed', 'dead'],
] as const;

/** What BullMQ says of a job whose lock is gone or somebody else's (-2, -6), that is not active (-3), or not there (-1). */
const LOST = new Set([-1, -2, -3, -6]);

/** False when the taking was lost meanwhile. */
async function isMine(moved: Promise<unknown>): Promise<boolean> {
  try {
    const answer = await moved;
    return typeof answer !== 'number' || !LOST.has(answer);
  } catch (error) {
    if (LOST.has((error as { code?: number }).code ?? 0)) return false;
    throw error;
  }
}

function failureIn(text: string): { code: string; reason: string } {
  try {
    const { code, reason } = JSON.parse(text) as { code?: unknown; reason?: unknown };
    return { code: String(code), reason: String(reason) };
  } catch {
    // BullMQ's own words, which hold nothing of the job.
    return { code: 'QUEUE_FAILED', reason: 'the queue gave the job up' };
  }
}

/** Which run of the server it is; empty where it does not say. */
function runOf(info: string): string {
  return /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
}

function answersOf(answers: [error: Error | null, result: unknown][] | null): unknown[] {
  return (answers ?? []).map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}

function* slices<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += KEYS_AT_ONCE) yield all.slice(start, start + KEYS_AT_ONCE);
}
