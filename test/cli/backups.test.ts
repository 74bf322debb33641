import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breathe, must } from '../../src/kernel/index.ts';
import { type HistoryBackup, writeBackup, writeHistoryBackup } from '../../src/simulator/index.ts';
import { contentOf, PASSWORD } from '../support/backups.ts';
import { errorCode, jsonLines, type Outcome, Workplace } from './chatstats.ts';

let place: Workplace;
let plain: HistoryBackup;
let encrypted: HistoryBackup;
/** As many rounds as an iPhone asks for: it takes some seconds. */
let slow: HistoryBackup;
const OPTIONS = { seed: 21, messages: 500, nowMs: Date.UTC(2026, 3, 1), truth: true };
beforeAll(() => {
  place = new Workplace();
  plain = writeHistoryBackup({ ...OPTIONS, folder: place.file('plain') });
  encrypted = writeHistoryBackup({ ...OPTIONS, folder: place.file('encrypted'), encryption: { password: PASSWORD } });
  slow = writeHistoryBackup({
    ...{ ...OPTIONS, messages: 4_000, folder: place.file('slow') },
    encryption: { password: PASSWORD, firstRounds: 10_000_000, secondRounds: 10_000 },
  });
});
afterAll(() => place[Symbol.dispose]());

const fromEnvironment = { env: { CHATSTATS_BACKUP_PASSWORD: PASSWORD } };
const summaryOf = ({ stdout }: Outcome) => JSON.parse(stdout) as Record<string, unknown>;
const copyOf = (backup: HistoryBackup, name: string) => {
  const copy = place.file(name, backup.udid);
  cpSync(backup.folder, copy, { recursive: true });
  return copy;
};
/** A temporary folder of its own, so that it can be seen what is left in it. */
const temporary = (name: string) => {
  mkdirSync(place.file(name));
  return place.file(name);
};
const leftIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('chatstats-'));

