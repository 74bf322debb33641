/** Bounds of live sync, with their units. */

/** Rows that one transaction takes over: a few tens of milliseconds, so that nobody waits for it long. */
export const BATCH_ROWS = 2_000;

/** On every wake so many of the newest row ids are compared: edits, unsends and receipts fall on recent messages. */
export const WINDOW_ROWS = 2_000;

/** On every wake so many of the newest attachments are compared: files arrive soon after their messages, or never. */
export const WINDOW_ATTACHMENTS = 300;

/** Rows that one slice of the sweep compares, in a read transaction of a few milliseconds. */
export const SWEEP_ROWS = 2_000;

/** Guids that are read from a feed of deletions at a time. */
export const FEED_ROWS = 1_000;

/** A message that is first seen this long after it was sent is old news: nobody is told that it is new. */
export const HISTORICAL_AFTER_MS = 10 * 60_000;

/** Between what a change led to and the next look, at most. */
export const REST_MOST_MS = 25;

/** Conversations sealed in one transaction. */
export const SEAL_ROWS = 500;

/** Messages entered into the search index in one transaction, while there is nothing else to do. */
export const INDEX_ROWS = 1_000;

/** Events removed in one transaction, once they are old. */
export const TRIM_ROWS = 1_000;

/** Row ids beside those that were touched which are compared with them. */
export const TOUCHED_GAP = 8;

/** With more ranges than this touched, comparing the newest rows, and all of them in the sweep, costs less. */
export const MOST_TOUCHED_RANGES = 100;

/** A sweep is begun so long after the last one began, when anything was committed meanwhile; and is over in less. */
export const SWEEP_EVERY_MS = 30_000;
export const SWEEP_WITHIN_MS = 25_000;
/** One that is wanted at once begins no sooner than this after the last one began. */
export const SWEEP_AGAIN_MS = 2_000;
/** Whether one is due is looked at this often, and while one is wanted at once. */
export const SWEEP_LOOK_MS = 3_000;
export const SWEEP_URGENT_LOOK_MS = 250;
/** Upkeep looks for something to do this often. */
export const UPKEEP_EVERY_MS = 1_000;
/** Without any commit of ours there is still what time alone makes due. */
export const UPKEEP_ANYWAY_MS = 60_000;
/** Between two slices of upkeep. */
export const UPKEEP_REST_MS = 20;
