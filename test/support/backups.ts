import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fixedClock } from '../../src/kernel/index.ts';
import type { ImportOptions, ImportSummary } from '../../src/pipeline/index.ts';
import { type HistoryBackup, type HistoryBackupOptions, writeHistoryBackup } from '../../src/simulator/index.ts';
import { type OpenBackup, openBackup } from '../../src/sources/iphone-backup/index.ts';
import { NOW_MS, runImport, temporaryFolder } from './fixture.ts';

export const PASSWORD = 'a pass wörd of backups';

export type BackupFixture = HistoryBackup & { place: string; store: string };

/** A backup of a made-up phone in a folder of the test's own. */
export function madeUpBackup(options: Partial<HistoryBackupOptions> & { place?: string } = {}): BackupFixture {
  const place = options.place ?? temporaryFolder();
  const made = writeHistoryBackup({ folder: place, seed: 5, messages: 400, nowMs: NOW_MS, truth: true, ...options });
  return { ...made, place, store: path.join(place, 'store.db') };
}

export function open(folder: string, password = PASSWORD, signal?: AbortSignal): Promise<OpenBackup> {
  return openBackup(folder, () => Promise.resolve(Buffer.from(password, 'utf8')), {
    clock: fixedClock(0),
    signal: signal ?? new AbortController().signal,
    onProgress: () => undefined,
  });
}

/** How an opened backup is imported: what the command line makes of it. */
export function importOptions({ messages, files, addressBook }: OpenBackup): Partial<ImportOptions> {
  return {
    source: { path: messages.path, sealed: messages.sealed },
    recordedPath: messages.place,
    attachmentFiles: files,
    addressBook: addressBook?.path ?? null,
    ...(addressBook === null || addressBook.path === addressBook.place ? {} : { addressBookPlace: addressBook.place }),
  };
}

/** Opens a backup and imports it; the summary tells of the problems of both. */
export async function importBackup(folder: string, store: string, password = PASSWORD): Promise<ImportSummary> {
  using opened = await open(folder, password);
  const summary = await runImport({ source: opened.messages.path, store }, importOptions(opened));
  return { ...summary, problems: [...opened.problems, ...summary.problems] };
}

/** Every file below a folder, with a checksum and the time of its last change; and every folder. */
export function contentOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const { mtimeMs } = statSync(file);
      const content = entry.isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'folder';
      return [path.relative(folder, file), `${content} ${mtimeMs}`];
    }),
  );
}

/** Private folders of a process that are there now. */
export function privateFolders(pid?: number): string[] {
  const of = pid === undefined ? '\\d+' : String(pid);
  const name = new RegExp(`^chatstats-(?:source|salvage|verify|backup)-${of}-`);
  const places = [tmpdir(), '/dev/shm'].filter((place) => existsSync(place));
  return places.flatMap((place) => readdirSync(place)).filter((entry) => name.test(entry));
}
