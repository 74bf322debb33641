import { existsSync, readdirSync } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { breathe, ChatStatsError, type ErrorCode, isDenied } from '../../kernel/index.ts';
import { SqliteError } from '../../sqlite/index.ts';
import { isDatabase, isFile, Manifest } from './manifest.ts';
import { fileIdOf, MESSAGES, pathOfFileId } from './places.ts';
import { bytesIn, dateIn, dictionaryAt, type Found, flagIn, readPropertyList, textIn } from './property-lists.ts';

/** Why nothing can be imported from a backup. */
export type BackupProblem = { code: ErrorCode; reason: string };

/** What a backup says of itself, without its password. */
export type Backup = {
  /** The name of its folder: the number of the phone. */
  id: string;
  folder: string;
  /** The name that its owner gave it. */
  device: string | null;
  /** Such as iPhone14,5. */
  model: string | null;
  /** When it was made, Unix milliseconds. */
  madeAt: number | null;
  /** The version of iOS, such as 17.4. */
  ios: string | null;
  encrypted: boolean;
  /** Whether the Messages database is in it. */
  messages: boolean;
  /** Null for a backup that is complete. */
  problem: BackupProblem | null;
};

/** The property lists of a backup, read once. */
export type BackupLists = { info: Found; manifest: Found; status: Found };

export const MANIFEST = 'Manifest.db';
const OLD_MANIFEST = 'Manifest.mbdb';
const FINISHED = 'finished';

export function readLists(folder: string): BackupLists {
  const read = (name: string) => readPropertyList(folder, name);
  return { info: read('Info.plist'), manifest: read('Manifest.plist'), status: read('Status.plist') };
}

/** What is in a folder that holds a backup; one that may not be looked into says so. */
export function describeBackup(folder: string): Backup {
  try {
    readdirSync(folder);
    return describe(folder, readLists(folder));
  } catch (error) {
    if (!isDenied(error) && !(error instanceof ChatStatsError)) throw error;
    const problem: BackupProblem = { code: 'SOURCE_NO_PERMISSION', reason: 'not allowed to read it' };
    const nothing = { device: null, model: null, madeAt: null, ios: null };
    return { id: path.basename(folder), folder, ...nothing, encrypted: false, messages: false, problem };
  }
}

export function describe(folder: string, lists: BackupLists): Backup {
  const { info, manifest, status } = lists;
  const lockdown = dictionaryAt(manifest, 'Lockdown');
  const encrypted = isEncrypted(folder, manifest);
  const stored = pathOfFileId(folder, fileIdOf(MESSAGES));
  const isStored =
    (stored !== null && isFile(stored)) || (isOld(folder) && isFile(path.join(folder, fileIdOf(MESSAGES))));
  return {
    id: path.basename(folder),
    folder,
    device: textIn(info, 'Device Name') ?? textIn(info, 'Display Name') ?? textIn(lockdown, 'DeviceName'),
    model: textIn(info, 'Product Type') ?? textIn(lockdown, 'ProductType'),
    madeAt: dateIn(info, 'Last Backup Date') ?? dateIn(status, 'Date') ?? dateIn(manifest, 'Date'),
    ios: textIn(info, 'Product Version') ?? textIn(lockdown, 'ProductVersion'),
    encrypted,
    messages: isStored,
    problem: isOld(folder) ? tooOld(info) : problemOf(folder, status, isStored),
  };
}

function isOld(folder: string): boolean {
  return !existsSync(path.join(folder, MANIFEST)) && existsSync(path.join(folder, OLD_MANIFEST));
}

function tooOld(info: Found): BackupProblem {
  const version = textIn(info, 'Product Version');
  return { code: 'BACKUP_TOO_OLD', reason: `made by ${version === null ? 'iOS 9 or older' : `iOS ${version}`}` };
}

/** The flag says so; without it, the keys that only an encrypted backup has, or a manifest that is no database. */
function isEncrypted(folder: string, manifest: Found): boolean {
  const hasKeys = bytesIn(manifest, 'BackupKeyBag') !== null;
  if (flagIn(manifest, 'IsEncrypted') === true || hasKeys) return true;
  if (manifest !== 'damaged' && manifest !== 'absent') return false;
  const file = path.join(folder, MANIFEST);
  return isFile(file) && !isDatabase(file);
}

function problemOf(folder: string, status: Found, isStored: boolean): BackupProblem | null {
  const incomplete = (reason: string): BackupProblem => ({ code: 'BACKUP_INCOMPLETE', reason });
  const file = path.join(folder, MANIFEST);
  if (!isFile(file)) return incomplete('Manifest.db is missing');
  const state = textIn(status, 'SnapshotState');
  if (state !== null && state !== FINISHED) return incomplete('the backup was not finished');
  // One that is not listed either was not on the phone: with Messages in iCloud, it is in no backup. An encrypted manifest
  // does not say, without the password.
  const isAbsent = !isStored && isDatabase(file) && isListed(file, folder);
  return isAbsent ? incomplete('sms.db is listed, but its file is missing') : null;
}

function isListed(file: string, folder: string): boolean {
  try {
    using manifest = new Manifest(file, folder);
    return manifest.find(MESSAGES) !== null;
  } catch (error) {
    if (error instanceof SqliteError || isSqlite(error)) return false;
    throw error;
  }
}

/** What the driver throws when it cannot even open a file. */
export function isSqlite(error: unknown): boolean {
  return error instanceof SqliteError || typeof (error as { errcode?: unknown }).errcode === 'number';
}

/** Throws the error of a backup from which nothing can be imported. */
export function refuseBroken({ folder, problem }: Backup): void {
  if (problem !== null) throw new ChatStatsError(problem.code, `the backup ${folder}: ${problem.reason}`);
}

/** What all files of a backup take together, in bytes; those that may not be looked at count nothing. */
export async function backupSize(folder: string, signal: AbortSignal): Promise<number> {
  try {
    return await sizeOf(folder, signal);
  } catch (error) {
    if (isDenied(error)) return 0;
    throw error;
  }
}

async function sizeOf(folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const entry of await opendir(folder)) {
    const place = path.join(folder, entry.name);
    if (signal.aborted) throw new ChatStatsError('CANCELLED', 'looking at the backups was cancelled');
    if (entry.isDirectory()) bytes += await backupSize(place, signal);
    else if (entry.isFile()) bytes += (await stat(place)).size;
  }
  await breathe();
  return bytes;
}
