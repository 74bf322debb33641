import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { openForeign, openReadable, openWritable } from '../../src/sqlite/index.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe("P7 Apple's files", () => {
  it('L10, L61 are byte for byte what they were after an import beside a live writer, whose log counts', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const { pen, direct, close } = liveMessages(source);
    for (let index = 0; index < 50; index += 1) {
      actions.send(pen, direct, { from: ANN, atMs: NOW_MS - index * 1_000, text: `message ${index}` });
    }
    const files = [source, `${source}-wal`];
    const before = files.map(hash);
    const summary = await runImport({ source, store: path.join(folder, 'store.db') });
    expect(summary.messages).toBe(50);
    expect(files.map(hash)).toEqual(before);
    // The writer is not in the way of anybody, nor anybody in its.
    actions.send(pen, direct, { from: ANN, atMs: NOW_MS, text: 'one more' });
    close();
  });

  it('get no company but the -shm and the empty -wal that SQLite itself makes', async () => {
    const fixture = madeUpHistory({ messages: 200 });
    const before = hash(fixture.source);
    await runImport(fixture, {});
    expect(hash(fixture.source)).toBe(before);
    const beside = readdirSync(fixture.folder).filter((name) => name.startsWith('chat.db'));
    expect(beside.filter((name) => !['chat.db', 'chat.db-shm', 'chat.db-wal'].includes(name))).toEqual([]);
    if (beside.includes('chat.db-wal')) expect(readFileSync(`${fixture.source}-wal`).length).toBe(0);
  });

  it('get no company at all inside a backup', async () => {
    const fixture = madeUpHistory({ messages: 200, generation: 'ios-17' });
    const backup = path.join(fixture.folder, 'backup');
    mkdirSync(backup);
    copyFileSync(fixture.source, path.join(backup, 'sms.db'));
    const summary = await runImport(fixture, { source: { path: path.join(backup, 'sms.db'), sealed: true } });
    expect(summary.messages).toBeGreaterThan(100);
    expect(readdirSync(backup)).toEqual(['sms.db']);
  });

  it('give the rows of a log that cannot be read in place, as in a backup, and stay as they are', async () => {
    const folder = temporaryFolder();
    const { pen, direct, close } = liveMessages(path.join(folder, 'chat.db'));
    for (let index = 0; index < 20; index += 1) {
      actions.send(pen, direct, { from: ANN, atMs: NOW_MS - index * 1_000, text: `message ${index}` });
    }
    const place = path.join(folder, 'place');
    mkdirSync(place);
    for (const suffix of ['', '-wal'])
      copyFileSync(path.join(folder, `chat.db${suffix}`), path.join(place, `chat.db${suffix}`));
    close();
    const before = readdirSync(place).map((name) => [name, hash(path.join(place, name))]);
    const source = { path: path.join(place, 'chat.db'), sealed: true };
    const summary = await runImport({ source: '', store: path.join(folder, 'store.db') }, { source });
    expect(summary.messages).toBe(20);
    expect(readdirSync(place).map((name) => [name, hash(path.join(place, name))])).toEqual(before);
    using db = openReadable(path.join(folder, 'store.db'));
    expect(db.value('SELECT path FROM sources')).toBe(source.path);
  });

  it('are refused to every statement that would write', () => {
    const fixture = madeUpHistory({ messages: 100 });
    using db = openForeign(fixture.source);
    for (const sql of ["UPDATE message SET text = ''", 'DELETE FROM kvtable', 'CREATE TABLE t (a)', 'VACUUM']) {
      expect(() => db.exec(sql)).toThrow(/readonly|read-only/);
    }
    using writer = openWritable(path.join(fixture.folder, 'other.db'));
    writer.attach(`file://${fixture.source}?mode=ro`, 'apple');
    expect(() => writer.exec('DELETE FROM apple.kvtable')).toThrow(/readonly/);
  });

  it('can be read by a user without rights, from a folder where nothing can be made', () => {
    const fixture = madeUpHistory({ messages: 300 });
    const folder = path.join(fixture.folder, 'read-only');
    const own = path.join(fixture.folder, 'own');
    mkdirSync(folder);
    mkdirSync(own);
    copyFileSync(fixture.source, path.join(folder, 'chat.db'));
    chmodSync(path.join(folder, 'chat.db'), 0o444);
    chmodSync(folder, 0o555);
    chmodSync(fixture.folder, 0o755);
    const NOBODY = 65_534;
    // Only root can become another user; anybody else is without rights already.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(own, NOBODY, NOBODY);
    const script = `
      const { importSource } = await import(${JSON.stringify(path.resolve('src/pipeline/index.ts'))});
      const { systemClock } = await import(${JSON.stringify(path.resolve('src/kernel/index.ts'))});
      if (${isRoot}) { process.setgid(${NOBODY}); process.setuid(${NOBODY}); }
      const summary = await importSource({
        source: { path: ${JSON.stringify(path.join(folder, 'chat.db'))}, sealed: false },
        store: ${JSON.stringify(path.join(own, 'store.db'))}, addressBook: null, region: null, locale: null,
        gapMs: 5400000, clock: systemClock, onProgress() {}, signal: new AbortController().signal });
      console.log(JSON.stringify(summary));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(run.stderr).not.toContain('Error');
    expect((JSON.parse(run.stdout) as { messages: number }).messages).toBeGreaterThan(200);
    expect(readdirSync(folder)).toEqual(['chat.db']);
    execFileSync('chmod', ['-R', 'u+w', fixture.folder]);
  });
});
