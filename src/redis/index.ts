/**
 * The only room that knows the driver of Redis: how a server is named, how a connection is made and what its failures
 * are called. A connection made here fails fast and never tries again by itself: whoever has one decides what is lost
 * when it breaks, and when to come again. A password stands in the URL and nowhere else: not in errors, not in names.
 */
export { connectRedis, failureOf, type Redis, redisOptions, type ScriptRunner, serverOf } from './connection.ts';
