import { BackOff, Bell, type Clock, must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
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

/**
 * Jobs as rows of the store. Everything is one short transaction of the store's owner, so that a kill leaves a job as it
 * was before or after; a lease is a moment in the row, and runs out by the clock whether or not anybody is there to see it.
 */
export type EmbeddedOptions = JobQueueOptions & {
  clock: Clock;
  /** In [0, 1), for pauses. */
  random: () => number;
  /** Runs a task with the store's writer when its turn comes. */
  inTurn<T>(task: (db: Database) => T): Promise<T>;
};

type Row = { id: string; kind: JobKind; attempts: number };
type Finished = Row & { state: 'done' | 'dead'; result: string | null; code: string; reason: string };
type Ending = { code: string; reason: string };

const EXPIRED: Ending = {
  code: 'LEASE_EXPIRED',
  reason: 'whoever took the job ended, or forgot about it, before it was done',
};
const PAUSED = 'jobs_paused';

export class EmbeddedQueue implements JobQueue {
  readonly #options: EmbeddedOptions;
  readonly #bell = new Bell();
  /** When time alone makes a job one to take, as far as the last taking saw; whatever else does rings the bell. */
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
  }

  async enqueue(jobs: readonly NewJob[]): Promise<string[]> {
    const rows = jobs.map(({ id, kind, priority, payload }) => {
      const text = JSON.stringify(payload);
      if (Buffer.byteLength(text) > MOST_PAYLOAD_BYTES) throw new Error('the payload of a job is too long');
      return [checkedJobId(id), kind, priority, text] as const;
    });
    const accepted = await this.#write((db) =>
      rows.flatMap(([id, kind, priority, payload]) => {
        const { changes } = db.run(
          `INSERT INTO jobs (id, kind, priority, state, available_at, payload) VALUES (?, ?, ?, 'waiting', ?, ?)
           ON CONFLICT (id) DO NOTHING`,
          id,
          kind,
          priority,
          this.#now,
          payload,
        );
        return changes === 1 ? [id] : [];
      }),
    );
    if (accepted.length > 0) this.#bell.ring();
    return accepted;
  }

  async known(ids: readonly string[]): Promise<Set<string>> {
    const sql = 'SELECT id FROM jobs WHERE id IN (SELECT value FROM json_each(?))';
    const rows = await this.#options.inTurn((db) => db.all<{ id: string }>(sql, JSON.stringify(ids)));
    return new Set(rows.map(({ id }) => id));
  }

  async active(): Promise<string[]> {
    const rows = await this.#options.inTurn((db) =>
      db.all<{ id: string }>(`SELECT id FROM jobs WHERE state = 'active' ORDER BY seq`),
    );
    return rows.map(({ id }) => id);
  }

  async finished(limit: number): Promise<FinishedJob[]> {
    const rows = await this.#options.inTurn((db) =>
      db.all<Finished>(
        `SELECT id, kind, attempts, state, result, failure_code AS code, failure_reason AS reason FROM jobs
         WHERE state IN ('done', 'dead') ORDER BY seq LIMIT ?`,
        limit,
      ),
    );
    return rows.map(({ state, result, code, reason, ...job }) =>
      state === 'done'
        ? { ...job, outcome: state, result: JSON.parse(must(result, 'a job that is done has a result')) as unknown }
        : { ...job, outcome: state, failure: { code, reason } },
    );
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#write((db) =>
      db.run('DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids)),
    );
    this.#bell.ring();
  }

  async counts(): Promise<Record<JobKind, JobCounts>> {
    const rows = await this.#options.inTurn((db) =>
      db.all<JobCounts & { kind: JobKind }>(
        `SELECT kind, sum(state = 'waiting' AND available_at <= ?1) AS waiting,
           sum(state = 'waiting' AND available_at > ?1) AS delayed, sum(state = 'active') AS active,
           sum(state IN ('done', 'dead')) AS finished FROM jobs GROUP BY kind`,
        this.#now,
      ),
    );
    const none: JobCounts = { waiting: 0, delayed: 0, active: 0, finished: 0 };
    const counts = { live: none, batch: none };
    for (const { kind, ...count } of rows) counts[kind] = count;
    return counts;
  }

  async standing(): Promise<null> {
    return null;
  }

  async pause(): Promise<void> {
    await this.#write((db) => db.run(`INSERT OR REPLACE INTO meta (key, value) VALUES (?, '1')`, PAUSED));
  }

  async resume(): Promise<void> {
    await this.#write((db) => db.run('DELETE FROM meta WHERE key = ?', PAUSED));
    this.#bell.ring();
  }

  /**
   * Lets go of every lease at once. Only for a new owner of the store, before it takes anything: whoever held one has ended
   * with the owner before it. Each counts as an attempt, as a lease that has run out does.
   */
  async reclaim(): Promise<void> {
    await this.#write((db) => {
      db.run(`UPDATE jobs SET leased_until = 0 WHERE state = 'active'`);
      this.#expire(db);
    });
  }

  async lease(limit: number): Promise<LeasedJob[]> {
    if (limit <= 0) return [];
    return await this.#write((db) => {
      this.#expire(db);
      const isPaused = db.value('SELECT 1 FROM meta WHERE key = ?', PAUSED) !== null;
      const taken: LeasedJob[] = [];
      for (const kind of isPaused ? [] : JOB_KINDS) taken.push(...this.#take(db, kind, limit - taken.length));
      this.#dueMs = this.#nextDueMs(db);
      return taken;
    });
  }

  /** When the next pause or lease is over. */
  #nextDueMs(db: Database): number {
    const sql = `SELECT min(iif(state = 'active', leased_until, available_at)) FROM jobs
      WHERE state = 'active' OR (state = 'waiting' AND available_at > ?)`;
    return db.value<number>(sql, this.#now) ?? Number.POSITIVE_INFINITY;
  }

  #take(db: Database, kind: JobKind, limit: number): LeasedJob[] {
    const active = db.value<number>(`SELECT count(*) FROM jobs WHERE state = 'active' AND kind = ?`, kind) ?? 0;
    const room = Math.min(limit, this.#options.concurrency[kind] - active);
    if (room <= 0) return [];
    const rows = db.all<{ id: string; payload: string; attempts: number; seq: number }>(
      `SELECT id, payload, attempts, seq FROM jobs WHERE state = 'waiting' AND kind = ? AND available_at <= ?
       ORDER BY priority, seq LIMIT ?`,
      kind,
      this.#now,
      room,
    );
    const untilMs = this.#now + this.#options.leaseMs;
    return rows.map(({ id, payload, attempts, seq }) => {
      const attempt = attempts + 1;
      // A released job is taken under the same attempt again; the moment and a number of chance tell the takings apart.
      const token = `${seq}-${attempt}-${untilMs}-${Math.floor(this.#options.random() * 1e9)}`;
      db.run(
        `UPDATE jobs SET state = 'active', attempts = ?, leased_until = ?, lease_token = ? WHERE id = ?`,
        attempt,
        untilMs,
        token,
        id,
      );
      return { id, kind, payload: JSON.parse(payload) as unknown, attempt, token, untilMs };
    });
  }

  async extend(job: LeasedJob): Promise<LeasedJob | null> {
    const untilMs = this.#now + this.#options.leaseMs;
    const changes = await this.#mine(job, 'leased_until = ?', untilMs);
    return changes === 1 ? { ...job, untilMs } : null;
  }

  async complete(job: LeasedJob, result: unknown): Promise<boolean> {
    // JSON has no word for "nothing".
    const text = JSON.stringify(result ?? null);
    const done = `state = 'done', result = ?, payload = NULL, lease_token = NULL, leased_until = NULL`;
    const changes = await this.#mine(job, done, text);
    if (changes === 1) this.#bell.ring();
    return changes === 1;
  }

  async fail(job: LeasedJob, failure: JobFailure): Promise<'again' | 'dead' | 'lost'> {
    const { attempts } = this.#options;
    const isDead = failure.isFinal === true || job.attempt >= attempts;
    const changes = await this.#write((db) => {
      if (!this.#holds(db, job)) return 0;
      if (isDead) bury(db, job.id, failure);
      else this.#putBack(db, job.id, this.#now + this.#pauseMs(job.attempt, failure.retryAfterMs ?? 0));
      return 1;
    });
    if (changes === 0) return 'lost';
    this.#bell.ring();
    return isDead ? 'dead' : 'again';
  }

  async release(job: LeasedJob): Promise<boolean> {
    const released = await this.#write((db) => {
      if (!this.#holds(db, job)) return false;
      this.#putBack(db, job.id, this.#now);
      db.run('UPDATE jobs SET attempts = attempts - 1 WHERE id = ?', job.id);
      return true;
    });
    if (released) this.#bell.ring();
    return released;
  }

  async next(ms: number, signal: AbortSignal): Promise<void> {
    await this.#bell.wait(Math.min(ms, Math.max(0, this.#dueMs - this.#now)), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  get #now(): number {
    return this.#options.clock.now();
  }

  #write<T>(work: (db: Database) => T): Promise<T> {
    return this.#options.inTurn((db) => db.transaction(() => work(db)));
  }

  /** Changes a row that this taking still holds. `set` is of our own making. */
  async #mine(job: LeasedJob, set: string, value: string | number): Promise<number> {
    return await this.#write((db) => {
      if (!this.#holds(db, job)) return 0;
      return db.run(`UPDATE jobs SET ${set} WHERE id = ?`, value, job.id).changes;
    });
  }

  #holds(db: Database, { id, token }: LeasedJob): boolean {
    const sql = `SELECT 1 FROM jobs WHERE id = ? AND state = 'active' AND lease_token = ? AND leased_until > ?`;
    return db.value(sql, id, token, this.#now) !== null;
  }

  #putBack(db: Database, id: string, availableAt: number): void {
    db.run(
      `UPDATE jobs SET state = 'waiting', available_at = ?, lease_token = NULL, leased_until = NULL WHERE id = ?`,
      availableAt,
      id,
    );
  }

  #expire(db: Database): void {
    const rows = db.all<Row>(
      `SELECT id, kind, attempts FROM jobs WHERE state = 'active' AND leased_until <= ?`,
      this.#now,
    );
    for (const { id, attempts } of rows) {
      if (attempts >= this.#options.attempts) bury(db, id, EXPIRED);
      else this.#putBack(db, id, this.#now);
    }
  }

  #pauseMs(attempt: number, askedMs: number): number {
    const { backOff, random } = this.#options;
    const pauses = new BackOff({ ...backOff, random });
    for (let count = 1; count < attempt; count += 1) pauses.next();
    return Math.ceil(Math.min(Math.max(pauses.next(), askedMs), backOff.mostMs));
  }
}

function bury(db: Database, id: string, { code, reason }: Ending): void {
  db.run(
    `UPDATE jobs SET state = 'dead', failure_code = ?, failure_reason = ?, payload = NULL, lease_token = NULL,
       leased_until = NULL WHERE id = ?`,
    code,
    reason,
    id,
  );
}
