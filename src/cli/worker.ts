import { JOB_LIMITS, PassThread } from '../analysis/index.ts';
import { BullQueue, type JobOutcome, runJobs } from '../jobs/index.ts';
import { ChatStatsError, EXIT, type ExitCode, systemRandom } from '../kernel/index.ts';
import { failureOf, serverOf } from '../redis/index.ts';
import { analysisArgs } from './analysing.ts';
import { type Invocation, note, print, printJson, warn } from './invocation.ts';
import { pairs } from './terminal.ts';

/** Without a word of new jobs they are looked for so often, in milliseconds. */
const IDLE_MS = 5_000;
/** The same problem is told again after this, in milliseconds. */
const REPEAT_MS = 60_000;

/** Runs jobs of analysis that come over Redis, until it is stopped: then it gives back what is not done. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  const { redisUrl: url, concurrency } = config;
  if (url === null) throw new ChatStatsError('USAGE', 'worker needs --redis-url, or CHATSTATS_REDIS_URL');
  const leaseMs = Math.ceil(config.leaseSeconds * 1_000);
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  // It reads no store, and so is never asked to.
  const args = await analysisArgs(invocation);
  if (args === null) throw new ChatStatsError('USAGE', 'a worker without passes has nothing to do');
  await using desk = await PassThread.start('', args.passes);
  const queue = new BullQueue({ ...JOB_LIMITS, leaseMs, url, clock: world.clock, random: systemRandom });
  await using _queue = queue;
  const counts = { taken: 0, done: 0, failed: 0 };
  let toldAt = Number.NEGATIVE_INFINITY;
  note(invocation, `taking jobs of ${desk.passes.map(({ name }) => name).join(', ')} from Redis at ${serverOf(url)}`);
  await runJobs(
    {
      taker: queue,
      async work(job, signal) {
        counts.taken += 1;
        const outcome = await desk.run(job, signal);
        count(counts, outcome);
        return outcome;
      },
      ...{ concurrency, leaseMs, idleMs: IDLE_MS, random: systemRandom },
      onProblem(error) {
        const now = world.clock.now();
        if (now - toldAt < REPEAT_MS) return;
        toldAt = now;
        warn(
          invocation,
          `Redis at ${serverOf(url)} cannot be used (${failureOf(error)}); it is tried again (REDIS_UNAVAILABLE)`,
        );
      },
    },
    stop.signal,
  );
  if (config.json) printJson(invocation, counts);
  else
    print(
      invocation,
      pairs([
        ['jobs taken', counts.taken],
        ['done', counts.done],
        ['failed', counts.failed],
      ]),
    );
  return EXIT.done;
}

function count(counts: { done: number; failed: number }, outcome: JobOutcome): void {
  if (outcome === null) return;
  counts['result' in outcome ? 'done' : 'failed'] += 1;
}
