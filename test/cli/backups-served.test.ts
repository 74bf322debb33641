import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/index.ts';
import type { Check, Diagnosis } from '../../src/doctor/index.ts';
import { must } from '../../src/kernel/index.ts';
import { type HistoryBackup, writeHistoryBackup } from '../../src/simulator/index.ts';
import { SseClient } from '../api/sse-client.ts';
import { UpProcess } from '../api/up-process.ts';
import { contentOf, PASSWORD } from '../support/backups.ts';
import { errorCode, jsonLines, Workplace } from './chatstats.ts';

let place: Workplace;
let plain: HistoryBackup;
let encrypted: HistoryBackup;
const OPTIONS = { seed: 23, messages: 400, nowMs: Date.UTC(2026, 3, 1), truth: true };
const PASSWORD_GIVEN = { CHATSTATS_BACKUP_PASSWORD: PASSWORD };
beforeAll(() => {
  place = new Workplace();
  plain = writeHistoryBackup({ ...OPTIONS, folder: place.file('plain') });
  encrypted = writeHistoryBackup({ ...OPTIONS, folder: place.file('encrypted'), encryption: { password: PASSWORD } });
});
afterAll(() => place[Symbol.dispose]());

const leftIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('chatstats-'));

function up(words: readonly string[], env: Record<string, string> = {}): { running: UpProcess; home: string } {
  const home = place.file(`home-${readdirSync(place.folder).length}`);
  mkdirSync(home);
  return { running: new UpProcess([...words, '--json', '--port', '0'], { home, env }), home };
}

/** How it stands once nothing goes on any more. */
async function idle(running: UpProcess): Promise<Status> {
  using client = new SseClient(`${await running.address}api/stream?topics=events`);
  const isIdle = () =>
    client.received.some(({ type, data }) => type === 'state' && JSON.stringify(data).includes('idle'));
  if ((await running.json<Status>('/status')).state !== 'idle') await client.until(isIdle);
  return await running.json<Status>('/status');
}

/** An attachment that the backup has is served as the phone had it, whole and in part; one that it has not is not. */
async function expectAttachment(running: UpProcess, store: string, names: readonly string[]): Promise<void> {
  const lines = jsonLines((await place.run(['--db', store, 'export', 'attachments'])).stdout);
  const guidOf = (isWanted: (line: Record<string, unknown>) => boolean) =>
    encodeURIComponent(String(must(lines.find(isWanted), 'there is such an attachment').guid));
  const fetched = async (guid: string, headers: Record<string, string> = {}) =>
    await fetch(`${await running.address}api/attachments/${guid}`, { headers });
  const name = must(names[0], 'the backup has attachments');
  const guid = guidOf(({ path }) => path === name);
  const bytes = Buffer.from(`the bytes of ${name}`);
  const whole = await fetched(guid);
  expect([whole.status, await whole.text()]).toEqual([200, bytes.toString()]);
  expect(whole.headers.get('content-length')).toBe(String(bytes.length));
  const part = await fetched(guid, { range: 'bytes=4-20' });
  expect([part.status, await part.text()]).toEqual([206, bytes.subarray(4, 21).toString()]);
  expect((await fetched(guidOf(({ state }) => state === 'missing'))).status).toBe(404);
}

