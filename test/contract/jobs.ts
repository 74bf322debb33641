import { describe, expect, it } from 'vitest';
import type { JobKind, JobQueue, JobQueueOptions, LeasedJob, NewJob } from '../../src/jobs/index.ts';

/**
 * The contract of src/jobs/contract.ts, as tests that every engine runs. Times are short enough to be waited for where
 * an engine has only the real clock; one that is handed a clock moves that.
 */
export type QueueHarness = AsyncDisposable & {
  /** A further connection to the one queue of this harness, with `options` in place of those of the suite. */
  open(options?: Partial<JobQueueOptions>): Promise<JobQueue>;
  /** So much time passes for the queue, and a little more where it takes some to notice. */
  pass(ms: number): Promise<void>;
  /** Everything that the queue holds is lost at once, as when Redis is emptied. */
  lose(): Promise<void>;
};

export const QUEUE_OPTIONS: JobQueueOptions = {
  leaseMs: 1_000,
  attempts: 3,
  backOff: { firstMs: 200, mostMs: 800, factor: 2 },
  concurrency: { live: 10, batch: 10 },
};

const A_WHILE = 20;

export function jobQueueContract(name: string, open: () => Promise<QueueHarness>): void {
  describe(`the contract of a queue, ${name}`, () => {
    it('gives a job once, whole, and keeps what came of it until it is forgotten', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      const payload = { text: 'ünï "quoted" 👍🏽\n', list: [1, null, { deep: true }] };
      expect(await queue.enqueue([{ ...job('live_a'), payload }])).toEqual(['live_a']);
      const [taken] = await leased(harness, queue, 1);
      expect(taken).toMatchObject({ id: 'live_a', kind: 'live', payload, attempt: 1 });
      expect(await queue.active()).toEqual(['live_a']);
      expect(await queue.lease(5)).toEqual([]);
      expect(await queue.complete(must(taken), { sum: 3, words: ['ü'] })).toBe(true);
      const done = { id: 'live_a', kind: 'live', attempts: 1, outcome: 'done', result: { sum: 3, words: ['ü'] } };
      expect(await queue.finished(5)).toEqual([done]);
      expect(await queue.finished(5)).toEqual([done]);
      await queue.forget(['live_a']);
      expect(await queue.finished(5)).toEqual([]);
      expect(await queue.known(['live_a'])).toEqual(new Set());
      expect(await queue.active()).toEqual([]);
    });

    it('knows an id in every state and refuses it again, and takes it anew once it is forgotten', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      const again = async () => {
        expect(await queue.known(['live_a', 'live_z'])).toEqual(new Set(['live_a']));
        expect(await queue.enqueue([{ ...job('live_a'), payload: { other: true } }])).toEqual([]);
      };
      expect(await queue.enqueue([job('live_a'), job('live_a')])).toEqual(['live_a']);
      await again();
      const [taken] = await leased(harness, queue, 1);
      expect(taken?.payload).toEqual(job('live_a').payload);
      await again();
      await queue.complete(must(taken), 1);
      await again();
      await queue.forget(['live_a', 'live_unknown']);
      expect(await queue.enqueue([job('live_a')])).toEqual(['live_a']);
      expect(await leased(harness, queue, 1)).toMatchObject([{ id: 'live_a', attempt: 1 }]);
    });

    it('serves live before batch, lower priorities first, and else in the order in which they came', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([
        job('batch_a', 5),
        job('batch_b', 1),
        job('live_c', 9),
        job('live_d', 2),
        job('batch_e', 5),
        job('live_f', 2),
      ]);
      const order = [];
      for (let count = 0; count < 6; count += 1) order.push(...(await leased(harness, queue, 1)));
      expect(order.map(({ id }) => id)).toEqual(['live_d', 'live_f', 'live_c', 'batch_b', 'batch_a', 'batch_e']);
    });

    it('gives at most so many of a kind at once, over all takers', async () => {
      await using harness = await open();
      const concurrency = { live: 1, batch: 2 };
      await using one = await harness.open({ concurrency });
      await using two = await harness.open({ concurrency });
      const names = ['batch_a', 'batch_b', 'batch_c', 'batch_d', 'live_e', 'live_f'];
      await one.enqueue(names.map((id) => job(id)));
      const first = await leased(harness, one, 2);
      const others = await leased(harness, two, 9, 1);
      expect(kindsOf([...first, ...others])).toEqual(['batch', 'batch', 'live']);
      expect([...(await one.lease(9)), ...(await two.lease(9))]).toEqual([]);
      const live = must([...first, ...others].find(({ kind }) => kind === 'live'));
      await (first.includes(live) ? one : two).complete(live, null);
      expect(kindsOf(await leased(harness, two, 9, 1))).toEqual(['live']);
    });

    it('gives each job to one of many takers', async () => {
      await using harness = await open();
      const queues = [await harness.open(), await harness.open(), await harness.open()];
      const ids = Array.from({ length: 60 }, (_, at) => `batch_${at}`);
      await must(queues[0]).enqueue(ids.map((id) => job(id)));
      const taken: string[] = [];
      while (taken.length < ids.length) {
        const rounds = await Promise.all(queues.map(async (queue) => ({ queue, jobs: await queue.lease(3) })));
        for (const { queue, jobs } of rounds) {
          for (const each of jobs) {
            taken.push(each.id);
            expect(await queue.complete(each, each.id)).toBe(true);
          }
        }
        if (rounds.every(({ jobs }) => jobs.length === 0)) await harness.pass(A_WHILE);
      }
      expect([...taken].sort()).toEqual([...ids].sort());
      const finished = await must(queues[1]).finished(100);
      expect(finished.map(({ id }) => id).sort()).toEqual([...ids].sort());
      for (const queue of queues) await queue[Symbol.asyncDispose]();
    });

    it('gives a job again whose taker has died, and does not keep what the dead one says later', async () => {
      await using harness = await open();
      await using other = await harness.open();
      const dying = await harness.open();
      await dying.enqueue([job('batch_a')]);
      const [first] = await leased(harness, dying, 1);
      expect(await other.lease(1)).toEqual([]);
      await harness.pass(QUEUE_OPTIONS.leaseMs);
      const [second] = await leased(harness, other, 1);
      expect(second).toMatchObject({ id: 'batch_a', attempt: 2 });
      expect(await dying.complete(must(first), 'late')).toBe(false);
      expect(await dying.fail(must(first), { code: 'LATE', reason: 'late' })).toBe('lost');
      expect(await dying.extend(must(first))).toBeNull();
      expect(await other.complete(must(second), 'in time')).toBe(true);
      expect(await other.finished(2)).toMatchObject([{ id: 'batch_a', outcome: 'done', result: 'in time' }]);
      await dying[Symbol.asyncDispose]();
    });

    it('leaves a job to whoever extends the lease in time', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a')]);
      let [taken] = await leased(harness, queue, 1);
      for (let count = 0; count < 3; count += 1) {
        await harness.pass(QUEUE_OPTIONS.leaseMs * 0.6);
        const extended = await queue.extend(must(taken));
        expect(must(extended).untilMs).toBeGreaterThan(must(taken).untilMs);
        taken = must(extended);
        expect(await queue.lease(1)).toEqual([]);
      }
      expect(await queue.complete(must(taken), 1)).toBe(true);
    });

    it('is done with a job that kills every taker', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a')]);
      for (let attempt = 1; attempt <= QUEUE_OPTIONS.attempts; attempt += 1) {
        expect(await leased(harness, queue, 1)).toMatchObject([{ attempt }]);
        await harness.pass(QUEUE_OPTIONS.leaseMs);
      }
      const finished = await until(harness, async () => {
        expect(await queue.lease(1)).toEqual([]);
        return await queue.finished(1);
      });
      expect(finished).toMatchObject([{ id: 'batch_a', outcome: 'dead', failure: { code: 'LEASE_EXPIRED' } }]);
    });

    it('tries again after a pause, and gives up after so many attempts, with the last reason', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a')]);
      for (let attempt = 1; attempt < QUEUE_OPTIONS.attempts; attempt += 1) {
        const [taken] = await leased(harness, queue, 1);
        expect(taken?.attempt).toBe(attempt);
        expect(await queue.fail(must(taken), { code: 'AWAY', reason: `try ${attempt}` })).toBe('again');
        // Half of the pause may be taken away by chance, and no more.
        expect(await queue.lease(1)).toEqual([]);
        expect((await queue.counts()).batch).toMatchObject({ delayed: 1, active: 0 });
        await harness.pass(QUEUE_OPTIONS.backOff.firstMs * QUEUE_OPTIONS.backOff.factor ** (attempt - 1));
      }
      const [last] = await leased(harness, queue, 1);
      expect(await queue.fail(must(last), { code: 'AWAY', reason: 'the last' })).toBe('dead');
      const dead = { outcome: 'dead', failure: { code: 'AWAY', reason: 'the last' } };
      expect(await queue.finished(2)).toEqual([
        { id: 'batch_a', kind: 'batch', attempts: QUEUE_OPTIONS.attempts, ...dead },
      ]);
      await harness.pass(QUEUE_OPTIONS.backOff.mostMs);
      expect(await queue.lease(1)).toEqual([]);
    });

    it('gives up at once on what trying again would not help', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a')]);
      const [taken] = await leased(harness, queue, 1);
      const failure = { code: 'NOT_VALID', reason: 'the result is none', isFinal: true };
      expect(await queue.fail(must(taken), failure)).toBe('dead');
      expect(await queue.finished(1)).toMatchObject([{ outcome: 'dead', attempts: 1, failure: { code: 'NOT_VALID' } }]);
    });

    it('waits as long as it was asked to, within the longest pause', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a')]);
      const [taken] = await leased(harness, queue, 1);
      await queue.fail(must(taken), { code: 'LIMITED', reason: 'too many', retryAfterMs: 600 });
      await harness.pass(250);
      expect(await queue.lease(1)).toEqual([]);
      await harness.pass(400);
      const [again] = await leased(harness, queue, 1);
      await queue.fail(must(again), { code: 'LIMITED', reason: 'too many', retryAfterMs: 10_000_000 });
      await harness.pass(QUEUE_OPTIONS.backOff.mostMs + 50);
      expect(await leased(harness, queue, 1)).toMatchObject([{ id: 'batch_a', attempt: 3 }]);
    });

    it('takes back what a taker gives back, as if it had not been taken', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a')]);
      for (let count = 0; count <= QUEUE_OPTIONS.attempts; count += 1) {
        const [taken] = await leased(harness, queue, 1);
        expect(taken?.attempt).toBe(1);
        expect(await queue.release(must(taken))).toBe(true);
        expect(await queue.complete(must(taken), 'late')).toBe(false);
      }
    });

    it('forgets a job in whatever state it is, and refuses its taker', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a', 1), job('batch_b', 2), job('batch_c', 3), job('batch_d', 4)]);
      const [a, b] = await leased(harness, queue, 2);
      await queue.fail(must(b), { code: 'AWAY', reason: 'away' });
      const [c] = await leased(harness, queue, 1);
      await queue.complete(must(c), 1);
      await queue.forget(['batch_a', 'batch_b', 'batch_c', 'batch_d']);
      expect(await queue.known(['batch_a', 'batch_b', 'batch_c', 'batch_d'])).toEqual(new Set());
      expect(await queue.complete(must(a), 'late')).toBe(false);
      await harness.pass(QUEUE_OPTIONS.backOff.firstMs);
      expect(await queue.lease(9)).toEqual([]);
      expect(await queue.finished(9)).toEqual([]);
      const nothing = { waiting: 0, delayed: 0, active: 0, finished: 0 };
      expect(await queue.counts()).toEqual({ live: nothing, batch: nothing });
    });

    it('counts what it holds, by kind', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue(['live_a', 'live_b', 'batch_c', 'batch_d', 'batch_e'].map((id) => job(id)));
      const [a] = await leased(harness, queue, 2);
      await queue.complete(must(a), 1);
      const [c] = await leased(harness, queue, 1);
      await queue.fail(must(c), { code: 'AWAY', reason: 'away' });
      expect(await queue.counts()).toEqual({
        live: { waiting: 0, delayed: 0, active: 1, finished: 1 },
        batch: { waiting: 2, delayed: 1, active: 0, finished: 0 },
      });
    });

    it('gives nothing while it is paused, and lets what is active go on', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await using other = await harness.open();
      await queue.enqueue([job('batch_a', 1), job('batch_b', 2)]);
      const [taken] = await leased(harness, queue, 1);
      await queue.pause();
      await harness.pass(A_WHILE);
      expect([...(await queue.lease(1)), ...(await other.lease(1))]).toEqual([]);
      expect(await queue.complete(must(taken), 1)).toBe(true);
      expect(await queue.enqueue([job('batch_c', 3)])).toEqual(['batch_c']);
      await other.resume();
      expect((await leased(harness, other, 2)).map(({ id }) => id)).toEqual(['batch_b', 'batch_c']);
    });

    it('loses everything and goes on', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      await queue.enqueue([job('batch_a', 1), job('batch_b', 2)]);
      const [taken] = await leased(harness, queue, 1);
      await harness.lose();
      expect(await queue.complete(must(taken), 'late')).toBe(false);
      expect(await queue.known(['batch_a', 'batch_b'])).toEqual(new Set());
      expect(await queue.enqueue([job('batch_a')])).toEqual(['batch_a']);
      expect(await leased(harness, queue, 1)).toMatchObject([{ id: 'batch_a', attempt: 1 }]);
    });

    it('keeps what it holds when whoever uses it begins anew', async () => {
      await using harness = await open();
      {
        await using queue = await harness.open();
        await queue.enqueue([job('batch_a', 1), job('batch_b', 2)]);
        const [taken] = await leased(harness, queue, 1);
        await queue.complete(must(taken), { kept: true });
      }
      await using later = await harness.open();
      expect(await later.finished(1)).toMatchObject([{ id: 'batch_a', result: { kept: true } }]);
      expect(await leased(harness, later, 1)).toMatchObject([{ id: 'batch_b' }]);
    });

    it('says when there may be something to do, and stops waiting when it is told to', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      const stop = new AbortController();
      const waited = queue.next(60_000, stop.signal);
      await queue.enqueue([job('batch_a')]);
      await waited;
      const [taken] = await leased(harness, queue, 1);
      await queue.complete(must(taken), 1);
      const stopped = queue.next(60_000, stop.signal);
      stop.abort();
      await stopped;
    });

    it('says when a pause is over, however long whoever takes jobs would wait', async () => {
      await using harness = await open();
      await using queue = await harness.open();
      const { signal } = new AbortController();
      await queue.enqueue([job('batch_a')]);
      const [taken] = await leased(harness, queue, 1);
      await queue.fail(must(taken), { code: 'AWAY', reason: 'once' });
      // The word of that is used up.
      await queue.next(1, signal);
      expect(await queue.lease(1)).toEqual([]);
      await queue.next(600_000, signal);
      await harness.pass(QUEUE_OPTIONS.backOff.firstMs);
      expect(await leased(harness, queue, 1)).toMatchObject([{ id: 'batch_a', attempt: 2 }]);
    });

    it.each(['a:b', '17', '', 'ä', 'x'.repeat(201), 'a b'])(
      'refuses the id "%s", which some engine would',
      async (id) => {
        await using harness = await open();
        await using queue = await harness.open();
        await expect(queue.enqueue([{ ...job('batch_a'), id }])).rejects.toThrow('the id of a job');
      },
    );
  });
}

/** A job whose kind stands at the beginning of its id. */
function job(id: string, priority = 1): NewJob {
  const kind: JobKind = id.startsWith('live') ? 'live' : 'batch';
  return { id, kind, priority, payload: { of: id } };
}

/** Takes jobs until there are `count`, or, once nothing more comes, `least`. */
async function leased(harness: QueueHarness, queue: JobQueue, count: number, least = count): Promise<LeasedJob[]> {
  const jobs: LeasedJob[] = [];
  await until(harness, async () => {
    jobs.push(...(await queue.lease(count - jobs.length)));
    return jobs.length >= least ? [true] : [];
  });
  return jobs;
}

/** Looks again and again, a little later each time, until there is something. */
async function until<T>(harness: QueueHarness, look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await look();
    if (found.length > 0) return found;
    await harness.pass(A_WHILE);
  }
  throw new Error('nothing came');
}

function kindsOf(jobs: readonly LeasedJob[]): JobKind[] {
  return jobs.map(({ kind }) => kind).sort();
}

function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('there should be one');
  return value;
}
