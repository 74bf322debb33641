import type { Queue, Worker } from 'bullmq';
import { pause } from '../kernel/index.ts';
import { openLasting, type Redis } from '../redis/index.ts';
import type { JobQueueOptions } from './contract.ts';
import type { JobKind } from './kinds.ts';

/** Public names (docs/redis.md). */
const QUEUES = { live: 'chatstats-analysis-live', batch: 'chatstats-analysis-batch' } as const;
/** Whoever waits for work, or for what came of it, hears here that there may be some. */
export const CHANNEL = 'chatstats-analysis';
/** Stands beside the jobs, and is gone when they are: whoever finds another one knows that they were lost. */
export const MARK = 'chatstats-analysis:mark';

/** BullMQ tells of every step in a stream of its own; it is for nobody here, so that it is kept short. */
const MOST_OF_ITS_EVENTS = 1_000;
/** A lease that has run out is noticed by the second look after that. */
const LOOKS_PER_LEASE = 4;
const MOST_BETWEEN_LOOKS_MS = 5_000;
/** How a job ends is decided here, never by BullMQ. */
const WITHOUT_BOUND = 1_000_000_000;
/** So long a connection that is being closed is waited for, in milliseconds. */
const CLOSE_MS = 1_000;

/** What keeps the queue of one kind of jobs. */
export type Side = { kind: JobKind; queue: Queue; worker: Worker };

/** Everything that is open towards one server. */
export type BullConnection = {
  redis: Redis;
  sides: Record<JobKind, Side>;
  /** Hears CHANNEL. */
  listener: Redis;
  close(): Promise<void>;
};

/** Throws when the server cannot be reached. BullMQ, which is large, is loaded when it is wanted. */
export async function connectBull(url: string, { leaseMs }: JobQueueOptions): Promise<BullConnection> {
  const bullmq = await import('bullmq');
  const redis = await openLasting(url, 'chatstats-jobs');
  const listener = redis.duplicate({ connectionName: 'chatstats-jobs-listener', enableOfflineQueue: true });
  listener.on('error', ignore);
  const side = (kind: JobKind): Side => {
    const queue = new bullmq.Queue(QUEUES[kind], {
      connection: redis,
      streams: { events: { maxLen: MOST_OF_ITS_EVENTS } },
    });
    const worker = new bullmq.Worker(QUEUES[kind], null, {
      connection: redis,
      autorun: false,
      lockDuration: leaseMs,
      stalledInterval: Math.ceil(Math.min(leaseMs / LOOKS_PER_LEASE, MOST_BETWEEN_LOOKS_MS)),
      maxStalledCount: WITHOUT_BOUND,
    });
    queue.on('error', ignore);
    worker.on('error', ignore);
    return { kind, queue, worker };
  };
  const sides = { live: side('live'), batch: side('batch') };
  const both = Object.values(sides);
  const opened = {
    ...{ redis, sides, listener },
    async close() {
      const closing = both.flatMap(({ queue, worker }) => [worker.close(true), queue.close()]);
      await within(Promise.allSettled(closing), CLOSE_MS);
      for (const connection of [listener, redis]) connection.disconnect();
    },
  };
  try {
    await Promise.all(both.flatMap(({ queue, worker }) => [queue.waitUntilReady(), worker.waitUntilReady()]));
    for (const { worker } of both) void worker.startStalledCheckTimer().catch(ignore);
    await listener.subscribe(CHANNEL);
    return opened;
  } catch (error) {
    // What broke while it was opened would otherwise go on being made anew, beside the next try.
    await opened.close();
    throw error;
  }
}

/** Waits for `work`, which may never end, for so long. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(ms, over.signal)]);
  over.abort();
}

/** What breaks is met by the next command; an event that nobody hears would end the process. */
function ignore(): void {}
