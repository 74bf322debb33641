import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check, Diagnosis } from '../../src/doctor/index.ts';
import { openWritable } from '../../src/sqlite/index.ts';
import { errorCode, type Outcome, Workplace } from './chatstats.ts';
import { scene } from './sync-scene.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.history('chat.db');
  await place.run(['--db', 'store.db', 'import', 'chat.db', '--address-book', 'none']);
});
afterAll(() => place[Symbol.dispose]());

/** A store of its own, equal to the first. */
function copyOfStore(name: string): string {
  copyFileSync(place.file('store.db'), place.file(name));
  chmodSync(place.file(name), 0o600);
  return name;
}

async function doctor(store: string, ...more: string[]): Promise<Outcome & Diagnosis & { of(id: string): Check }> {
  const outcome = await place.run(['--db', store, '--json', 'doctor', ...more]);
  const diagnosis = JSON.parse(outcome.stdout) as Diagnosis;
  const of = (id: string) => {
    const check = diagnosis.checks.find((candidate) => candidate.id === id);
    if (check === undefined) throw new Error(`there is no check ${id}`);
    return check;
  };
  return { ...outcome, ...diagnosis, of };
}

describe('doctor', () => {
  it('finds nothing wrong with a store that is fine, in one screen', async () => {
    const { status, ok, of } = await doctor('store.db');
    expect([status, ok]).toEqual([0, true]);
    for (const id of ['source', 'source-schema', 'store', 'store-integrity', 'store-references', 'watermark']) {
      expect(of(id).state, id).toBe('ok');
    }
    const shown = await place.run(['--db', 'store.db', 'doctor']);
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    const lines = shown.stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    expect(
      lines.slice(0, -2).every((line) => /^(?:[✓!✗-] \S| +→ \S)/.test(line)),
      shown.stdout,
    ).toBe(true);
    expect(lines.at(-1)).toMatch(/^(?:All is well|\d+ worth a look)\.$/);
  });

  it('says 4 and what to do when a source that was named is missing', async () => {
    const { status, ok, of, stdout, stderr } = await doctor('store.db', '--source', 'nowhere.db');
    expect([status, ok]).toEqual([4, false]);
    expect(of('source')).toMatchObject({ state: 'failed', found: expect.stringContaining('nowhere.db') });
    expect(of('source').remedy).toContain('chatstats import');
    expect(errorCode({ status, stdout, stderr })).toBe('PROBLEMS_FOUND');
    const shown = await place.run(['--db', 'store.db', 'doctor', '--source', 'nowhere.db']);
    expect(shown.stdout).toMatch(/^✗ Messages' database .+\n +→ Name one/);
    expect(shown.stdout).toMatch(/\n1 failed(?:, \d+ worth a look)?\.\n$/);
  });

  it('says that a store which was cut short is damaged, and goes on', async () => {
    const store = copyOfStore('cut.db');
    truncateSync(place.file(store), 300_000);
    const { status, of } = await doctor(store, '--source', 'chat.db');
    expect(status).toBe(4);
    expect(of('store')).toMatchObject({ state: 'failed', found: expect.stringContaining('is damaged') });
    expect([of('source').state, of('quarantine').state]).toEqual(['ok', 'skipped']);
  });

  it("says what is wrong with another program's database in the place of the store, and leaves it alone", async () => {
    using other = openWritable(place.file('other.db'));
    other.exec('CREATE TABLE recipes (title TEXT)');
    const before = readFileSync(place.file('other.db'));
    const { status, of } = await doctor('other.db');
    expect([status, of('store').state]).toEqual([4, 'failed']);
    expect(readFileSync(place.file('other.db')).equals(before)).toBe(true);
  });

  it('makes nothing where there is no store', async () => {
    const { status, of } = await doctor(place.file('deep', 'store.db'));
    expect([status, of('store').state]).toEqual([0, 'warning']);
    expect(existsSync(place.file('deep'))).toBe(false);
  });

  it('counts what is set aside by its reasons', async () => {
    const store = copyOfStore('full.db');
    using db = openWritable(place.file(store));
    db.exec('DELETE FROM quarantine');
    for (let row = 0; row < 500; row += 1) {
      db.run(
        `INSERT INTO quarantine (source_id, source_rowid, guid, reason, state, first_seen_at, last_tried_at)
         VALUES (1, ?, ?, ?, 'quarantined', 0, 0)`,
        ...[row, `guid-${row}`, row < 400 ? 'no_chat' : 'body_undecodable'],
      );
    }
    const { status, of } = await doctor(store);
    expect(status).toBe(0);
    expect(of('quarantine')).toMatchObject({
      ...{ state: 'warning', found: '400 in no chat, 100 with a body that could not be decoded' },
      remedy: expect.stringContaining('chatstats quarantine'),
    });
    expect(of('bodies').found).toMatch(/^100 messages/);
  });

  it('asks the process that follows, and sees that everything is read', async () => {
    await using s = scene(place, 'followed');
    const sync = await s.sync().live();
    await s.act({ act: 'say', text: 'one more' });
    const { status, of } = await doctor(s.store, '--source', s.source);
    expect(status).toBe(0);
    expect(of('following')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^live: /) });
    expect(of('watermark').state).toBe('ok');
    expect(of('source-log').found).toContain('-wal');
    await sync.stop();
    expect((await doctor(s.store, '--source', s.source)).of('following').state).toBe('skipped');
  });

  it('names the permission that a user without rights is in want of', () => {
    const folder = place.file('forbidden');
    mkdirSync(folder);
    copyFileSync(place.file('chat.db'), path.join(folder, 'chat.db'));
    chmodSync(path.join(folder, 'chat.db'), 0);
    chmodSync(folder, 0o755);
    chmodSync(place.folder, 0o755);
    const own = place.file('own');
    mkdirSync(own);
    const NOBODY = 65_534;
    // Only root can become another user; anybody else is without rights already.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(own, NOBODY, NOBODY);
    const look = (platform: string) => {
      const script = `
        const { examine } = await import(${JSON.stringify(path.resolve('src/doctor/index.ts'))});
        const { systemClock } = await import(${JSON.stringify(path.resolve('src/kernel/index.ts'))});
        if (${isRoot}) { process.setgid(${NOBODY}); process.setuid(${NOBODY}); }
        const machine = { platform: '${platform}', home: '/nonexistent', env: { TERM_PROGRAM: 'iTerm.app' }, node: '/opt/node' };
        console.log(JSON.stringify(await examine({
          store: ${JSON.stringify(path.join(own, 'store.db'))}, source: ${JSON.stringify(path.join(folder, 'chat.db'))},
          addressBook: null, machine, clock: systemClock, live: null, thorough: true })));`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      expect(run.stderr).not.toContain('Error');
      const { ok, checks } = JSON.parse(run.stdout) as Diagnosis;
      expect(ok).toBe(false);
      return checks.find(({ id }) => id === 'source');
    };
    expect(look('darwin')).toMatchObject({
      ...{ state: 'failed', found: `not allowed to read ${path.join(folder, 'chat.db')}` },
      remedy: expect.stringMatching(/Privacy & Security → Full Disk Access: allow "iTerm", the program this runs in/),
    });
    expect(look('linux')?.remedy).toContain('read access');
    chmodSync(path.join(folder, 'chat.db'), 0o600);
  });
});
