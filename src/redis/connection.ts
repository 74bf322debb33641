import type { Redis, RedisOptions } from 'ioredis';

export type { Redis } from 'ioredis';

/** So long a server may take to be there, in milliseconds. */
const CONNECT_MS = 5_000;
/** So long it may take to answer: the longest script of ours takes a few milliseconds. */
const ANSWER_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
const FIRST_AGAIN_MS = 25;

/** A script of `defineCommand`: keys and arguments in, whatever it returns out. */
export type ScriptRunner = (...keysAndArguments: (string | number)[]) => Promise<unknown>;

/** What a URL says, in the driver's words: redis://[user:password@]host:port/db, rediss://…, or unix:/path?db=N. */
export function redisOptions(url: string): RedisOptions {
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  const secret = {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  };
  if (protocol === 'unix:') {
    return { ...secret, path: decodeURIComponent(pathname), db: Number(searchParams.get('db') ?? 0) };
  }
  return {
    ...secret,
    // An IPv6 address stands in brackets in a URL, and without them everywhere else.
    host: hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
    port: port === '' ? 6379 : Number(port),
    db: pathname.length > 1 ? Number(pathname.slice(1)) : 0,
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** The server as a person may be told of it: where it is, and nothing of who we are there. */
export function serverOf(url: string): string {
  const { host, port, path } = redisOptions(url) as { host?: string; port?: number; path?: string };
  return path ?? `${host}:${port}`;
}

/**
 * Connects once. Throws when that does not succeed in time; later on, every command of a connection that has broken is
 * refused at once. `name` is what the server lists the connection by.
 */
export async function connectRedis(url: string, name: string): Promise<Redis> {
  const redis = await newClient({
    ...redisOptions(url),
    connectionName: name,
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    keepAlive: KEEP_ALIVE_MS,
  });
  let failure: unknown = null;
  // What broke a connection is told by the command that meets it; an event that nobody hears would end the process.
  redis.on('error', (error: unknown) => {
    failure = error;
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    // The driver says "Connection is closed." where the event before it said why.
    throw failure ?? error;
  }
}

/** Between two tries of a lasting connection, in milliseconds. */
const AGAIN_MS = 2_000;

/**
 * Connects, and from then on again whenever the connection breaks. While it is broken every command is refused at once;
 * one that was under way may have been carried out. Throws when the server is not there to begin with.
 */
export async function openLasting(url: string, name: string): Promise<Redis> {
  // Whether a server is there, and lets us in, is found out by a connection that does not try for ever.
  const first = await connectRedis(url, name);
  first.disconnect();
  const redis = await newClient({
    ...redisOptions(url),
    connectionName: name,
    retryStrategy: (times) => Math.min(AGAIN_MS, FIRST_AGAIN_MS * 2 ** Math.min(times, 10)),
    // After a server took over from another, and answers that it only reads, one that writes is looked for again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    keepAlive: KEEP_ALIVE_MS,
    lazyConnect: true,
  });
  redis.on('error', () => undefined);
  await redis.connect();
  return redis;
}

/** A server that hangs is not waited for when a connection is closed, in milliseconds. (The driver's types leave it out.) */
const LEAVING = { disconnectTimeout: 100 };

/** The driver is loaded when a server was named: most who start the program name none. */
async function newClient(options: RedisOptions): Promise<Redis> {
  const driver = await import('ioredis');
  return new driver.Redis({ ...options, ...LEAVING });
}

/** In a word what was wrong: a code of the system (ECONNREFUSED) or of Redis (NOAUTH, OOM), never its sentence. */
export function failureOf(error: unknown): string {
  const { code, message, name } = error as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  const word = /^(?:-?ERR\s+)?([A-Z]{3,}[A-Z0-9_]*)\b/.exec(String(message))?.[1];
  if (word !== undefined) return word;
  if (/timed out/i.test(String(message))) return 'TIMEOUT';
  return /connection is closed/i.test(String(message)) ? 'CLOSED' : String(name);
}
