import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatStatsError, fixedClock } from '../kernel/index.ts';
import { ownStore } from '../load/index.ts';
import { Engine, type EngineOptions } from './client.ts';
import type { Calls } from './protocol.ts';
import { EngineThread } from './thread.ts';

const FAKE = new URL('./fake.test-worker.ts', import.meta.url);
const SECRET = 'dinner at eight';
const NOTHING: Calls['liveStatus']['args'] = {};
/** What the thread of the tests is told to do, where the real calls take no arguments. */
const begin = (how: string) => ({ how }) as unknown as Calls['follow']['args'];
/** What the fake engine has done, in order: it says so where the real one counts. */
const orderOf = async (engine: Engine) => Object.keys((await engine.call('liveStatus', NOTHING)).waiting);
const told = (how: string) => ({ how }) as unknown as Calls['liveStatus']['args'];

let folder: string;
let store: string;
let delays: number;
let resets: number;
const engines: Engine[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'engine-'));
  store = path.join(folder, 'store.db');
  delays = 0;
  resets = 0;
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await Engine.start({
    store,
    startThread: () => new EngineThread(FAKE),
    backOff: { next: () => ++delays, reset: () => void resets++ },
    ...options,
  });
  engines.push(engine);
  return engine;
}

const heard = (engine: Engine, notice: 'state' | 'committed' | 'problem') =>
  new Promise<unknown>((resolve) => engine.on(notice, resolve));

const restarted = (engine: Engine) => new Promise<void>((resolve) => engine.onRestart(resolve));

async function failure(call: Promise<unknown>): Promise<ChatStatsError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ChatStatsError)) throw new Error('an error of the catalogue was expected');
  return error;
}

