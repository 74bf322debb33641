/**
 * Events on their way to whoever listens. What happened stands in the outbox; here each event is read once, encoded
 * once, and sent to every listener that wants it, in order, from the position it names. Nobody gets an event twice on
 * one connection, nobody misses one: a position that is no longer kept is answered with `reset`. A listener that stands
 * still is cut off, and what waits for it is never more than the bound of limits.ts. What has no position (progress,
 * state, figures) passes by and is told in its newest form only. It knows no HTTP: an `Outlet` takes bytes.
 */
export { Hub, type HubOptions } from './hub.ts';
export type { Outlet } from './listener.ts';
export type { PassingType, Topic, Wish } from './topics.ts';
