import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatStatsError } from '../kernel/index.ts';
import { handOver, listen } from './handover.ts';
import { HANDOVER_VERSION, readRequest } from './handover-protocol.ts';
import { jsonLines } from './json-lines.ts';
import type { Dispatch } from './protocol.ts';
import { storeAddress } from './store-address.ts';

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'handover-'));
  store = path.join(folder, 'store.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A dispatch that is only ever asked for what `work` does. */
type Work = (args: unknown, options: Parameters<Dispatch>[2]) => Promise<unknown>;
const dispatching = (work: Work) => (async (_name, args, options) => await work(args, options)) as Dispatch;

const untilAborted = (signal: AbortSignal | undefined) =>
  new Promise<never>((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(new ChatStatsError('CANCELLED', 'stopped by the owner'))),
  );

async function failure(call: Promise<unknown>): Promise<ChatStatsError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ChatStatsError)) throw new Error('an error of the catalogue was expected');
  return error;
}

/** Speaks to the owner by hand: the lines it answers with until it ends. */
async function speak(...lines: string[]): Promise<unknown[]> {
  const stream = connect(storeAddress(store).socket);
  stream.on('error', () => undefined);
  const heard: unknown[] = [];
  try {
    for await (const line of jsonLines(stream)) {
      if (heard.length === 0) stream.write(lines.join(''));
      heard.push(line);
    }
  } catch {
    heard.push('broken off');
  }
  return heard;
}

/** Something else that listens where an owner would. */
async function impostor(speech: (stream: Socket) => void): Promise<Server> {
  const server = createServer(speech);
  await new Promise<void>((resolve) => server.listen(storeAddress(store).socket, resolve));
  return server;
}

