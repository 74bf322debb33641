/**
 * The door for programs and for the page: an HTTP server that reads the store through connections of its own, streams
 * events, and asks the engine for everything that changes something. Lists are answered by the main thread within
 * milliseconds; what goes over much of the store is answered by a thread of its own. Every list carries the position of
 * the events at its moment, so that a stream opened there misses nothing. Who is let in is decided in guard.ts.
 */
/** The shapes of all answers, as types: what a client in the same language reads them by. */

export type { OpenedImport } from './context.ts';
export { KeptItems } from './kept-items.ts';
export type * from './schemas/index.ts';
export { type ApiOptions, type ApiServer, startApi } from './server.ts';
export { StoreReader } from './store-reader.ts';
