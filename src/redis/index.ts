/**
 * The only room that knows the driver of Redis: how a server is named, how a connection is made and what its failures
 * are called. While a connection is broken its commands are refused at once, so that whoever has it decides what is lost
 * and when to come again; only a lasting one is made anew by itself. A password stands in the URL and nowhere else: not
 * in errors, not in names.
 */
export {
  connectRedis,
  failureOf,
  openLasting,
  type Redis,
  type ScriptRunner,
  serverOf,
} from './connection.ts';
