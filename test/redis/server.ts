import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { must, pause } from '../../src/kernel/index.ts';
import { connectRedis, type Redis } from '../../src/redis/index.ts';
import { mustHaveRedisServer } from './installed.ts';

const UP_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 20;
/** As many has a server that nobody has told otherwise. */
const DATABASES = 16;

/** A Redis for one test, with nothing in it. */
export type TestRedis = AsyncDisposable & {
  url: string;
  /** A connection of the test's own, which lasts until the server goes. */
  client(): Promise<Redis>;
};

/** One that can be stopped. What it held is lost then: it keeps nothing on disk. */
export type OwnRedis = TestRedis & {
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again at the same address, empty. */
  restart(): Promise<void>;
  /** Stops it for a while, as a machine does that hangs; `resume` goes on. */
  freeze(): void;
  resume(): void;
};

/** A database of the server that REDIS_URL names, emptied; where none is named, a server of the test's own. */
export async function testRedis(): Promise<TestRedis> {
  const named = process.env.REDIS_URL;
  if (named === undefined || named === '') return await ownRedis();
  const url = ownDatabase(named);
  const clients = new Clients(url);
  await (await clients.open()).flushdb();
  return { url, client: () => clients.open(), [Symbol.asyncDispose]: async () => clients.close() };
}

/** Files of tests run beside each other, and each empties what it uses: every runner has a database of its own. */
function ownDatabase(named: string): string {
  const url = new URL(named);
  const first = Number(url.pathname.slice(1));
  url.pathname = `/${(first + Number(process.env.VITEST_POOL_ID ?? 0)) % DATABASES}`;
  return url.href;
}

/** A server of the test's own, on a port that was free, without persistence. */
export async function ownRedis(more: readonly string[] = []): Promise<OwnRedis> {
  const server = mustHaveRedisServer();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const clients = new Clients(url);
  const start = async () => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn(
      server,
      [...options, '--dir', folder, '--logfile', '', '--enable-debug-command', 'yes', ...more],
      {
        stdio: 'ignore',
      },
    );
    await answers(url, child);
    return child;
  };
  let child = await start();
  // A test that ran out of time is left where it was, and would leave its server behind.
  const last = () => void child.kill('SIGKILL');
  process.once('exit', last);
  const kill = async () => {
    const over = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await over;
  };
  return {
    url,
    client: () => clients.open(),
    kill,
    async restart() {
      await kill();
      child = await start();
    },
    freeze: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      process.off('exit', last);
      clients.close();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class Clients {
  readonly #url: string;
  readonly #open = new Set<Redis>();

  constructor(url: string) {
    this.#url = url;
  }

  async open(): Promise<Redis> {
    const client = await connectRedis(this.#url, 'chatstats-test');
    this.#open.add(client);
    return client;
  }

  close(): void {
    for (const client of this.#open) client.disconnect();
  }
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (const endMs = performance.now() + UP_WITHIN_MS; ; ) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    try {
      const client = await connectRedis(url, 'chatstats-test');
      client.disconnect();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await pause(LOOK_EVERY_MS);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = must(server.address(), 'it listens');
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? address.port : 0;
}