describe('handing over', () => {
  it('answers with what the owner answered, and tells how far it is', async () => {
    const asked: unknown[] = [];
    const work: Work = async (args, { onProgress }) => {
      asked.push(args);
      onProgress?.({ stage: 'messages', done: 1, total: 2 });
      return { sealed: 3 };
    };
    await using _owner = await listen(store, dispatching(work));
    const reached: unknown[] = [];
    const result = await handOver(store, 'seal', { chat: 'a' }, { onProgress: (at) => reached.push(at) });
    expect(result).toEqual({ sealed: 3 });
    expect(asked).toEqual([{ chat: 'a' }]);
    expect(reached).toEqual([{ stage: 'messages', done: 1, total: 2 }]);
  });

  it("throws the owner's errors, with their hints, and nothing of foreign ones but their kind", async () => {
    const known = new ChatStatsError('DISK_FULL', 'no room left', { hint: 'Buy a disk.' });
    const errors: unknown[] = [known, new RangeError('dinner at eight')];
    await using _owner = await listen(
      store,
      dispatching(async () => Promise.reject(errors.shift())),
    );
    expect(await failure(handOver(store, 'seal', { chat: 'a' }))).toMatchObject({
      code: 'DISK_FULL',
      message: 'no room left',
      hint: 'Buy a disk.',
    });
    const foreign = await failure(handOver(store, 'seal', { chat: 'a' }));
    expect(foreign).toMatchObject({ code: 'INTERNAL', message: 'RangeError' });
  });

  it('is cancelled on demand, and waits for what the owner says to that', async () => {
    const begun = Promise.withResolvers<void>();
    const work: Work = async (_args, { signal }) => {
      begun.resolve();
      return await untilAborted(signal);
    };
    await using _owner = await listen(store, dispatching(work));
    const abort = new AbortController();
    const call = failure(handOver(store, 'seal', { chat: 'a' }, { signal: abort.signal }));
    await begun.promise;
    abort.abort();
    expect(await call).toMatchObject({ code: 'CANCELLED', message: 'stopped by the owner' });
  });

  it('is cancelled when whoever asked is gone', async () => {
    const begun = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const work: Work = async (_args, { signal }) => {
      signal?.addEventListener('abort', () => cancelled.resolve());
      begun.resolve();
      return await untilAborted(signal);
    };
    await using _owner = await listen(store, dispatching(work));
    const stream = connect(storeAddress(store).socket);
    stream.write(`${JSON.stringify({ call: 'seal', args: { chat: 'a' } })}\n`);
    await begun.promise;
    stream.destroy();
    await cancelled.promise;
  });

  it('ends with the owner', async () => {
    const begun = Promise.withResolvers<void>();
    const owner = await listen(
      store,
      dispatching(async (_args, { signal }) => {
        begun.resolve();
        return await untilAborted(signal);
      }),
    );
    const call = failure(handOver(store, 'seal', { chat: 'a' }));
    await begun.promise;
    await owner[Symbol.asyncDispose]();
    expect((await call).code).toBe('CANCELLED');
    expect(statSync(storeAddress(store).socket, { throwIfNoEntry: false })).toBeUndefined();
  });

  it.each([
    ['nobody listens', null],
    ['what listens ends at once', (stream: Socket) => void stream.end()],
    ['what listens speaks otherwise', (stream: Socket) => void stream.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    [
      'the owner is of another version',
      (stream: Socket) =>
        void stream.end(`{"chatstats":${HANDOVER_VERSION + 1},"store":"${storeAddress(store).identity}"}\n`),
    ],
    ['it owns another store', (stream: Socket) => void stream.end(`{"chatstats":${HANDOVER_VERSION},"store":"x"}\n`)],
  ])('is refused as STORE_OWNED when %s', async (_what, speech) => {
    const server = speech === null ? null : await impostor(speech);
    const error = await failure(handOver(store, 'seal', { chat: 'a' }));
    expect([error.code, error.exitCode]).toEqual(['STORE_OWNED', 5]);
    server?.close();
  });

  it('fails when the owner ends in the middle', async () => {
    const greeting = `{"chatstats":${HANDOVER_VERSION},"store":"${storeAddress(store).identity}"}\n`;
    const server = await impostor((stream) => {
      stream.write(greeting);
      stream.once('data', () => stream.destroy());
    });
    expect((await failure(handOver(store, 'seal', { chat: 'a' }))).code).toBe('ENGINE_FAILED');
    server.close();
  });

  it('asks for nothing once it was cancelled', async () => {
    let asked = 0;
    await using _owner = await listen(
      store,
      dispatching(async () => ++asked),
    );
    const error = await failure(handOver(store, 'seal', { chat: 'a' }, { signal: AbortSignal.abort() }));
    expect([error.code, asked]).toEqual(['CANCELLED', 0]);
  });
});

describe('an owner that listens', () => {
  it('can be reached by its user alone', async () => {
    await using _owner = await listen(
      store,
      dispatching(async () => null),
    );
    const stat = statSync(`${store}-socket`);
    expect([stat.isSocket(), stat.mode & 0o777]).toEqual([true, 0o600]);
  });

  it('listens in a private folder when the path of the store is too long', async () => {
    const deep = path.join(folder, 'a-rather-long-name-of-a-folder'.repeat(4));
    mkdirSync(deep);
    store = path.join(deep, 'store.db');
    const { socket, folder: own } = storeAddress(store);
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(100);
    const owner = await listen(
      store,
      dispatching(async () => ({ sealed: 1 })),
    );
    expect(statSync(own ?? '').mode & 0o777).toBe(0o700);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(await handOver(store, 'seal', { chat: 'a' })).toEqual({ sealed: 1 });
    await owner[Symbol.asyncDispose]();
    expect(statSync(own ?? '', { throwIfNoEntry: false })).toBeUndefined();
  });

  it('neither listens nor is looked for in a folder that others may write to', async () => {
    const deep = path.join(folder, 'a-rather-long-name-of-a-folder'.repeat(4));
    mkdirSync(deep);
    store = path.join(deep, 'store.db');
    const own = storeAddress(store).folder ?? '';
    mkdirSync(own, { mode: 0o755 });
    try {
      const server = await impostor(() => expect.unreachable('somebody else was asked'));
      expect((await failure(handOver(store, 'seal', { chat: 'a' }))).code).toBe('STORE_OWNED');
      server.close();
      const error = await failure(
        listen(
          store,
          dispatching(async () => null),
        ),
      );
      expect(error.code).toBe('STORE_NO_PERMISSION');
    } finally {
      rmSync(own, { recursive: true });
    }
  });

  it('does not remove what is no socket', async () => {
    writeFileSync(`${store}-socket`, 'mine');
    await expect(
      listen(
        store,
        dispatching(async () => null),
      ),
    ).rejects.toThrow();
    expect(statSync(`${store}-socket`).size).toBe(4);
  });

  it.each([
    ['what it does not do', '{"call":"stop","args":{}}\n'],
    ['what nobody does', '{"call":"toString","args":{}}\n'],
    ['something without what it needs', '{"call":"seal","args":{}}\n'],
    ['no call at all', '[1]\n'],
  ])('refuses %s', async (_what, line) => {
    await using _owner = await listen(
      store,
      dispatching(async () => expect.unreachable('it was asked')),
    );
    expect(await speak(line)).toEqual([
      { chatstats: HANDOVER_VERSION, store: storeAddress(store).identity },
      { error: expect.objectContaining({ code: 'STORE_OWNED' }) },
    ]);
  });

  it.each([
    ['what is not JSON', 'hello\n'],
    ['a line that is too long', 'x'.repeat(1024 * 1024 + 1)],
  ])('breaks off at %s', async (_what, line) => {
    await using _owner = await listen(
      store,
      dispatching(async () => expect.unreachable('it was asked')),
    );
    expect(await speak(line)).not.toContainEqual(expect.objectContaining({ result: expect.anything() }));
    expect((await speak('{"call":"none"}\n')).length, 'others are heard as before').toBe(2);
  });

  it('does not send an answer that is too long', async () => {
    await using _owner = await listen(
      store,
      dispatching(async () => 'x'.repeat(1024 * 1024)),
    );
    expect((await failure(handOver(store, 'seal', { chat: 'a' }))).code).toBe('ENGINE_FAILED');
  });

  it('takes so many connections and no more', async () => {
    const work: Work = async (_args, { signal }) => await untilAborted(signal);
    await using _owner = await listen(store, dispatching(work));
    const abort = new AbortController();
    const calls = Array.from({ length: 20 }, () =>
      failure(handOver(store, 'seal', { chat: 'a' }, { signal: abort.signal })),
    );
    let refused = 0;
    const allRefused = new Promise<void>((resolve) => {
      for (const call of calls) void call.then(({ code }) => code === 'STORE_OWNED' && ++refused === 4 && resolve());
    });
    await allRefused;
    abort.abort();
    const codes = (await Promise.all(calls)).map(({ code }) => code);
    expect(codes.filter((code) => code === 'CANCELLED')).toHaveLength(16);
  });
});

describe('what another process asks for', () => {
  it('names its files by absolute paths', () => {
    const args = {
      source: { path: '/a/chat.db', sealed: false },
      addressBook: null,
      region: null,
      locale: null,
      gapMs: null,
    };
    const request = (change: object) => readRequest({ call: 'import', args: { ...args, ...change } });
    expect(request({})).toEqual({ call: 'import', args });
    expect(request({ source: { path: 'chat.db', sealed: false } })).toBeNull();
    expect(request({ addressBook: 'people' })).toBeNull();
    expect(request({ gapMs: -1 })).toBeNull();
  });

  it('is of what can be asked for', () => {
    expect(readRequest({ call: 'quarantineRetry', args: { ids: 'all' } })).not.toBeNull();
    expect(readRequest({ call: 'quarantineRetry', args: { ids: [1.5] } })).toBeNull();
    expect(readRequest({ call: 'follow', args: {} })).toBeNull();
  });
});