describe('up with a backup', () => {
  it.each(['plain', 'encrypted'] as const)('that is %s imports it, serves it, and follows nothing', async (kind) => {
    const { folder, history, attachments } = kind === 'plain' ? plain : encrypted;
    const before = contentOf(folder);
    const store = place.file(`up-${kind}.db`);
    const { running: started, home } = up(['--db', store, 'up', folder], kind === 'plain' ? {} : PASSWORD_GIVEN);
    await using running = started;
    const status = await idle(running);
    expect(status).toMatchObject({ import: null, following: null });
    expect(status.store?.counts.messages).toBe(must(history.truth, 'it was asked for').messages.length);
    expect(leftIn(home), 'what was decrypted is gone while it is served').toEqual([]);
    await expectAttachment(running, store, attachments);
    const contacts = jsonLines((await place.run(['--db', store, 'export', 'contacts'])).stdout);
    expect(contacts.filter(({ origin }) => origin === 'address-book').length).toBeGreaterThan(10);
    const ended = await running.stop();
    expect(ended.status).toBe(0);
    expect(ended.stderr).toContain('a backup does not change, so nothing is followed');
    expect(ended.stderr).not.toContain(PASSWORD);
    expect(contentOf(folder)).toEqual(before);
  });

  it('wants the password of an encrypted one before it listens', async () => {
    const { running } = up(['--db', place.file('none.db'), 'up', encrypted.folder]);
    const { status, stdout, stderr } = await running.ended;
    expect([status, errorCode({ status: 2, stdout, stderr })]).toEqual([2, 'BACKUP_PASSWORD_NEEDED']);
    expect(existsSync(place.file('none.db'))).toBe(false);
  });

  it('imports one that a request names, with its people; one that is encrypted it refuses, with what to do', async () => {
    const store = place.file('asked.db');
    await place.run(['--db', store, 'import', encrypted.folder, '--address-book', 'none'], { env: PASSWORD_GIVEN });
    const { running: started } = up(['--db', store, 'up']);
    await using running = started;
    await idle(running);
    const attachments = jsonLines((await place.run(['--db', store, 'export', 'attachments'])).stdout);
    const present = must(
      attachments.find(({ state }) => state === 'present'),
      'the backup has some',
    );
    const locked = await fetch(`${await running.address}api/attachments/${encodeURIComponent(String(present.guid))}`);
    expect(locked.status, 'without the password, nothing of an encrypted backup can be shown').toBe(404);
    const ask = async (source: string) =>
      await fetch(`${await running.address}api/import`, {
        method: 'POST',
        headers: { 'x-chatstats': '1', 'content-type': 'application/json' },
        body: JSON.stringify({ source }),
      });
    const refused = await ask(encrypted.folder);
    expect(await refused.json()).toMatchObject({
      code: 'BACKUP_PASSWORD_NEEDED',
      hint: expect.stringContaining('chatstats import'),
    });
    using client = new SseClient(`${await running.address}api/stream?topics=events`);
    expect((await ask(plain.folder)).status).toBe(202);
    await client.until(() => client.kept.some(({ type }) => type === 'import_completed'));
    const { items } = await running.json<{ items: { origin: string }[] }>('/contacts');
    expect(items.some(({ origin }) => origin === 'address-book')).toBe(true);
  });
});

describe('a backup that is to be followed', () => {
  it.each([['sync'], ['sync', '--once'], ['service', 'install']].map((words) => [words.join(' '), words] as const))(
    'is refused by %s, which says what to do',
    async (_name, words) => {
      const outcome = await place.run(['--db', place.file('none.db'), ...words, '--source', plain.folder]);
      expect([outcome.status, errorCode(outcome)]).toEqual([2, 'USAGE']);
      expect(outcome.stderr).toContain(`chatstats up ${plain.folder}`);
    },
  );
});

describe('doctor', () => {
  async function doctor(store: string, ...more: string[]) {
    const outcome = await place.run(['--db', place.file(store), '--json', 'doctor', ...more]);
    const { checks } = JSON.parse(outcome.stdout) as Diagnosis;
    const of = (id: string) =>
      must<Check | undefined>(
        checks.find((check) => check.id === id),
        'it is always there',
      );
    return { status: outcome.status, of: (id: string) => of(id) as Check };
  }

  it('knows that a store came from a backup, and asks for no password', async () => {
    for (const [name, { folder }] of [
      ['plain', plain],
      ['encrypted', encrypted],
    ] as const) {
      await place.run(['--db', place.file(`doctor-${name}.db`), 'import', folder], { env: PASSWORD_GIVEN });
    }
    const ofPlain = await doctor('doctor-plain.db');
    expect(ofPlain.status).toBe(0);
    expect(ofPlain.of('source').found).toMatch(/: a backup of iOS 17\.4\.1, made 2026-02-28 \(/);
    expect(ofPlain.of('source-schema').state).toBe('ok');
    expect(ofPlain.of('watermark').state).toBe('ok');
    for (const more of [[], ['--source', encrypted.folder]]) {
      const { status, of } = await doctor('doctor-encrypted.db', ...more);
      expect(status).toBe(0);
      expect(of('source')).toMatchObject({ state: 'ok', found: expect.stringContaining('encrypted (') });
      expect(of('source-schema').state).toBe('skipped');
    }
  });

  it('says of one that is not whole what an import would say', async () => {
    const { folder } = writeHistoryBackup({ ...OPTIONS, folder: place.file('broken') });
    rmSync(`${folder}/3d`, { recursive: true });
    const { status, of } = await doctor('none.db', '--source', folder);
    expect([status, of('source').state]).toEqual([4, 'failed']);
    expect(of('source').found).toContain('sms.db is listed, but its file is missing');
  });
});
