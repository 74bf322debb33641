/**
 * What Redis costs: events a second from the outbox to the stream, and jobs a second through BullMQ, beside the queue of
 * rows of the store. A redis-server of its own runs in another process on this machine.
 *
 * Usage: node bench/redis.ts [--events 100000] [--jobs 2000]
 */
import { parseArgs } from 'node:util';
import { BullQueue, EmbeddedQueue, type JobQueue, type NewJob, SHARED_CONCURRENCY } from '../src/jobs/index.ts';
import { systemClock, systemRandom } from '../src/kernel/index.ts';
import { openWritable } from '../src/sqlite/index.ts';
import { createTables, INDEXES } from '../src/store/index.ts';
import { RelayScene } from '../test/redis/relay-scene.ts';
import { ownRedis } from '../test/redis/server.ts';
import { heading, line } from './live/table.ts';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '100000' }, jobs: { type: 'string', default: '2000' } },
});
const events = Number(values.events);
const jobs = Number(values.jobs);
/** A transcript of a usual conversation is about so long. */
const PAYLOAD = { transcript: 'x'.repeat(5_000) };
const AT_ONCE = 32;
const OPTIONS = {
  leaseMs: 30_000,
  attempts: 3,
  backOff: { firstMs: 1_000, mostMs: 1_000, factor: 2 },
  concurrency: SHARED_CONCURRENCY,
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function rate(name: string, count: number, ms: number, what: string): void {
  line(
    name,
    `${Math.round((count / ms) * 1_000)
      .toLocaleString('en')
      .padStart(9)} ${what}/s   (${Math.round(ms)} ms)`,
  );
}

async function relay(): Promise<void> {
  await using server = await ownRedis();
  using scene = new RelayScene();
  scene.happen(events);
  heading(`the relay, ${events.toLocaleString('en')} events`);
  {
    const before = process.cpuUsage();
    await using relay = scene.relay(server.url, { keeps: events, pollMs: 1_000 });
    rate('a stream that is empty', events, await timed(() => relay.settle(600_000)), 'events');
    const { user, system } = process.cpuUsage(before);
    line('of which this process', `${Math.round(((user + system) / events) * 10) / 10} µs an event`);
    const redis = await server.client();
    const lags: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      scene.happen(1);
      lags.push(
        await timed(async () => {
          relay.wake();
          for (;;) if ((await redis.xlen('chatstats:events')) >= scene.last) return;
        }),
      );
    }
    lags.sort((a, b) => a - b);
    line(
      'one event, from a commit to its entry',
      `${lags[100]?.toFixed(1)} ms median, ${lags[197]?.toFixed(1)} ms at 99 %`,
    );
    const { server: held } = await relay.figures();
    line(
      'memory of the stream',
      `${Math.round((held?.stream.bytes ?? 0) / (held?.stream.length ?? 1))} bytes an event`,
    );
  }
}

async function through(name: string, queue: JobQueue): Promise<void> {
  const all: NewJob[] = Array.from({ length: jobs }, (_, at) => ({
    id: `batch_bench_v1_${at}_0`,
    kind: 'batch',
    priority: 1,
    payload: PAYLOAD,
  }));
  heading(`${name}, ${jobs.toLocaleString('en')} jobs of 5 kB`);
  const put = await timed(async () => {
    for (let at = 0; at < jobs; at += AT_ONCE) await queue.enqueue(all.slice(at, at + AT_ONCE));
  });
  rate('put in', jobs, put, 'jobs');
  const taken = await timed(async () => {
    for (let done = 0; done < jobs; ) {
      const leased = await queue.lease(AT_ONCE);
      await Promise.all(leased.map((job) => queue.complete(job, { value: 1 })));
      done += leased.length;
    }
  });
  rate('taken and done', jobs, taken, 'jobs');
  const written = await timed(async () => {
    for (let done = 0; done < jobs; ) {
      const finished = await queue.finished(AT_ONCE);
      await queue.forget(finished.map(({ id }) => id));
      done += finished.length;
    }
  });
  rate('read back and forgotten', jobs, written, 'jobs');
  rate('all of it', jobs, put + taken + written, 'jobs');
}

await relay();
{
  await using server = await ownRedis();
  await using queue = new BullQueue({ ...OPTIONS, url: server.url, clock: systemClock, random: systemRandom });
  await through('BullMQ', queue);
}
{
  using db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  const inTurn = async <T>(task: (writer: typeof db) => T) => task(db);
  await through(
    'rows of a store in memory',
    new EmbeddedQueue({ ...OPTIONS, clock: systemClock, random: systemRandom, inTurn }),
  );
}
