import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatStatsError, ERRORS } from '../../src/kernel/index.ts';
import { type BackupFixture, importBackup, madeUpBackup, PASSWORD, privateFolders } from '../support/backups.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { effort } from '../support/effort.ts';

/**
 * A single byte of a backup that is not what was written: the import is what it was, or says that something is wrong,
 * or ends in an error that tells where. It never crashes, and never gives another result in silence.
 */
const kinds = [
  ['plain', {}],
  ['encrypted', { encryption: { password: PASSWORD, firstRounds: 20, secondRounds: 10 } }],
] as const;

describe.each(kinds)('a flipped byte in a backup that is %s', (_kind, options) => {
  let backup: BackupFixture;
  let whole: ReturnType<typeof canonicalStore>;
  let quarantined: number;
  beforeAll(async () => {
    const place = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
    backup = madeUpBackup({ ...options, place, messages: 80, contacts: 10, seed: 9 });
    quarantined = (await importBackup(backup.folder, backup.store)).quarantined;
    whole = canonicalStore(backup.store);
  });
  afterAll(() => {
    rmSync(backup.place, { recursive: true });
    expect(privateFolders(process.pid)).toEqual([]);
  });

  const files = [
    'Manifest.db',
    'Manifest.plist',
    'Status.plist',
    'Info.plist',
    'sms.db',
    'AddressBook.sqlitedb',
  ] as const;

  it.each(files)('of %s is no crash and no silent lie', async (name) => {
    const file = fileNamed(backup, name);
    const original = readFileSync(file);
    const runs = name.endsWith('.plist') ? effort(25, 500) : effort(20, 500);
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const bytes = Buffer.from(original);
        bytes[at] = (bytes[at] ?? 0) ^ bits;
        writeFileSync(file, bytes);
        try {
          const store = path.join(backup.place, `${at}-${bits}.db`);
          const summary = await importBackup(backup.folder, store);
          const said = summary.problems.length + summary.unreadable + Math.abs(summary.quarantined - quarantined);
          if (said === 0) expect(canonicalStore(store)).toEqual(whole);
        } catch (error) {
          if (!(error instanceof ChatStatsError)) throw error;
          expect(ERRORS[error.code].exit).toBe(3);
          expect(error.message).not.toContain(PASSWORD);
        } finally {
          writeFileSync(file, original);
        }
      }),
      { numRuns: runs },
    );
  });

  it('at its end: a file that was cut short is no crash and no silent lie either', async () => {
    for (const name of files) {
      const file = fileNamed(backup, name);
      const original = readFileSync(file);
      for (const keep of [0, 1, 15, 100, Math.floor(original.length / 2), original.length - 16, original.length - 1]) {
        writeFileSync(file, original.subarray(0, keep));
        const store = path.join(backup.place, `${name}-${keep}.db`);
        try {
          const summary = await importBackup(backup.folder, store);
          if (summary.problems.length + summary.unreadable === 0)
            expect(canonicalStore(store), `${name} ${keep}`).toEqual(whole);
        } catch (error) {
          if (!(error instanceof ChatStatsError)) throw new Error(`${name} cut to ${keep}`, { cause: error });
          expect(ERRORS[error.code].exit).toBe(3);
        }
      }
      writeFileSync(file, original);
    }
  });
});

function fileNamed(backup: BackupFixture, name: string): string {
  const entry = [...backup.fileIds].find(([relativePath]) => relativePath.endsWith(`/${name}`));
  if (entry === undefined) return path.join(backup.folder, name);
  return path.join(backup.folder, entry[1].slice(0, 2), entry[1]);
}
