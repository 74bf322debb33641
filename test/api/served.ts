import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { type ApiOptions, startApi } from '../../src/api/index.ts';
import { examine } from '../../src/doctor/index.ts';
import { type Clock, systemClock } from '../../src/kernel/index.ts';
import type { NewEvent } from '../../src/model/index.ts';
import { appendEvents } from '../../src/outbox/index.ts';
import { writeHistory } from '../../src/simulator/index.ts';
import { openStoreForWriting } from '../../src/store/index.ts';
import { NOW_MS, runImport } from '../support/fixture.ts';

type Listener = (payload: never) => void;

/** An engine that does nothing but remember what it was asked for. It says what a test has it say. */
export class QuietEngine {
  readonly calls: { name: string; args: unknown }[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();
  answer: (name: string) => unknown = () => ({});

  on(name: string, listener: Listener): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  say(name: string, payload: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(payload as never);
  }

  async call(name: string, args: unknown): Promise<unknown> {
    if (name === 'liveStatus') return { following: null, waiting: { live: 0 } };
    this.calls.push({ name, args });
    return this.answer(name);
  }
}

export type Served = AsyncDisposable & {
  store: string;
  folder: string;
  source: string;
  engine: QuietEngine;
  address: string;
  port: number;
  /** GET, with the path behind /api. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The same, as it is sent: nobody unpacks it. */
  raw(path: string, headers?: Record<string, string>): Promise<{ headers: http.IncomingHttpHeaders; body: Buffer }>;
  json<T>(path: string): Promise<T>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Records events as the engine does, and says so unless it is to be silent. */
  tell(events: readonly NewEvent[], options?: { silently?: boolean }): number;
  /** The server ends and another begins on the same store. */
  restart(): Promise<void>;
};

export type ServedOptions = {
  messages?: number;
  seed?: number;
  /** Without an import: there is no store. */
  empty?: boolean;
  api?: Partial<ApiOptions>;
  clock?: Clock;
};

/** A server in this process, on a port of its own, over a made-up history. Every answer is checked against its schema. */
export async function served({
  messages = 1_500,
  seed = 3,
  empty = false,
  api = {},
  clock,
}: ServedOptions = {}): Promise<Served> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-api-'));
  const fixture = { folder, source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  const addressBook = path.join(folder, 'AddressBook');
  writeHistory({
    ...{ file: fixture.source, addressBookFolder: addressBook, generation: 'macos-26', messages, seed, nowMs: NOW_MS },
  });
  if (!empty) await runImport(fixture, { addressBook });
  const engine = new QuietEngine();
  const start = () =>
    startApi({
      store: fixture.store,
      version: '0.0.0',
      clock: clock ?? systemClock,
      engine: engine as unknown as ApiOptions['engine'],
      home: fixture.folder,
      redis: async () => null,
      openImport: async (source) => ({
        args: {
          source: { path: source ?? fixture.source, sealed: false },
          ...{ addressBook: null, region: null, locale: null, gapMs: null },
        },
        [Symbol.dispose]: () => undefined,
      }),
      addressBook: null,
      listBackups: () => [],
      examine: () =>
        examine({
          ...{ store: fixture.store, source: fixture.source, addressBook, live: null, thorough: false },
          machine: { platform: process.platform, home: fixture.folder, env: {}, node: process.execPath },
          clock: clock ?? systemClock,
        }),
      ...{ host: '127.0.0.1', port: 0, token: null, page: null, checkAnswers: true, warmsUp: false },
      ...api,
    });
  let server = await start();
  const url = (where: string) => `${server.address}api${where}`;
  return {
    ...{ store: fixture.store, folder: fixture.folder, source: fixture.source, engine },
    get address() {
      return server.address;
    },
    get port() {
      return server.port;
    },
    get: async (where, headers = {}) => await fetch(url(where), { headers }),
    raw: async (where, headers = {}) =>
      await new Promise((resolve, reject) => {
        http
          .get(url(where), { headers }, (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
            response.on('error', reject);
          })
          .on('error', reject);
      }),
    async json<T>(where: string) {
      const response = await fetch(url(where));
      if (!response.ok) throw new Error(`${where} answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as T;
    },
    post: async (where, body, headers = { 'x-chatstats': '1' }) =>
      await fetch(url(where), {
        method: 'POST',
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    tell(events, { silently = false } = {}) {
      using db = openStoreForWriting(fixture.store);
      const position = db.transaction(() => appendEvents(db, NOW_MS, events)) ?? 0;
      if (!silently) engine.say('committed', { position });
      return position;
    },
    async restart() {
      await server[Symbol.asyncDispose]();
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
