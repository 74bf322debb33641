/**
 * What a queue of jobs promises, whichever engine keeps it: rows of the store (embedded), or BullMQ on Redis.
 *
 * A job is a hint that something is to be computed; what is to be computed is decided by the store. So a queue may lose
 * everything it holds at any moment: whoever keeps the store sees by `standing` that it may have, asks `known`, and
 * enqueues again what is missing.
 *
 *   enqueue → waiting → lease → active → complete → finished → forget
 *                ↑                  ├─ fail ─→ waiting, after a pause that grows
 *                └── lease expired ─┤
 *                                   └─ fail, out of attempts or final → finished, with its failure → forget
 *
 * - An id is enqueued once: as long as the queue knows it, in whatever state, the same id is refused and changes
 *   nothing. Ids carry the fingerprint of the content they are about, so that another content is another job.
 * - Of jobs that may begin, live ones are leased before those of a batch, a lower `priority` before a higher one, and
 *   else the one that was enqueued first. A job that failed comes behind its pause.
 * - A lease is for one taker until a moment. It can be extended; one that has run out is somebody else's, and whatever
 *   the former taker says of it is refused. Whoever takes jobs may therefore see one twice, and the result of at most
 *   one taker is kept. A lease that runs out counts as an attempt, so that a job that kills its taker is not taken for ever.
 * - At most `concurrency` jobs of a kind are active at once, over all takers.
 * - What is finished, well or not, stays until it is forgotten: its result was written into the store, or its failure
 *   was (there the dead letters are listed, retried and discarded, so that they outlive every queue). Forgetting removes
 *   every trace of a job, in whatever state it is; an active one is refused when its taker comes back.
 * - Payloads and results are JSON. A queue looks into neither, and holds them no longer than the job lives: a payload
 *   has the text of a conversation. Reasons of failures hold neither text nor names.
 * - Nothing here is promised to be prompt: `next` resolves when there may be something to lease, and may be wrong.
 * - A queue that cannot be reached rejects, and the same call may be made again later: nothing is half done.
 */
import type { JobKind } from './kinds.ts';

export type NewJob = {
  /** Letters, digits, "_" and "-", with a letter first, at most 200: BullMQ refuses ":" and plain integers. See `jobId`. */
  id: string;
  kind: JobKind;
  /** From 1, which goes first, to 1000. */
  priority: number;
  /** JSON, and at most MOST_PAYLOAD_BYTES of it. */
  payload: unknown;
};

/** A job that was taken. `token` stands for this taking alone. */
export type LeasedJob = {
  id: string;
  kind: JobKind;
  payload: unknown;
  /** Counts from 1: takings of this job so far, those that ran out included; released ones are not. */
  attempt: number;
  token: string;
  /** When the lease runs out, in Unix milliseconds. */
  untilMs: number;
};

/** Why a job failed. `code` is a name of ours; `reason` says it in words without text, names or addresses. */
export type JobFailure = {
  code: string;
  reason: string;
  /** It is not tried again sooner than this, in milliseconds: what a server asked for. The longest pause bounds it. */
  retryAfterMs?: number;
  /** Trying again would not help. */
  isFinal?: boolean;
};

export type FinishedJob = { id: string; kind: JobKind; attempts: number } & (
  | { outcome: 'done'; result: unknown }
  | { outcome: 'dead'; failure: { code: string; reason: string } }
);

/** How many jobs of a kind wait (`delayed`: for a moment that is yet to come), are taken, or are finished. */
export type JobCounts = { waiting: number; delayed: number; active: number; finished: number };

export type JobQueueOptions = {
  /** How long a lease is good, in milliseconds. */
  leaseMs: number;
  /** A job is taken so often at most. */
  attempts: number;
  /** The pause after a failure: longer each time, less up to half of it by chance, never longer than `mostMs`. */
  backOff: { firstMs: number; mostMs: number; factor: number };
  /** How many jobs of each kind may be active at once. */
  concurrency: Readonly<Record<JobKind, number>>;
};

export const MOST_PAYLOAD_BYTES = 4 * 1024 * 1024;

/** For whoever keeps the store: it puts jobs in, and takes what came of them. */
export type JobSource = {
  /** Answers the ids that were not known before, in their order; the others are left as they are. */
  enqueue(jobs: readonly NewJob[]): Promise<string[]>;
  /** Of these ids, the ones that the queue knows, in any state. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** The ids of jobs that are taken at this moment. */
  active(): Promise<string[]>;
  /** What is finished and not forgotten yet, oldest first. The same again until it is forgotten. */
  finished(limit: number): Promise<FinishedJob[]>;
  /** Removes jobs, in whatever state. Ids that are not known are no error. */
  forget(ids: readonly string[]): Promise<void>;
  counts(): Promise<Record<JobKind, JobCounts>>;
  /**
   * A word for what keeps the jobs. Another word than before says that anything may be lost since: jobs, and that it was
   * paused. Null: what keeps them is the store itself, and loses nothing that the store does not lose.
   */
  standing(): Promise<string | null>;
  /** While it is paused nothing is leased; what is active goes on. It lasts until it is resumed, by whoever. */
  pause(): Promise<void>;
  resume(): Promise<void>;
};

/** For whoever computes: it takes jobs and says what came of them. */
export type JobTaker = {
  /** Takes up to `limit` jobs that may begin now; none when there are none, or when it is paused. */
  lease(limit: number): Promise<LeasedJob[]>;
  /** The lease is good for `leaseMs` from now; null when it had run out, and the job is not the taker's any more. */
  extend(job: LeasedJob): Promise<LeasedJob | null>;
  /** False when the lease had run out or the job was forgotten: then the result is not kept. */
  complete(job: LeasedJob, result: unknown): Promise<boolean>;
  /** `again`: it waits for another try; `dead`: it is finished; `lost`: the lease had run out. */
  fail(job: LeasedJob, failure: JobFailure): Promise<'again' | 'dead' | 'lost'>;
  /** Gives it back untried, as a taker that stops does: it may be taken at once, and this taking does not count. */
  release(job: LeasedJob): Promise<boolean>;
  /** Resolves when there may be something to lease, after `ms` milliseconds, or when `signal` is aborted. */
  next(ms: number, signal: AbortSignal): Promise<void>;
};

/** Disposing closes connections and takes nothing back: what is active is so until its lease runs out. */
export type JobQueue = JobSource & JobTaker & AsyncDisposable;
