import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { BackupReader, backupAround, describeBackup } from '../sources/iphone-backup/index.ts';

/** A file to be sent, whole or in part. It is closed when it has been read, or by whoever does not read it. */
export type OpenFile = {
  bytes: number;
  read(range: { start: number; end: number }): Readable;
  close(): Promise<void>;
};

const FOLDER = 'Attachments';

/** Where attachments may lie: beside each source that was read, and where Messages keeps them on this machine. */
export function rootsOf(sources: readonly string[], home: string): string[] {
  const beside = sources.map((source) => path.join(path.dirname(path.resolve(source)), FOLDER));
  return [...new Set([...beside, path.join(home, 'Library', 'Messages', FOLDER)])];
}

/**
 * Opens the file of an attachment by the path that Messages recorded, if it lies in one of the roots and no link leads
 * out of them; null where it does not, or is not there. Paths are foreign input: they come from a database that others
 * have written. One of another machine (`~/Library/…`, `/var/mobile/…`) is looked for under the same name in each root.
 */
export async function openAttachment(
  recorded: string,
  { roots, home }: { roots: readonly string[]; home: string },
): Promise<OpenFile | null> {
  if (recorded.includes('\0')) return null;
  const absolute = recorded.startsWith('~/') ? path.join(home, recorded.slice(2)) : recorded;
  const tail = new RegExp(`(?:^|/)${FOLDER}/(.+)$`, 's').exec(recorded)?.[1];
  for (const root of roots) {
    const candidates = [
      ...(path.isAbsolute(absolute) ? [path.relative(root, path.resolve(absolute))] : []),
      ...(tail === undefined ? [] : [path.normalize(tail)]),
    ];
    for (const inside of candidates) {
      const file = isInside(inside) ? await openPlain(root, inside) : null;
      if (file !== null) return file;
    }
  }
  return null;
}

function isInside(relative: string): boolean {
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Every folder on the way from the root is looked at: a link among them could lead anywhere. */
async function openPlain(root: string, inside: string): Promise<OpenFile | null> {
  let at = root;
  let seen: Awaited<ReturnType<typeof lstat>> | null = null;
  try {
    for (const part of inside.split(path.sep)) {
      at = path.join(at, part);
      seen = await lstat(at);
      if (seen.isSymbolicLink()) return null;
    }
  } catch {
    return null;
  }
  if (seen === null || !seen.isFile()) return null;
  return await openSame(at, seen);
}

/** Between looking and opening another file may have come to that place: what was opened is compared. */
async function openSame(file: string, seen: { dev: number; ino: number }): Promise<OpenFile | null> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const stat = await handle.stat();
    if (stat.isFile() && stat.dev === seen.dev && stat.ino === seen.ino) return fileOf(handle, stat.size);
  } catch {
    // Not ours to read, or gone: for whoever asks there is no such file.
  }
  await handle?.close();
  return null;
}

function fileOf(handle: FileHandle, bytes: number): OpenFile {
  return {
    bytes,
    read: ({ start, end }) => handle.createReadStream({ start, end, autoClose: true }),
    close: () => handle.close(),
  };
}

/**
 * The same for an attachment in an iPhone backup that was read. `lent`: readers of those that are open, without which
 * nothing of an encrypted one can be read. Throws BACKUP_DAMAGED.
 */
export async function openInBackups(
  recorded: string,
  sources: readonly string[],
  lent: readonly BackupReader[],
): Promise<OpenFile | null> {
  const folders = new Set(sources.flatMap((source) => backupAround(source) ?? []));
  for (const folder of folders) {
    const reader = lent.find((one) => one.folder === folder) ?? plainReader(folder);
    const file = (await reader?.open(recorded)) ?? null;
    if (file !== null) return file;
  }
  return null;
}

function plainReader(folder: string): BackupReader | null {
  return describeBackup(folder).encrypted ? null : new BackupReader(folder, null);
}
