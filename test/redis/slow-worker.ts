/**
 * A worker as `chatstats worker` is one, with a pass that takes some time: `node test/redis/slow-worker.ts URL MS LEASE_MS`.
 * It is there to be killed.
 */
import process from 'node:process';
import { JOB_LIMITS, PassRuns } from '../../src/analysis/index.ts';
import { BullQueue, runJobs } from '../../src/jobs/index.ts';
import { systemClock, systemRandom } from '../../src/kernel/index.ts';
import { loadedPass } from '../support/analysis-driver.ts';
import { slowPass } from './slow-pass.ts';

const [url = '', ms = '0', lease = '1500'] = process.argv.slice(2);
const leaseMs = Number(lease);
const runs = new PassRuns([loadedPass(slowPass(Number(ms)))]);
const options = { ...JOB_LIMITS, leaseMs, attempts: 1_000, url, clock: systemClock, random: systemRandom };
const queue = new BullQueue(options);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await runJobs(
  {
    taker: queue,
    work: async (job, signal) => await runs.run(job, signal),
    ...{ concurrency: 4, leaseMs, idleMs: 500, random: systemRandom },
  },
  stop.signal,
);
await queue[Symbol.asyncDispose]();
