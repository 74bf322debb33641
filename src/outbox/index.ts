/**
 * What happened, in order. A row of `events` is written in the transaction of the change it tells of, so that neither
 * is ever there without the other. Ids rise, follow each other and are never used again, also when all events have
 * been trimmed: an id is a position, and whoever knows how far it has read can read on from there.
 *
 * Consumers are the readers that have a name and a position in the store. Each gets every event in order and at least
 * once: `nextBatch` gives the same until `acknowledge`, so that a crash between the two repeats and never skips. What
 * is done with an event must bear being done again; its id tells. Consumers do not see each other. Readers without a
 * name bring their position along (`readEvents`) and ask `isBeforeKept` whether it is still good.
 *
 * Events are kept for 30 days and until every consumer has them, but never beyond the bounds of limits.ts; a consumer
 * that comes back later learns how many it missed, and never that there were none.
 *
 * Events name guids, ids, counts and fields, never text: what a type may hold stands in model/events.ts, and nothing
 * else is stored. No event names more than 500 guids; one that would is several.
 *
 * `appendEvents` wants a transaction of the caller. The others are one or two short statements, which the store's owner
 * runs without anything coming between them. Never promised: that nobody gets an event twice, that `at` rises with
 * the ids (clocks go back), or that events are there for good.
 */
export { appendEvents } from './append.ts';
export {
  acknowledge,
  type Batch,
  type ConsumerStatus,
  consumerPosition,
  forgetConsumer,
  listConsumers,
  nextBatch,
  registerConsumer,
} from './consumers.ts';
export { EVENT_FIELDS } from './fields.ts';
export {
  EVENT_GUIDS_LIMIT,
  RETENTION_AGE_MS,
  RETENTION_HARD_AGE_MS,
  RETENTION_HARD_ROWS,
} from './limits.ts';
export { firstEventId, isBeforeKept, lastEventId, newestEvents, readEvents, startOfKept } from './read.ts';
export { trimEvents } from './retention.ts';
