import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../kernel/index.ts';
import { writeBackup } from '../../simulator/index.ts';
import { BackupAttachments } from './attachments.ts';
import { openBackup } from './open.ts';
import { attachmentPlaces, fileIdOf } from './places.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
});
afterEach(() => rmSync(place, { recursive: true }));

const NAME = 'Library/SMS/Attachments/ab/11/at_0_X/Bücher.jpg';
const DATABASE = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4080)]);

const file = (relativePath: string, content: Buffer, more = {}) => ({
  ...{ domain: 'MediaDomain', relativePath, content },
  ...more,
});
const database = { domain: 'HomeDomain', relativePath: 'Library/SMS/sms.db', content: DATABASE };

function open(folder: string) {
  const watch = { clock: fixedClock(0), signal: new AbortController().signal, onProgress: () => undefined };
  return openBackup(folder, () => Promise.resolve(Buffer.from('x')), watch);
}

describe('where an attachment lies', () => {
  it('follows from its name on the phone, in every form that it is written', () => {
    expect(fileIdOf(database)).toBe('3d0d7e5fb2ce288813306e4d4636395e047a3d28');
    for (const home of ['~/', '/var/mobile/', '/private/var/mobile/']) {
      expect(attachmentPlaces(`${home}${NAME}`)[0]).toEqual({ domain: 'MediaDomain', relativePath: NAME });
    }
    for (const elsewhere of ['', 'x.jpg', '/etc/passwd', '/var/mobile', '../x'])
      expect(attachmentPlaces(elsewhere)).toEqual([]);
  });

  it.each([
    ['plain', {}],
    ['encrypted', { encryption: { password: 'x' } }],
  ])('is found in a backup that is %s, whatever form of Unicode each side uses', async (_kind, options) => {
    const { folder } = writeBackup({
      ...{ folder: place, seed: 1, ...options },
      files: [database, file(NAME.normalize('NFD'), Buffer.from('bytes'))],
    });
    using opened = await open(folder);
    using attachments = new BackupAttachments(opened.files);
    expect(attachments.has(`~/${NAME.normalize('NFC')}`)).toBe(true);
    expect(attachments.has('~/Library/SMS/Attachments/other.jpg')).toBe(false);
  });

  it('is nowhere when the device alone can read it, which is counted', async () => {
    const { folder } = writeBackup({
      ...{ folder: place, seed: 1, encryption: { password: 'x' } },
      files: [database, file(NAME, Buffer.from('bytes'), { protectionClass: 9 })],
    });
    using opened = await open(folder);
    using attachments = new BackupAttachments(opened.files);
    expect(attachments.has(`~/${NAME}`)).toBe(false);
    expect(attachments.unreadable).toBe(1);
    using reader = opened.reader();
    expect(await reader.open(`~/${NAME}`)).toBeNull();
  });

  it('is told to be damaged when its end is', async () => {
    const { folder, fileIds } = writeBackup({
      ...{ folder: place, seed: 1, encryption: { password: 'x' } },
      files: [database, file(NAME, Buffer.alloc(100, 7))],
    });
    const fileId = fileIds.get(NAME) ?? '';
    writeFileSync(path.join(folder, fileId.slice(0, 2), fileId), Buffer.alloc(40));
    using opened = await open(folder);
    using reader = opened.reader();
    await expect(reader.open(`~/${NAME}`)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });
});
