/**
 * Background work: one contract (contract.ts), and the engines that keep it. The embedded one keeps its jobs as rows of
 * the store, in the transactions of the store's owner. What a job is about, and what becomes of its result, is not
 * known here.
 */

export { type BullOptions, BullQueue, SHARED_CONCURRENCY } from './bullmq.ts';
export {
  type FinishedJob,
  type JobCounts,
  type JobFailure,
  type JobQueue,
  type JobQueueOptions,
  type JobSource,
  type JobTaker,
  type LeasedJob,
  MOST_PAYLOAD_BYTES,
  type NewJob,
} from './contract.ts';
export { type EmbeddedOptions, EmbeddedQueue } from './embedded.ts';
export { type JobSubject, jobId } from './job-id.ts';
export { JOB_KINDS, type JobKind } from './kinds.ts';
export { type JobOutcome, type RunnerOptions, runJobs } from './runner.ts';
