import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ChatStatsError } from '../../src/kernel/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { Database, SqliteError } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { effort } from '../support/effort.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const SEED = 20261;
/** How often an import is killed. */
const ROUNDS = effort(5, 40);

describe('an import that is killed', () => {
  it('L60 at random moments leaves the old store or the new one, and the next import gives the same', async () => {
    const fixture = madeUpHistory({ messages: 12_000 });
    const fresh = path.join(fixture.folder, 'fresh.db');
    await runImport({ source: fixture.source, store: fresh });
    const expected = canonicalStore(fresh);
    let seen = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const store = path.join(fixture.folder, `killed-${round}.db`);
      const killed = await importAndKill(fixture.source, store, round);
      if (killed) seen += 1;
      if (existsSync(store)) {
        using db = openStoreForReading(store);
        expect(db.value('PRAGMA integrity_check')).toBe('ok');
      }
      await runImport({ source: fixture.source, store });
      expect(canonicalStore(store)).toEqual(expected);
      expect(readdirSync(fixture.folder).filter((name) => name.includes('building'))).toEqual([]);
    }
    expect(seen, 'a test that kills nothing shows nothing').toBeGreaterThan(ROUNDS / 2);
  });

  it('while it merges loses nothing, and the next one ends in the same state', async () => {
    const fixture = madeUpHistory({ messages: 6_000 });
    const second = madeUpHistory({ messages: 6_000, seed: 2 });
    const whole = path.join(fixture.folder, 'whole.db');
    await runImport({ source: fixture.source, store: whole });
    await runImport({ source: second.source, store: whole });
    const expected = canonicalStore(whole);
    for (let round = 0; round < effort(3, 20); round += 1) {
      const store = path.join(fixture.folder, `merged-${round}.db`);
      await runImport({ source: fixture.source, store });
      await importAndKill(second.source, store, round * 3);
      await runImport({ source: second.source, store });
      expect(canonicalStore(store)).toEqual(expected);
    }
  });
});

/** Every so many statements the power is cut. */
const CUT_EVERY = effort(5, 1);

describe('the power cut before a statement', () => {
  afterEach(() => Database.watch(null));

  it('of a merge, whichever it is, leaves a store that the next import completes', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const { pen, direct, close } = liveMessages(source);
    const first = actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 9e6, text: 'first' });
    const base = path.join(folder, 'base.db');
    await runImport({ source, store: base });
    actions.edit(pen, first, 'first, edited', NOW_MS - 8e6);
    actions.send(pen, direct, { from: 'me', atMs: NOW_MS - 1e6, text: 'second' });
    actions.react(pen, first, { from: 'me', code: 2000, atMs: NOW_MS - 1e6 });
    close();

    const total = await countStatements(source, path.join(folder, 'count.db'), base);
    const expected = canonicalStore(path.join(folder, 'count.db'));
    expect(total).toBeGreaterThan(60);
    for (let cut = 1; cut <= total; cut += CUT_EVERY) {
      const store = path.join(folder, `cut-${cut}.db`);
      await copyStore(base, store);
      let seen = 0;
      Database.watch(() => {
        seen += 1;
        if (seen === cut) throw new Error('power cut');
      });
      await expect(runImport({ source, store })).rejects.toThrow('power cut');
      Database.watch(null);
      await runImport({ source, store });
      expect(canonicalStore(store), `cut before statement ${cut}`).toEqual(expected);
    }
  });
});

describe('a disk that is full', () => {
  afterEach(() => Database.watch(null));

  it('is told by name, whichever statement meets it, and leaves the store as it was', async () => {
    const fixture = madeUpHistory({ messages: 200 });
    const base = path.join(fixture.folder, 'base.db');
    await runImport({ source: fixture.source, store: base });
    const before = canonicalStore(base);
    const second = madeUpHistory({ messages: 200, seed: 2 });
    const total = await countStatements(second.source, path.join(fixture.folder, 'count.db'), base);
    const whole = path.join(fixture.folder, 'whole.db');
    await runImport({ source: second.source, store: whole });
    const fresh = canonicalStore(whole);
    const steps = Math.max(1, Math.floor(total / effort(20, 200)));
    for (let cut = 1; cut <= total; cut += steps) {
      for (const store of [path.join(fixture.folder, `full-${cut}.db`), path.join(fixture.folder, `new-${cut}.db`)]) {
        const isNew = store.includes('new-');
        if (!isNew) await copyStore(base, store);
        let seen = 0;
        Database.watch((sql) => {
          seen += 1;
          if (seen >= cut) throw new SqliteError('database or disk is full', 13, sql, null);
        });
        const failure = await runImport({ source: second.source, store }).catch((error: unknown) => error);
        Database.watch(null);
        // A first import has fewer statements than a later one, and may be done before.
        if (seen >= cut) expect(failure, `at statement ${cut}`).toMatchObject({ code: 'DISK_FULL' });
        if (!isNew) expect(canonicalStore(store).messages).toEqual(expect.arrayContaining(before.messages));
        else if (existsSync(store)) expect(canonicalStore(store)).toEqual(fresh);
      }
    }
  });
});

describe('an import that is cancelled', () => {
  it('leaves no store and no file behind', async () => {
    const fixture = madeUpHistory({ messages: 3_000 });
    const controller = new AbortController();
    const run = runImport(fixture, {
      signal: controller.signal,
      onProgress: ({ stage }) => stage === 'messages' && controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 });
    expect(readdirSync(fixture.folder).filter((name) => name.startsWith('store.db'))).toEqual(['store.db-owner']);
  });
});

describe('a store', () => {
  it('P9 can be read by its owner alone', async () => {
    const fixture = madeUpHistory({ messages: 100 });
    await runImport(fixture);
    for (const name of readdirSync(fixture.folder).filter((file) => file.startsWith('store.db'))) {
      expect(statSync(path.join(fixture.folder, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('has one owner at a time', async () => {
    const fixture = madeUpHistory({ messages: 100 });
    const { ownStore } = await import('../../src/load/index.ts');
    using _owner = ownStore(fixture.store);
    await expect(runImport(fixture)).rejects.toSatisfy(
      (error) => error instanceof ChatStatsError && error.code === 'STORE_OWNED' && error.exitCode === 5,
    );
  });
});

async function countStatements(source: string, store: string, base: string): Promise<number> {
  await copyStore(base, store);
  let total = 0;
  Database.watch(() => {
    total += 1;
  });
  await runImport({ source, store });
  Database.watch(null);
  return total;
}

async function copyStore(from: string, to: string): Promise<void> {
  const db = openStoreForReading(from);
  db.run('VACUUM INTO ?', to);
  db.close();
}

/** Imports in a process of its own and kills it after a pseudo-random while; true when it was still at work. */
function importAndKill(source: string, store: string, round: number): Promise<boolean> {
  const url = (file: string) => JSON.stringify(path.resolve(file));
  const script = `
    const { importSource } = await import(${url('src/pipeline/index.ts')});
    const { fixedClock } = await import(${url('src/kernel/index.ts')});
    console.log('ready');
    await importSource({ source: { path: ${url(source)}, sealed: false }, store: ${url(store)}, addressBook: null,
      region: null, locale: null, gapMs: 5400000, clock: fixedClock(${NOW_MS + 1_000}), onProgress() {},
      signal: new AbortController().signal });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Spread over the time that such an import takes; which moments are met differs from run to run, and has to.
  const delayMs = ((SEED * (round + 1)) % 400) + round * 10;
  return new Promise((resolve) => {
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delayMs));
    child.once('exit', (_code, signal) => resolve(signal === 'SIGKILL'));
  });
}
