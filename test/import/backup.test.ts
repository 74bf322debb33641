import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedClock, must } from '../../src/kernel/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { openReadable, openWritable } from '../../src/sqlite/index.ts';
import {
  contentOf,
  importBackup,
  importOptions,
  madeUpBackup,
  open,
  PASSWORD,
  privateFolders,
} from '../support/backups.ts';
import { canonicalStore, sorted } from '../support/canonical-store.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const MESSAGES_ID = '3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28';
const kinds = [
  ['plain', {}],
  ['encrypted', { encryption: { password: PASSWORD } }],
  ['encrypted before iOS 10.2', { encryption: { password: PASSWORD, firstRounds: null }, plainManifest: true }],
  ['encrypted with a keybag in another order', { encryption: { password: PASSWORD, shuffled: true } }],
] as const;

describe.each(kinds)('a backup that is %s', (_kind, options) => {
  it('is imported whole, with its people and its attachments, and nothing in it is changed', async () => {
    const backup = madeUpBackup(options);
    const truth = must(backup.history.truth, 'the truth was asked for');
    const before = contentOf(backup.folder);
    const summary = await importBackup(backup.folder, backup.store);
    expect(summary.problems).toEqual([]);
    const store = canonicalStore(backup.store);
    expect(store.messages).toEqual(sorted(truth.messages));
    expect(store.reactions).toEqual(sorted(truth.reactions));
    const states = (store.attachments as { path: string | null; state: string }[]).filter(({ path }) => path !== null);
    expect(states.length).toBeGreaterThan(5);
    for (const { path: name, state } of states) {
      expect(state, name ?? '').toBe(backup.attachments.includes(name ?? '') ? 'present' : 'missing');
    }
    const names = (store.contacts as { name: string | null }[]).flatMap(({ name }) => name ?? []);
    expect(names).toEqual(expect.arrayContaining(truth.contacts.flatMap(({ name }) => name ?? [])));
    expect(contentOf(backup.folder)).toEqual(before);
    expect(privateFolders(process.pid)).toEqual([]);
  });

  it('is the same source when it is imported again, and agrees with its store', async () => {
    const backup = madeUpBackup(options);
    await importBackup(backup.folder, backup.store);
    const before = canonicalStore(backup.store);
    await importBackup(backup.folder, backup.store);
    expect(canonicalStore(backup.store)).toEqual(before);
    using db = openReadable(backup.store);
    expect(db.all('SELECT path FROM sources')).toEqual([{ path: path.join(backup.folder, MESSAGES_ID) }]);
    expect(db.all<{ path: string }>('SELECT path FROM address_books').map(({ path }) => path)).toEqual([
      expect.stringContaining(backup.folder),
    ]);
    using opened = await open(backup.folder);
    const report = await verifySource({
      ...{ source: opened.messages, store: backup.store, region: null, locale: null, addressBook: null },
      ...importOptions(opened),
      ...{ clock: fixedClock(NOW_MS), signal: new AbortController().signal, onProgress: () => undefined },
    });
    expect(report.differences).toEqual([]);
  });

  it('gives the bytes of an attachment as the phone had them', async () => {
    const backup = madeUpBackup(options);
    const opened = await open(backup.folder);
    using reader = opened.reader();
    opened[Symbol.dispose]();
    for (const name of backup.attachments.slice(0, 5)) {
      const file = must(await reader.open(name), 'it is in the backup');
      const bytes = await file.read({ start: 0, end: file.bytes - 1 }).toArray();
      expect(Buffer.concat(bytes).toString()).toBe(`the bytes of ${name}`);
    }
    expect(await reader.open('~/Library/SMS/Attachments/no/such.jpg')).toBeNull();
    for (const name of [
      'Library/SMS/../AddressBook/AddressBook.sqlitedb',
      'Library/AddressBook/AddressBook.sqlitedb',
    ]) {
      expect(await reader.open(`~/${name}`), 'what is no attachment is not handed out').toBeNull();
    }
  });

  it('whose attachments are missing says so of them', async () => {
    const backup = madeUpBackup({
      ...options,
      change: (files) =>
        files
          .filter(({ domain }, at) => domain !== 'MediaDomain' || at % 3 !== 0)
          .map((file, at) => (file.domain === 'MediaDomain' && at % 3 === 1 ? { ...file, absent: true } : file)),
    });
    await importBackup(backup.folder, backup.store);
    using db = openReadable(backup.store);
    const states = db.all<{ state: string; path: string }>(
      'SELECT state, path FROM attachments WHERE path IS NOT NULL',
    );
    for (const { state, path: name } of states) {
      const fileId = backup.fileIds.get(name.replace(/^(?:~|\/var\/mobile)\//, ''));
      const stored = fileId !== undefined && isThere(path.join(backup.folder, fileId.slice(0, 2), fileId));
      expect(state).toBe(stored ? 'present' : 'missing');
    }
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['present', 'missing']));
  });

  it('that lists a log of sms.db is read together with it', async () => {
    const made = databaseWithLog();
    const backup = madeUpBackup({ ...options, change: () => made.files });
    const summary = await importBackup(backup.folder, backup.store);
    expect(summary.messages).toBe(20);
    expect(privateFolders(process.pid)).toEqual([]);
  });

  it('whose sms.db is listed but absent is incomplete; without one there are no messages in it', async () => {
    const without = (absent: boolean) =>
      madeUpBackup({
        ...options,
        change: (files) =>
          absent
            ? files.map((file) => (file.relativePath.endsWith('sms.db') ? { ...file, absent } : file))
            : files.filter((file) => !file.relativePath.endsWith('sms.db')),
      });
    await expect(importBackup(without(true).folder, '')).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE' });
    await expect(importBackup(without(false).folder, '')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('that was not finished is refused, with the reason', async () => {
    const backup = madeUpBackup({ ...options, snapshotState: 'uploading' });
    await expect(importBackup(backup.folder, backup.store)).rejects.toMatchObject({
      code: 'BACKUP_INCOMPLETE',
      message: expect.stringContaining('not finished'),
    });
  });

  it('whose sms.db is malformed gives every row that can be read, and the rest is counted and named', async () => {
    const backup = madeUpBackup({
      ...options,
      change: (files) =>
        files.map((file) =>
          file.relativePath.endsWith('sms.db') ? { ...file, content: malformed(file.content) } : file,
        ),
    });
    const summary = await importBackup(backup.folder, backup.store);
    expect(summary.unreadable).toBeGreaterThan(0);
    expect(summary.messages).toBeGreaterThan(50);
    expect(summary.problems.join('\n')).toMatch(/row ids \d+ to \d+ could not be read/);
  });
});

describe('a plain backup', () => {
  it('without a readable manifest is read by the names that its files usually have', async () => {
    const backup = madeUpBackup();
    await importBackup(backup.folder, backup.store);
    const whole = canonicalStore(backup.store);
    writeFileSync(path.join(backup.folder, 'Manifest.db'), 'no database at all, but quite long'.repeat(100));
    const summary = await importBackup(backup.folder, path.join(backup.place, 'other.db'));
    expect(summary.problems).toEqual([
      'Manifest.db cannot be read: files were looked for by the names they usually have',
    ]);
    expect(canonicalStore(path.join(backup.place, 'other.db'))).toEqual(whole);
  });

  it('without a manifest is incomplete, and one of iOS 9 is too old; both name what to do', async () => {
    const backup = madeUpBackup();
    rmSync(path.join(backup.folder, 'Manifest.db'));
    await expect(importBackup(backup.folder, backup.store)).rejects.toMatchObject({
      code: 'BACKUP_INCOMPLETE',
      message: expect.stringContaining('Manifest.db is missing'),
    });
    writeFileSync(path.join(backup.folder, 'Manifest.mbdb'), Buffer.from('mbdb\x05\x00', 'latin1'));
    await expect(importBackup(backup.folder, backup.store)).rejects.toMatchObject({
      code: 'BACKUP_TOO_OLD',
      hint: expect.stringContaining('3d0d7e5fb2ce288813306e4d4636395e047a3d28'),
    });
  });

  it('goes into the store of a Mac, and what the Mac has of an attachment stays', async () => {
    const backup = madeUpBackup({ change: (files) => files.filter(({ domain }) => domain !== 'MediaDomain') });
    const copy = path.join(backup.place, 'mac', 'sms.db');
    mkdirSync(path.dirname(copy));
    copyFileSync(path.join(backup.folder, MESSAGES_ID), copy);
    await runImport({ source: copy, store: backup.store });
    using db = openReadable(backup.store);
    const present = () => db.value<number>("SELECT count(*) FROM attachments WHERE state = 'present'");
    const before = present();
    expect(before).toBeGreaterThan(0);
    // Another source than the copy: its row ids are others.
    using pen = openWritable(path.join(backup.folder, MESSAGES_ID));
    pen.exec('PRAGMA foreign_keys = OFF');
    for (const name of pen
      .all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
      .map((row) => row.name)) {
      pen.exec(`DROP TRIGGER ${name}`);
    }
    pen.exec('UPDATE message_attachment_join SET message_id = message_id + 1000000');
    pen.exec('UPDATE chat_message_join SET message_id = message_id + 1000000');
    pen.exec('UPDATE message SET ROWID = ROWID + 1000000');
    pen.close();
    await importBackup(backup.folder, backup.store);
    expect(db.value('SELECT count(*) FROM sources')).toBe(2);
    expect(present()).toBe(before);
  });
});

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

const PAGE = 4096;

/** A page in the last third of the file is overwritten: leaves of large tables are there. */
function malformed(content: Uint8Array): Uint8Array {
  const bytes = Buffer.from(content);
  const text = bytes.lastIndexOf(Buffer.from('iMessage;-;'));
  const page = bytes.readUInt32BE(28) > 20 ? Math.floor(bytes.length / PAGE / 2) : Math.floor(text / PAGE);
  bytes.fill(0x5a, page * PAGE, (page + 1) * PAGE);
  return bytes;
}

/** A database whose newest rows are only in its log. */
function databaseWithLog() {
  const folder = temporaryFolder();
  const file = path.join(folder, 'chat.db');
  const { pen, direct, close } = liveMessages(file);
  for (let index = 0; index < 20; index += 1) {
    actions.send(pen, direct, { from: ANN, atMs: NOW_MS - index * 1_000, text: `message ${index}` });
  }
  const [content, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
  close();
  const place = { domain: 'HomeDomain', relativePath: 'Library/SMS/sms.db' };
  return {
    files: [
      { ...place, content, digest: true },
      { ...place, relativePath: `${place.relativePath}-wal`, content: log },
    ],
  };
}
