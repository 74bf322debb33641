import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../../kernel/index.ts';

/** The file names under which Messages keeps its history: macOS, iOS, and sms.db inside an iPhone backup. */
const DATABASE_NAMES = ['chat.db', 'sms.db', '3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28', 'Library/SMS/sms.db'];
const BACKUP_MARKERS = ['Manifest.db', 'Manifest.plist', 'Manifest.mbdb'];

export type Place = { platform: string; home: string };

export type MessagesFile = {
  /** Absolute path of the database. */
  path: string;
  /** The file lies in a backup: nobody writes to it, and nothing may be created beside it. */
  sealed: boolean;
};

/**
 * Finds the Messages database that `source` means: a file, a folder holding one, or (undefined) this Mac's own.
 * Throws SOURCE_NOT_FOUND or SOURCE_NO_PERMISSION.
 */
export function locateMessages(source: string | undefined, place: Place): MessagesFile {
  const named = source ?? ownDatabase(place);
  const absolute = path.resolve(named.startsWith('~/') ? path.join(place.home, named.slice(2)) : named);
  const stat = statOrExplain(absolute);
  if (!stat.isDirectory()) return describe(absolute);
  const found = DATABASE_NAMES.map((name) => path.join(absolute, name)).find((file) => existsSync(file));
  if (found === undefined) {
    throw new ChatStatsError('SOURCE_NOT_FOUND', `no chat.db or sms.db in the folder ${absolute}`);
  }
  return describe(found);
}

function ownDatabase(place: Place): string {
  if (place.platform !== 'darwin') {
    throw new ChatStatsError('SOURCE_NOT_FOUND', 'this is not a Mac, so there is no Messages history of its own here', {
      hint: 'Name one: npm start -- /path/to/chat.db (or: bin/chatstats import /path/to/chat.db). To look around without one: npm run demo',
    });
  }
  return path.join(place.home, 'Library/Messages/chat.db');
}

function statOrExplain(file: string) {
  try {
    return statSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new ChatStatsError('SOURCE_NO_PERMISSION', `not allowed to look at ${file}`, { cause: error });
    }
    throw new ChatStatsError('SOURCE_NOT_FOUND', `there is nothing at ${file}`, { cause: error });
  }
}

function describe(file: string): MessagesFile {
  const folder = path.dirname(file);
  const sealed = [folder, path.dirname(folder)].some((f) => BACKUP_MARKERS.some((m) => existsSync(path.join(f, m))));
  return { path: file, sealed };
}
