import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import os from 'node:os';
import { ChatStatsError, type Clock } from '../kernel/index.ts';

/**
 * Who is let in. Three things are told apart: the page's own requests and programs on this machine, which are; other
 * sites that a browser shows beside the page, which are not, whatever name of ours they have taken (DNS rebinding) or
 * address of ours they call; and other machines, which are with a token only.
 */
export type GuardOptions = {
  /** What the server listens on, as it was named. */
  host: string;
  /** Null: none is needed, which only a loopback address may have. */
  token: string | null;
  clock: Clock;
};

export type GuardedRequest = { method: string; url: string; headers: IncomingHttpHeaders };

const TOKEN_LENGTH = 16;
const COOKIE = 'chatstats';
/** A month, in seconds. */
const COOKIE_AGE = 2_592_000;
/** Wrong tokens in one minute, whoever sends them; more are not even looked at. */
const MOST_WRONG = 20;
const MINUTE_MS = 60_000;

export class Guard {
  readonly #options: GuardOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #isLoopback: boolean;
  #wrong = { sinceMs: Number.NEGATIVE_INFINITY, count: 0 };

  /** Throws TOKEN_REQUIRED where others could reach the server and there is no token, or a weak one. */
  constructor(options: GuardOptions) {
    const { host, token } = options;
    this.#options = options;
    this.#isLoopback = isLoopback(host);
    if (!this.#isLoopback && token === null) {
      throw new ChatStatsError('TOKEN_REQUIRED', `${host} can be reached from other machines, and there is no token`);
    }
    if (token !== null && token.length < TOKEN_LENGTH) {
      throw new ChatStatsError('TOKEN_REQUIRED', `the token is shorter than ${TOKEN_LENGTH} characters`);
    }
    const own = this.#isLoopback ? [] : [os.hostname(), `${os.hostname().split('.')[0]}.local`];
    this.#hosts = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host), ...own].map((h) => h.toLowerCase()));
  }

  get isTokenRequired(): boolean {
    return this.#options.token !== null;
  }

  /** Throws REQUEST_REFUSED or TOKEN_REQUIRED for a request that is not let in. */
  check(request: GuardedRequest): void {
    const host = this.#checkHost(request.headers.host);
    this.#checkSite(request, host);
    if (!isApi(request.url)) return;
    if (changes(request.method) && request.headers['x-chatstats'] !== '1') {
      throw refused('the header X-ChatStats: 1 is missing');
    }
    if (needsToken(request) && !this.isSignedIn(request.headers)) {
      throw new ChatStatsError('TOKEN_REQUIRED', 'the request carries no valid token');
    }
  }

  isSignedIn({ authorization, cookie }: IncomingHttpHeaders): boolean {
    const { token } = this.#options;
    if (token === null) return true;
    const bearer = /^Bearer ([\x20-\x7e]{1,1000})$/i.exec(authorization ?? '')?.[1];
    if (bearer !== undefined) return this.isToken(bearer);
    const session = new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f]{64})(?:;|$)`).exec(cookie ?? '')?.[1];
    return session !== undefined && isEqual(session, sessionOf(token));
  }

  /** Compared in a time that does not depend on where they differ. Throws TOO_MANY after many that were wrong. */
  isToken(given: string): boolean {
    const { token, clock } = this.#options;
    if (token === null) return true;
    const now = clock.now();
    if (now - this.#wrong.sinceMs >= MINUTE_MS) this.#wrong = { sinceMs: now, count: 0 };
    if (this.#wrong.count >= MOST_WRONG) {
      throw new ChatStatsError('TOO_MANY', 'there were too many wrong tokens in the last minute');
    }
    const right = isEqual(given, token);
    if (!right) this.#wrong.count += 1;
    return right;
  }

  /** What the browser keeps instead of the token, for this host alone, out of reach of any script. */
  cookie(): string {
    const { token } = this.#options;
    const value = token === null ? '' : sessionOf(token);
    return `${COOKIE}=${value}; Path=/; Max-Age=${COOKIE_AGE}; HttpOnly; SameSite=Strict`;
  }

  #checkHost(host: string | undefined): string {
    const name = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
    if (name === undefined) throw refused('the Host is missing or not understood');
    // A number cannot be made to mean another machine; where a token is needed, any address of ours will do.
    const isOwn = this.#hosts.has(name) || (!this.#isLoopback && isIP(name.replace(/^\[|\]$/g, '')) !== 0);
    if (!isOwn) throw refused('the Host is not this server');
    return (host ?? '').toLowerCase();
  }

  #checkSite({ method, url, headers }: GuardedRequest, host: string): void {
    const { origin } = headers;
    if (origin !== undefined && hostOf(origin) !== host) throw refused('the request comes from another site');
    const site = headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return;
    // A link on another site may lead to the page, which asks for what it shows by itself.
    const isVisit = method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && !isApi(url);
    if (!isVisit) throw refused('the request comes from another site');
  }
}

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}

function needsToken({ method, url }: GuardedRequest): boolean {
  const [path = ''] = url.split('?');
  return !(method === 'POST' && path === '/api/login') && !(method === 'GET' && path === '/api/session');
}

function isApi(url: string): boolean {
  return /^\/api(?:[/?]|$)/.test(url);
}

function changes(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : null;
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function sessionOf(token: string): string {
  return createHmac('sha256', token).update('chatstats session').digest('hex');
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function refused(why: string): ChatStatsError {
  return new ChatStatsError('REQUEST_REFUSED', why);
}