describe('backups', () => {
  it('lists those of a folder as a table, and as JSON', async () => {
    const folder = place.file('several');
    for (const [index, backup] of [plain, encrypted].entries()) {
      cpSync(backup.folder, path.join(folder, `0000811${index}-001234567890001E`), { recursive: true });
    }
    mkdirSync(path.join(folder, '00008112-001234567890001E'));
    const { status, stdout, stderr } = await place.run(['backups', folder]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toMatch(/^device +model +iOS +made +encrypted +size +Messages$/);
    expect(stdout).toMatch(/^A made-up iPhone {2}iPhone14,5 {2}17\.4\.1 {2}2026-02-28 11:21 {2}no {9}\S+ \S+ +yes$/m);
    expect(stdout).toMatch(/^A made-up iPhone {2}iPhone14,5 {2}17\.4\.1 {2}2026-02-28 11:21 {2}yes {8}\S+ \S+ +yes$/m);
    expect(stdout).toContain('  Manifest.db is missing (BACKUP_INCOMPLETE)\n');
    const json = await place.run(['backups', folder, '--json']);
    const { backups } = JSON.parse(json.stdout) as { backups: Record<string, unknown>[] };
    expect(backups.map(({ id, complete }) => [id, complete])).toEqual([
      ['00008110-001234567890001E', true],
      ['00008111-001234567890001E', true],
      ['00008112-001234567890001E', false],
    ]);
    expect(backups[1]).toEqual({
      id: '00008111-001234567890001E',
      folder: path.join(folder, '00008111-001234567890001E'),
      device: 'A made-up iPhone',
      model: 'iPhone14,5',
      date: '2026-02-28T11:21:39.000Z',
      ios: '17.4.1',
      encrypted: true,
      bytes: expect.any(Number),
      messages: true,
      complete: true,
      problem: null,
    });
  });

  it('names a folder that may not be read, and what to do; one such backup among others stops nothing', async () => {
    const folder = place.file('denied');
    cpSync(plain.folder, path.join(folder, plain.udid), { recursive: true });
    mkdirSync(path.join(folder, '00008113-001234567890001E'), { mode: 0 });
    chmodSync(place.folder, 0o755);
    const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const look = () => place.runWith(['backups', folder, '--json'], uid);
    const { backups } = JSON.parse((await look()).stdout) as { backups: { problem: { code: string } | null }[] };
    expect(backups.map(({ problem }) => problem?.code ?? null)).toEqual([null, 'SOURCE_NO_PERMISSION']);
    chmodSync(folder, 0);
    const denied = await look();
    chmodSync(folder, 0o755);
    expect([denied.status, errorCode(denied)]).toEqual([3, 'SOURCE_NO_PERMISSION']);
    expect(denied.stderr).toContain('Full Disk Access');
  });

  it('says that there are none, and that there is no such folder', async () => {
    mkdirSync(place.file('empty'));
    expect((await place.run(['backups', place.file('empty')])).stdout).toMatch(/^There are no iPhone backups in /);
    expect((await place.run(['backups', place.file('empty'), '--json'])).stdout).toBe('{"backups":[]}\n');
    expect((await place.run(['backups', '--json'])).stdout).toBe('{"backups":[]}\n');
    const none = await place.run(['backups', place.file('nowhere')]);
    expect([none.status, errorCode(none)]).toEqual([3, 'SOURCE_NOT_FOUND']);
  });
});

describe('import of a backup', () => {
  it('that is plain brings its messages and its people', async () => {
    const outcome = await place.run(['import', plain.folder, '--db', place.file('plain.db'), '--json']);
    const truth = must(plain.history.truth, 'it was asked for');
    expect(summaryOf(outcome)).toMatchObject({
      messages: truth.messages.length,
      bulk: true,
      unreadable: 0,
      problems: [],
    });
    const contacts = jsonLines((await place.run(['export', 'contacts', '--db', place.file('plain.db')])).stdout);
    expect(contacts.filter(({ origin }) => origin === 'address-book').length).toBeGreaterThan(10);
    const attachments = jsonLines((await place.run(['export', 'attachments', '--db', place.file('plain.db')])).stdout);
    expect(attachments.filter(({ state }) => state === 'present').length).toBe(plain.attachments.length);
  });

  it('takes the folder that holds one for it, and asks which one where there are several', async () => {
    const inFolder = await place.run(['import', place.file('plain'), '--db', place.file('in.db'), '--json']);
    expect(inFolder.status).toBe(0);
    const several = await place.run(['import', place.file('several'), '--db', place.file('none.db')]);
    expect([several.status, errorCode(several)]).toEqual([3, 'SOURCE_NOT_FOUND']);
    expect(several.stderr).toMatch(/holds 3 iPhone backups\nhint: .*chatstats backups/);
  });

  it('that is encrypted takes its password from the environment or from a descriptor', async () => {
    const truth = must(encrypted.history.truth, 'it was asked for');
    const temp = temporary('temp-passwords');
    const { env } = fromEnvironment;
    const args = ['import', encrypted.folder, '--json', '--db'];
    const byEnvironment = await place.run([...args, place.file('env.db')], { env: { ...env, TMPDIR: temp } });
    expect(summaryOf(byEnvironment)).toMatchObject({ messages: truth.messages.length, problems: [] });
    const byDescriptor = await place.runWith([...args, place.file('fd.db'), '--password-fd', '3'], {
      fd3: `${PASSWORD}\n`,
      env: { TMPDIR: temp },
    });
    expect(summaryOf(byDescriptor)).toMatchObject({ messages: truth.messages.length, problems: [] });
    expect(leftIn(temp)).toEqual([]);
    const verified = await place.run(['verify', encrypted.folder, '--db', place.file('fd.db')], fromEnvironment);
    expect(verified.status).toBe(0);
    expect(`${byEnvironment.stderr}${byDescriptor.stderr}`).not.toContain(PASSWORD);
  });

  it('never takes a password as an argument', async () => {
    const given = await place.run(['import', encrypted.folder, '--backup-password', PASSWORD]);
    expect([given.status, errorCode(given)]).toEqual([2, 'USAGE']);
    expect(given.stderr).not.toContain(PASSWORD);
  });

  it('tells a password that is missing, one that is wrong, and keys that are damaged', async () => {
    const args = ['import', encrypted.folder, '--db', place.file('none.db')];
    const missing = await place.run(args);
    expect([missing.status, errorCode(missing)]).toEqual([2, 'BACKUP_PASSWORD_NEEDED']);
    const wrong = await place.runWith([...args, '--password-fd', '3'], { fd3: 'hunter2\n' });
    expect([wrong.status, errorCode(wrong)]).toEqual([3, 'BACKUP_PASSWORD_WRONG']);
    expect(wrong.stderr).not.toContain('hunter2');
    const damaged = copyOf(encrypted, 'damaged');
    const list = path.join(damaged, 'Manifest.plist');
    const bytes = readFileSync(list);
    bytes.writeUInt32BE(0xffff_ffff, bytes.indexOf('SALT') + 4);
    writeFileSync(list, bytes);
    const keys = await place.run(['import', damaged, '--db', place.file('none.db')], fromEnvironment);
    expect([keys.status, errorCode(keys)]).toEqual([3, 'BACKUP_DAMAGED']);
  });

  it.each([
    ['BACKUP_INCOMPLETE', 'absent', (folder: string) => rmSync(path.join(folder, '3d'), { recursive: true })],
    ['BACKUP_INCOMPLETE', 'unlisted', (folder: string) => rmSync(path.join(folder, 'Manifest.db'))],
    [
      'BACKUP_TOO_OLD',
      'old',
      (folder: string) => {
        rmSync(path.join(folder, 'Manifest.db'));
        writeFileSync(path.join(folder, 'Manifest.mbdb'), 'mbdb');
      },
    ],
  ] as const)('ends with %s when it is %s', async (code, name, harm) => {
    const folder = copyOf(plain, name);
    harm(folder);
    const outcome = await place.run(['import', folder, '--db', place.file('none.db')]);
    expect([outcome.status, errorCode(outcome)]).toEqual([3, code]);
  });

  it('that was interrupted ends with BACKUP_INCOMPLETE, but its database can still be named', async () => {
    const { folder } = writeBackup({
      ...{ folder: place.file('interrupted'), seed: 1, snapshotState: 'new' },
      files: [{ domain: 'HomeDomain', relativePath: 'Library/SMS/sms.db', content: readFileSync(databaseIn(plain)) }],
    });
    const outcome = await place.run(['import', folder, '--db', place.file('none.db')]);
    expect([outcome.status, errorCode(outcome)]).toEqual([3, 'BACKUP_INCOMPLETE']);
    const named = databaseIn({ folder });
    const byName = await place.run(['import', named, '--db', place.file('by-name.db'), '--json']);
    expect(byName.status).toBe(0);
  });

  it('changes nothing in a folder that may only be read, as a user without rights', async () => {
    for (const backup of [plain, encrypted]) {
      const folder = copyOf(backup, `read-only-${backup === plain}`);
      for (const name of readdirSync(folder, { recursive: true })) chmodSync(path.join(folder, String(name)), 0o555);
      chmodSync(folder, 0o555);
      chmodSync(place.folder, 0o755);
      const own = temporary(`own-${backup === plain}`);
      const NOBODY = 65_534;
      const isRoot = process.getuid?.() === 0;
      if (isRoot) chownSync(own, NOBODY, NOBODY);
      const before = contentOf(folder);
      const outcome = await place.runWith(['import', folder, '--db', path.join(own, 'store.db'), '--json'], {
        env: { ...fromEnvironment.env, HOME: own, TMPDIR: own },
        ...(isRoot ? { uid: NOBODY } : {}),
      });
      expect(outcome.stderr).not.toContain('error');
      expect(summaryOf(outcome).messages).toBeGreaterThan(300);
      expect(contentOf(folder)).toEqual(before);
      expect(leftIn(own)).toEqual([]);
      for (const name of readdirSync(folder, { recursive: true })) chmodSync(path.join(folder, String(name)), 0o755);
      chmodSync(folder, 0o755);
    }
  });
});

describe('a backup with the work factors of an iPhone', () => {
  it('shows how far it is while the key is derived', async () => {
    const { stderr, status } = await place.run(['import', slow.folder, '--db', place.file('slow.db')], fromEnvironment);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^opening the backup .*\n/);
    expect(stderr).toMatch(/^\d+ % {2}deriving the key {2}[\d,]+\/10,010,000 /m);
  });

  it.each([
    ['SIGKILL', null, 1],
    ['SIGINT', 130, 0],
    ['SIGTERM', 130, 0],
  ] as const)(
    'that is left by %s in the middle leaves nothing in the clear after the next start',
    async (signal, status, left) => {
      const temp = temporary(`temp-${signal}`);
      const args = ['import', quick(), '--db', place.file(`${signal}.db`)];
      const child = place.start(args, 'ignore', { ...fromEnvironment.env, TMPDIR: temp });
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      while (!leftIn(temp).some((name) => readdirSync(path.join(temp, name)).includes('sms.db'))) await breathe();
      child.kill(signal);
      expect(await ended).toBe(status);
      expect(leftIn(temp)).toHaveLength(left);
      const next = await place.run(['backups', plain.folder], { env: { TMPDIR: temp } });
      expect(next.status).toBe(0);
      expect(leftIn(temp)).toEqual([]);
    },
  );
});

/** A backup whose key is derived in a moment, and whose import takes one. */
let quickFolder: string | null = null;
function quick(): string {
  quickFolder ??= writeHistoryBackup({
    ...{ ...OPTIONS, messages: 20_000, folder: place.file('quick') },
    encryption: { password: PASSWORD },
  }).folder;
  return quickFolder;
}

function databaseIn({ folder }: { folder: string }): string {
  return path.join(folder, '3d', '3d0d7e5fb2ce288813306e4d4636395e047a3d28');
}
