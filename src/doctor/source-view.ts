import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
import { type Backup, backupAround, describeBackup } from '../sources/iphone-backup/index.ts';
import {
  explainSourceError,
  locateMessages,
  type MessagesFile,
  probeSchema,
  readableFile,
  readCounters,
  type SourceCounters,
} from '../sources/messages/index.ts';
import { openForeign } from '../sqlite/index.ts';
import { generationOf } from './generation.ts';
import type { ExamineOptions } from './options.ts';

/** The two files that SQLite keeps beside a database, as they were before anything of ours opened it; null: not there. */
export type LogFiles = { walBytes: number | null; shmBytes: number | null };

/** What could be learned of the source. `problem` is what stood in the way. */
export type SourceView = {
  file: MessagesFile | null;
  /** Nobody named it: it is what the store was read from last, and may well be gone. */
  isRemembered: boolean;
  log: LogFiles;
  bytes: number;
  /** `wal`, or how it is written otherwise. */
  journal: string | null;
  generation: string | null;
  counters: SourceCounters | null;
  /** The iPhone backup that the source lies in, where it does. */
  backup: Backup | null;
  problem: unknown;
};

/** The source that was named, this Mac's own, or the one that the store was read from last; null when there is none. */
export function viewSource(options: ExamineOptions, remembered: string | null): SourceView | null {
  const named = options.source ?? ownSource(options, remembered);
  if (named === null && remembered === null) return null;
  const view: SourceView = {
    ...{ file: null, isRemembered: named === null, log: { walBytes: null, shmBytes: null }, bytes: 0 },
    ...{ journal: null, generation: null, counters: null, backup: null, problem: null },
  };
  try {
    view.backup = backupOf(named ?? remembered, options.machine);
    if (named !== null) refuseBroken(view.backup, named);
    view.file = locateMessages(named ?? remembered ?? undefined, options.machine);
    view.log = { walBytes: sizeOf(`${view.file.path}-wal`), shmBytes: sizeOf(`${view.file.path}-shm`) };
    view.bytes = (sizeOf(view.file.path) ?? 0) + (view.log.walBytes ?? 0);
    // The password is not ours to ask for.
    if (view.backup?.encrypted !== true) Object.assign(view, read(view.file));
  } catch (error) {
    view.problem = view.file === null ? error : explainSourceError(error, view.file.path);
  }
  return view;
}

/** Of what lies in a backup, the backup tells more. */
function backupOf(named: string | null, { home }: ExamineOptions['machine']): Backup | null {
  if (named === null) return null;
  const folder = backupAround(named.startsWith('~/') ? path.join(home, named.slice(2)) : named);
  return folder === null ? null : describeBackup(folder);
}

/** As an import does; of a backup that is not whole, the database can be named by itself. */
function refuseBroken(backup: Backup | null, named: string): void {
  if (backup?.problem == null || path.basename(named) !== backup.id) return;
  throw new ChatStatsError(backup.problem.code, `the backup ${backup.folder}: ${backup.problem.reason}`);
}

/** The counters of a source that could be read before; null when it cannot be any more. */
export function countersOf(file: MessagesFile): SourceCounters | null {
  try {
    return read(file).counters;
  } catch {
    return null;
  }
}

/**
 * Opened by SQLite alone, and never by hand: closing a descriptor of one's own would drop the locks of other connections
 * of this process, which may be following the file.
 */
function read(source: MessagesFile): { journal: string; generation: string; counters: SourceCounters } {
  // An empty file is a database to SQLite.
  if (sizeOf(source.path) === 0) throw new ChatStatsError('SOURCE_NOT_MESSAGES', `${source.path} is empty`);
  using readable = readableFile(source, () => []);
  using db = openForeign(readable.file.path, readable.file);
  return db.snapshot(() => {
    const schema = probeSchema(db, 'main', source.path);
    return {
      journal: String(db.value('PRAGMA journal_mode')),
      generation: generationOf(schema),
      counters: readCounters(db, schema),
    };
  });
}

/** This Mac's own, unless it has none and the store was read from elsewhere. */
function ownSource({ machine }: ExamineOptions, remembered: string | null): string | null {
  if (machine.platform !== 'darwin') return null;
  const own = path.join(machine.home, 'Library/Messages/chat.db');
  return remembered === null || existsSync(own) || !isAbsent(own) ? own : null;
}

/** False also where we may not look. */
function isAbsent(file: string): boolean {
  try {
    statSync(file);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function sizeOf(file: string): number | null {
  try {
    return statSync(file).size;
  } catch {
    return null;
  }
}
