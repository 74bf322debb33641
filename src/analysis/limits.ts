/** Bounds of analysis, with their units. */

/** Events that are heard in one transaction. */
export const EVENTS_AT_ONCE = 200;

/** Runs that are queued or going on at once; the rest waits as targets, which hold no text. */
export const MOST_QUEUED = 256;

/** Transcripts that are read at once, and jobs that are put into the queue together. */
export const PREPARED_AT_ONCE = 32;

/** Finished jobs whose results are written in one transaction. */
export const SETTLED_AT_ONCE = 50;

/** Conversations that are planned, or let go of, in one transaction. */
export const PLANNED_AT_ONCE = 500;

/** Without any word, and with nothing due by time, it is looked so often whether there is something to do, in milliseconds. */
export const LOOK_MS = 60_000;

/** A queue that may lose what it holds is asked so often whether it has, in milliseconds. */
export const STANDING_MS = 1_000;

/** After a word of a commit, so much is waited for others, in milliseconds. */
export const GATHER_MS = 25;

/** Rounds for nothing but words of commits begin at least so much apart, in milliseconds. */
export const COMMITS_APART_MS = 250;

/** Whether the queue still knows what is queued is asked so often where nothing says that it may have lost some, in milliseconds. */
export const REPAIR_MS = 60_000;

/** A live pass looks so long after something was said, and waits no longer than the second while more is said. */
export const LIVE_AFTER_MS = 5_000;
export const LIVE_MOST_MS = 60_000;

/** How far an analysis of what was said before is told so often at most, in milliseconds. */
export const PROGRESS_MS = 1_000;

/** How jobs are taken, and taken again. */
export const JOB_LIMITS = {
  leaseMs: 60_000,
  attempts: 5,
  backOff: { firstMs: 5_000, mostMs: 15 * 60_000, factor: 4 },
  concurrency: { live: 2, batch: 4 },
} as const;
