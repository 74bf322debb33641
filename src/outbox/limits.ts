const DAY_MS = 86_400_000;

/** Guids that one event may name. A guid has 36 characters or a few more, so that an event stays near 20 kB. */
export const EVENT_GUIDS_LIMIT = 500;

/** How long events are kept once every consumer has them: a dashboard that was away for a holiday still resumes. */
export const RETENTION_AGE_MS = 30 * DAY_MS;

/** How long events are kept for a consumer that does not come. One that is away for longer starts over. */
export const RETENTION_HARD_AGE_MS = 90 * DAY_MS;

/** How many events are kept whoever has not read them: about 100 bytes each where few guids are named, 200 MB in all. */
export const RETENTION_HARD_ROWS = 2_000_000;
