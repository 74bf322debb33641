import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError, isDenied, noPermission } from '../../kernel/index.ts';
import { pathOfFileId } from './places.ts';

/** The machine, as far as it decides where backups are. */
export type Machine = {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
};

/** Any of these makes a folder a backup, a whole one or what is left of one. */
const MARKS = ['Manifest.db', 'Manifest.plist', 'Manifest.mbdb', 'Info.plist', 'Status.plist'];
/** What the folder of a backup is called: the phone's own number, and for older generations a date. */
const DEVICE_ID = /^(?:[0-9a-f]{40}|[0-9A-F]{8}-[0-9A-F]{16})(?:-\d{8}-\d{6})?$/i;
/** Folders that hold backups one level further down, for those who name what is above. */
const ABOVE = ['Backup', 'MobileSync', 'MobileSync/Backup'];

/** Where Finder, iTunes and Apple Devices keep backups on this machine; none where they do not exist. */
export function usualPlaces({ platform, home, env }: Machine): string[] {
  if (platform === 'darwin') return [path.join(home, 'Library/Application Support/MobileSync/Backup')];
  if (platform !== 'win32') return [];
  const roaming = env.APPDATA ?? path.join(home, 'AppData', 'Roaming');
  const profile = env.USERPROFILE ?? home;
  return [
    path.join(roaming, 'Apple Computer', 'MobileSync', 'Backup'),
    path.join(profile, 'Apple', 'MobileSync', 'Backup'),
  ];
}

/** True for the folder of a backup, be it whole or not. */
export function isBackup(folder: string): boolean {
  return MARKS.filter((mark) => existsSync(path.join(folder, mark))).some(
    // An Info.plist alone may be anybody's.
    (mark) => mark.startsWith('Manifest') || DEVICE_ID.test(path.basename(folder)) || hasStatus(folder),
  );
}

/** The folder of the backup that a place is, or that a file of it lies in; null for a place in none. */
export function backupAround(place: string): string | null {
  const absolute = path.resolve(place);
  if (isBackup(absolute)) return absolute;
  const folder = path.dirname(path.dirname(absolute));
  return pathOfFileId(folder, path.basename(absolute)) === absolute && isBackup(folder) ? folder : null;
}

function hasStatus(folder: string): boolean {
  return ['Info.plist', 'Status.plist'].every((mark) => existsSync(path.join(folder, mark)));
}

/**
 * The folders of all backups that `folder` means: itself, or those in it, by name. Throws SOURCE_NOT_FOUND and
 * SOURCE_NO_PERMISSION.
 */
export function locateBackups(folder: string): string[] {
  const absolute = path.resolve(folder);
  if (!isFolder(absolute)) throw new ChatStatsError('SOURCE_NOT_FOUND', `${absolute} is not a folder`);
  if (isBackup(absolute)) return [absolute];
  const found = backupsIn(absolute);
  const below = ABOVE.map((name) => path.join(absolute, name)).filter((place) => existsSync(place) && isFolder(place));
  return found.length > 0 ? found : below.flatMap(backupsIn);
}

/** The backups in the usual places of this machine, of which a system may have none. Throws SOURCE_NO_PERMISSION. */
export function locateUsualBackups(machine: Machine): { places: string[]; folders: string[] } {
  const places = usualPlaces(machine);
  return { places, folders: places.filter((place) => isThere(place) && isFolder(place)).flatMap(backupsIn) };
}

function backupsIn(folder: string): string[] {
  return listing(folder)
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => path.join(folder, entry.name))
    .filter((place) => isFolder(place) && (isBackup(place) || DEVICE_ID.test(path.basename(place))))
    .sort();
}

function listing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isDenied(error)) throw noPermission(folder, error);
    throw error;
  }
}

function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch (error) {
    if (isDenied(error)) throw noPermission(place, error);
    return false;
  }
}

/** What may not be looked at is there, for all we know: it has to be told, not passed over. */
function isThere(place: string): boolean {
  try {
    statSync(place);
    return true;
  } catch (error) {
    return isDenied(error);
  }
}