describe('a call', () => {
  it('is answered, one at a time, the first lane first', async () => {
    const engine = await start();
    const first = new AbortController();
    const calls = [
      engine.call('seal', { chat: 'wait' }, { signal: first.signal }),
      engine.call('quarantineDiscard', { ids: [1, 2] }),
      engine.call('quarantineRetry', { ids: 'all' }),
      engine.call('seal', { chat: 'abc' }),
      engine.call('follow', begin('live')),
    ];
    expect(await orderOf(engine), 'answered beside the one in flight').toEqual(['seal wait']);
    first.abort();
    const results = await Promise.allSettled(calls);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.status))).toEqual([
      'rejected',
      { discarded: 2 },
      { retried: 1, resolved: 1 },
      { sealed: 3 },
      {},
    ]);
    const order = await orderOf(engine);
    expect(order).toEqual(['seal wait', 'live', 'seal abc', 'discard', 'retry']);
  });

  it('hears how far it is, before its answer and of nobody else', async () => {
    const engine = await start();
    const reached: number[] = [];
    const others: number[] = [];
    await Promise.all([
      engine.call('quarantineRetry', { ids: 'all' }, { onProgress: ({ done }) => reached.push(done) }),
      engine.call('seal', { chat: 'a' }, { onProgress: ({ done }) => others.push(done) }),
    ]);
    expect([reached, others]).toEqual([[1, 2], []]);
  });

  it('is cancelled while it runs, and while it waits for its turn', async () => {
    const engine = await start();
    const abort = [new AbortController(), new AbortController()] as const;
    const running = engine.call('seal', { chat: 'wait' }, { signal: abort[0].signal });
    const waiting = engine.call('seal', { chat: 'never' }, { signal: abort[1].signal });
    abort[1].abort();
    expect((await failure(waiting)).code).toBe('CANCELLED');
    abort[0].abort();
    expect(await failure(running)).toMatchObject({ code: 'CANCELLED', message: 'sealing was cancelled' });
    await engine.call('seal', { chat: 'last' });
    expect(await orderOf(engine)).toEqual(['seal wait', 'seal last']);
    expect((await failure(engine.call('seal', { chat: 'x' }, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
  });

  it('throws what the engine threw: of the catalogue with its hint, of others nothing but the kind', async () => {
    const engine = await start();
    expect(await failure(engine.call('seal', { chat: 'known' }))).toMatchObject({
      code: 'DISK_FULL',
      message: `no room left for ${store}`,
      hint: 'Buy a disk.',
    });
    const foreign = await failure(engine.call('seal', { chat: 'foreign' }));
    expect(foreign).toMatchObject({ code: 'INTERNAL', message: 'RangeError' });
    expect(foreign.stack).toContain('fake.test-worker.ts');
    expect(foreign.stack).not.toContain(SECRET);
  });

  it('that the engine does not know is refused, and nothing else happens', async () => {
    const engine = await start();
    const args = { source: { path: '/x', sealed: false }, addressBook: null, region: null, locale: null, gapMs: null };
    expect((await failure(engine.call('import', args))).code).toBe('ENGINE_FAILED');
    expect(await orderOf(engine)).toEqual([]);
  });

  it('may make the engine say something to whoever listens', async () => {
    const engine = await start();
    const said = heard(engine, 'committed');
    await engine.call('seal', { chat: 'say' });
    expect(await said).toEqual({ position: 42 });
  });

  it('is refused when too many wait already', async () => {
    const engine = await start();
    const waiting = Array.from({ length: 256 }, () => failure(engine.call('seal', { chat: 'wait' })));
    expect((await failure(engine.call('seal', { chat: 'x' }))).code).toBe('ENGINE_BUSY');
    await engine.stop();
    expect(new Set((await Promise.all(waiting)).map(({ code }) => code))).toEqual(new Set(['CANCELLED']));
  });
});

describe('a thread that dies', () => {
  it.each([
    ['by ending', 'die', 'the engine ended'],
    ['of an error that nobody caught', 'throw', 'the engine ended (TypeError)'],
  ])('%s fails what was asked of it, and is followed by another', async (_what, how, text) => {
    const engine = await start();
    const problem = heard(engine, 'problem');
    const again = restarted(engine);
    const others = failure(engine.call('seal', { chat: 'wait' }));
    expect(await failure(engine.call('liveStatus', told(how)))).toMatchObject({ code: 'ENGINE_FAILED', message: text });
    expect((await others).code).toBe('ENGINE_FAILED');
    expect(await problem).toEqual({ code: 'ENGINE_FAILED', text });
    await again;
    expect(await engine.call('seal', { chat: 'ab' })).toEqual({ sealed: 2 });
    expect(delays).toBe(1);
  });

  it.each([
    ['in a call', (engine: Engine) => failure(engine.call('seal', { chat: 'foreign' }))],
    ['in what a call began', (engine: Engine) => engine.call('follow', begin('fail later'))],
  ])('because something unexpected happened %s is followed by another', async (_what, fail) => {
    const engine = await start();
    const again = restarted(engine);
    await fail(engine);
    await again;
    expect(await orderOf(engine), 'what the old thread knew is gone').toEqual([]);
  });

  it('again and again is waited for longer, and is forgiven what is long ago', async () => {
    const clock = fixedClock(0);
    const engine = await start({ clock });
    for (const expected of [1, 2, 3]) {
      const again = restarted(engine);
      await failure(engine.call('liveStatus', told('die')));
      await again;
      expect([delays, resets]).toEqual([expected, 0]);
    }
    clock.advance(60_000);
    const again = restarted(engine);
    await failure(engine.call('liveStatus', told('die')));
    await again;
    expect(resets).toBe(1);
  });

  it('refuses calls until the next one is there, and is not followed by any when the engine stops', async () => {
    const engine = await start({ backOff: { next: () => 600_000, reset: () => undefined } });
    const restarting = heard(engine, 'state');
    await failure(engine.call('liveStatus', told('die')));
    expect(await restarting).toEqual({ state: 'restarting' });
    expect((await failure(engine.call('seal', { chat: 'a' }))).message).toContain('started again');
    expect(() => ownStore(store)).toThrow(expect.objectContaining({ code: 'STORE_OWNED' }));
    await engine.stop();
    ownStore(store)[Symbol.dispose]();
  });
});

describe('an engine', () => {
  it('owns the store from its start to its stop', async () => {
    const engine = await start();
    expect((await failure(start())).code).toBe('STORE_OWNED');
    await engine.stop();
    expect((await failure(engine.call('seal', { chat: 'a' }))).code).toBe('ENGINE_FAILED');
    await start();
  });

  it('that is stopped cancels what runs, and waits for what goes on', async () => {
    const engine = await start();
    await engine.call('follow', begin('forever'));
    const followed = heard(engine, 'state');
    const running = failure(engine.call('seal', { chat: 'wait' }));
    await engine.stop();
    expect((await running).code).toBe('CANCELLED');
    expect(await followed).toEqual({ state: 'followed' });
  });

  it.each(['spin', 'ignore everything'])('is stopped by force when a call hangs: %s', async (how) => {
    const engine = await start({ stopMs: 50 });
    const hanging = failure(engine.call('liveStatus', told(how)));
    await engine.stop();
    expect((await hanging).code).toBe('ENGINE_FAILED');
    ownStore(store)[Symbol.dispose]();
  });
});
