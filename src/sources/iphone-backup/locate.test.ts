import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePlist, writeBackup } from '../../simulator/index.ts';
import { backupSize, describeBackup } from './describe.ts';
import { isBackup, locateBackups, locateUsualBackups, usualPlaces } from './locate.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
});
afterEach(() => rmSync(place, { recursive: true }));

const PHONE = '00008110-001234567890001E';
const files = [
  {
    domain: 'HomeDomain',
    relativePath: 'Library/SMS/sms.db',
    content: Buffer.from('a database, for all that matters here'),
  },
];

describe('the usual places of backups', () => {
  it.each([
    ['darwin', {}, ['/home/Library/Application Support/MobileSync/Backup']],
    ['linux', {}, []],
    [
      'win32',
      { APPDATA: '/roaming', USERPROFILE: '/profile' },
      ['/roaming/Apple Computer/MobileSync/Backup', '/profile/Apple/MobileSync/Backup'],
    ],
    ['win32', {}, ['/home/AppData/Roaming/Apple Computer/MobileSync/Backup', '/home/Apple/MobileSync/Backup']],
  ] as const)('on %s with %j', (platform, env, expected) => {
    expect(usualPlaces({ platform, home: '/home', env })).toEqual(expected);
  });

  it.each(['darwin', 'win32', 'linux'] as const)('on %s may not exist, which means that there are none', (platform) => {
    expect(locateUsualBackups({ platform, home: place, env: {} }).folders).toEqual([]);
  });

  it('are looked through by phone', () => {
    const folder = path.join(place, 'Library/Application Support/MobileSync/Backup');
    writeBackup({ folder, files, seed: 1, udid: PHONE });
    writeBackup({ folder, files, seed: 1, udid: `${PHONE}-20260228-112139` });
    mkdirSync(path.join(folder, 'something else'));
    expect(locateUsualBackups({ platform: 'darwin', home: place, env: {} }).folders).toEqual([
      path.join(folder, PHONE),
      path.join(folder, `${PHONE}-20260228-112139`),
    ]);
  });

  it('that may not be read are an error that says whom to allow', () => {
    const folder = path.join(place, 'Library/Application Support/MobileSync/Backup');
    mkdirSync(folder, { recursive: true });
    const look = () => locateUsualBackups({ platform: 'darwin', home: place, env: {} });
    // Root may read everything: there is nothing to refuse then.
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0);
    try {
      expect(look).toThrow(
        expect.objectContaining({ code: 'SOURCE_NO_PERMISSION', hint: expect.stringContaining('Full Disk Access') }),
      );
    } finally {
      chmodSync(folder, 0o700);
    }
  });
});

describe('a folder that is named', () => {
  it('is a backup, holds some, or holds a folder that does', () => {
    const { folder } = writeBackup({ folder: path.join(place, 'MobileSync/Backup'), files, seed: 1, udid: PHONE });
    expect(locateBackups(folder)).toEqual([folder]);
    expect(locateBackups(path.join(place, 'MobileSync/Backup'))).toEqual([folder]);
    expect(locateBackups(path.join(place, 'MobileSync'))).toEqual([folder]);
    expect(locateBackups(place)).toEqual([folder]);
    renameSync(folder, path.join(place, 'my phone'));
    expect(locateBackups(place)).toEqual([path.join(place, 'my phone')]);
  });

  it("is no backup for an Info.plist alone, which may be anybody's", () => {
    writeFileSync(path.join(place, 'Info.plist'), '');
    expect(isBackup(place)).toBe(false);
    writeFileSync(path.join(place, 'Status.plist'), '');
    expect(isBackup(place)).toBe(true);
  });

  it('that is not there, or is a file, is an error', () => {
    writeFileSync(path.join(place, 'file'), '');
    for (const name of ['nothing', 'file']) {
      expect(() => locateBackups(path.join(place, name))).toThrow(
        expect.objectContaining({ code: 'SOURCE_NOT_FOUND' }),
      );
    }
  });
});

describe('what a backup says of itself', () => {
  it('is its device, model, date, system, whether it is encrypted, and whether messages are in it', () => {
    const options = { folder: place, files, seed: 1, deviceName: 'Ann & Bob’s <iPhone>', productVersion: '18.6' };
    const plain = writeBackup({ ...options, udid: PHONE });
    expect(describeBackup(plain.folder)).toEqual({
      id: PHONE,
      folder: plain.folder,
      device: 'Ann & Bob’s <iPhone>',
      model: 'iPhone14,5',
      madeAt: Date.UTC(2026, 1, 28, 11, 21, 39),
      ios: '18.6',
      encrypted: false,
      messages: true,
      problem: null,
    });
    const encrypted = writeBackup({ ...options, files: [], encryption: { password: 'x' } });
    expect(describeBackup(encrypted.folder)).toMatchObject({ encrypted: true, messages: false, problem: null });
  });

  it('is read from Manifest.plist where there is no Info.plist', () => {
    const { folder } = writeBackup({ folder: place, files, seed: 1 });
    rmSync(path.join(folder, 'Info.plist'));
    expect(describeBackup(folder)).toMatchObject({ device: 'A made-up iPhone', model: 'iPhone14,5', ios: '17.4.1' });
  });

  it.each([
    ['Manifest.db is missing', 'BACKUP_INCOMPLETE', (folder: string) => rmSync(path.join(folder, 'Manifest.db'))],
    [
      'the backup was not finished',
      'BACKUP_INCOMPLETE',
      (folder: string) => writeFileSync(path.join(folder, 'Status.plist'), encodePlist({ SnapshotState: 'uploading' })),
    ],
    [
      'sms.db is listed, but its file is missing',
      'BACKUP_INCOMPLETE',
      (folder: string) => rmSync(path.join(folder, '3d'), { recursive: true }),
    ],
    [
      'made by iOS 17.4.1',
      'BACKUP_TOO_OLD',
      (folder: string) => renameSync(path.join(folder, 'Manifest.db'), path.join(folder, 'Manifest.mbdb')),
    ],
  ] as const)('is why it is of no use: %s', (reason, code, harm) => {
    const { folder } = writeBackup({ folder: place, files, seed: 1 });
    harm(folder);
    expect(describeBackup(folder).problem).toEqual({ code, reason });
  });

  it('is not lost to property lists that are damaged', () => {
    const { folder } = writeBackup({ folder: place, files, seed: 1 });
    for (const name of ['Info.plist', 'Manifest.plist', 'Status.plist']) {
      writeFileSync(path.join(folder, name), '<plist><dict><key>Device');
      expect(() => describeBackup(folder)).not.toThrow();
    }
    expect(describeBackup(folder)).toMatchObject({ device: null, encrypted: false, messages: true, problem: null });
  });

  it('and the size of all its files', async () => {
    const { folder } = writeBackup({ folder: place, files, seed: 1 });
    const before = await backupSize(folder, new AbortController().signal);
    writeFileSync(path.join(folder, '3d', 'more'), Buffer.alloc(1000));
    expect(await backupSize(folder, new AbortController().signal)).toBe(before + 1000);
  });
});
