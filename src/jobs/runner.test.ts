import { describe, expect, it } from 'vitest';
import { pause } from '../kernel/index.ts';
import { type JobOutcome, type JobTaker, type LeasedJob, runJobs } from './index.ts';

const LEASE_MS = 60;

/** A queue that remembers what it is told. */
function taker(jobs: string[], more: Partial<JobTaker> = {}) {
  const said: string[] = [];
  const queue: JobTaker = {
    async lease(limit) {
      return jobs
        .splice(0, limit)
        .map((id) => ({ ...{ id, kind: 'batch', payload: id, attempt: 1, token: id, untilMs: 0 } }));
    },
    async extend(job) {
      said.push(`extend ${job.id}`);
      return job;
    },
    async complete(job, result) {
      said.push(`complete ${job.id} ${String(result)}`);
      return true;
    },
    async fail(job, { code }) {
      said.push(`fail ${job.id} ${code}`);
      return 'again';
    },
    async release(job) {
      said.push(`release ${job.id}`);
      return true;
    },
    async next(ms, signal) {
      await pause(ms, signal);
    },
    ...more,
  };
  return { queue, said };
}

async function until(isDone: () => boolean): Promise<void> {
  for (let count = 0; count < 400 && !isDone(); count += 1) await pause(5);
  expect(isDone()).toBe(true);
}

function running(
  queue: JobTaker,
  work: (job: LeasedJob, signal: AbortSignal) => Promise<JobOutcome>,
  problems: unknown[] = [],
) {
  const stop = new AbortController();
  const ended = runJobs(
    {
      ...{ taker: queue, work, concurrency: 2, leaseMs: LEASE_MS, idleMs: 5, random: () => 0.5 },
      onProblem: (error) => problems.push(error),
    },
    stop.signal,
  );
  return { stop: () => stop.abort(), ended };
}

describe('whoever takes jobs', () => {
  it('has so many at once, and says what came of each', async () => {
    const { queue, said } = taker(['a', 'b', 'c', 'd']);
    let [now, most] = [0, 0];
    const run = running(queue, async ({ id }) => {
      now += 1;
      most = Math.max(most, now);
      await pause(5);
      now -= 1;
      if (id === 'c') throw new RangeError('what they wrote');
      return id === 'b' ? { failure: { code: 'NO', reason: '' } } : { result: id };
    });
    await until(() => said.length === 4);
    run.stop();
    await run.ended;
    expect(most).toBe(2);
    expect(said.sort()).toEqual(['complete a a', 'complete d d', 'fail b NO', 'fail c RUNNER_FAILED']);
  });

  it('extends a lease while it works, and lets go of a job whose lease is lost', async () => {
    const { queue, said } = taker(['slow', 'lost'], {
      async extend(job) {
        said.push(`extend ${job.id}`);
        return job.id === 'lost' ? null : job;
      },
    });
    let aborted = 0;
    const run = running(queue, async ({ id }, signal) => {
      await pause(id === 'slow' ? LEASE_MS * 2 : 60_000, signal);
      if (signal.aborted) aborted += 1;
      return { result: id };
    });
    await until(() => said.includes('complete slow slow'));
    run.stop();
    await run.ended;
    expect(said.filter((word) => word === 'extend slow').length).toBeGreaterThan(2);
    expect(aborted).toBe(1);
    expect(said.some((word) => word.endsWith('lost') && !word.startsWith('extend'))).toBe(false);
  });

  it('gives back what is not done when it is stopped', async () => {
    const { queue, said } = taker(['a']);
    let begun = false;
    const run = running(queue, async (_, signal) => {
      begun = true;
      await pause(60_000, signal);
      return null;
    });
    await until(() => begun);
    run.stop();
    await run.ended;
    expect(said).toEqual(['release a']);
  });

  it('tells of a queue that is away, and goes on when it is back', async () => {
    let away = 2;
    const problems: unknown[] = [];
    const { queue, said } = taker([]);
    const run = running(
      {
        ...queue,
        async lease() {
          away -= 1;
          if (away >= 0) throw new Error('away');
          return away === -1 ? [{ id: 'a', kind: 'batch', payload: 0, attempt: 1, token: 'a', untilMs: 0 }] : [];
        },
      },
      async () => ({ result: 1 }),
      problems,
    );
    await until(() => said.includes('complete a 1'));
    run.stop();
    await run.ended;
    expect(problems).toHaveLength(2);
  });
});
