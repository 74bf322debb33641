import { type BigIntStats, statSync } from 'node:fs';
import type { Database } from '../../sqlite/index.ts';

/**
 * What a file looked like; null: it was not there, or the system would not tell. Device and inode are the file's
 * identity: while a connection has the file open, no other file gets the same ones.
 */
export type FileStamp = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs'> | null;

/** The files of a database, as they looked by their paths. */
export type FilesStamp = { database: FileStamp; wal: FileStamp; shm: FileStamp };

/**
 * What a database looked like by its path, with the `data_version` that one connection gave. It says nothing to another
 * connection, which counts for itself. `version` is null where it could not be asked.
 */
export type Stamp = FilesStamp & { version: number | null };

/** Of a database that is not there. */
export const NO_FILES: Stamp = { database: null, wal: null, shm: null, version: null };

/**
 * `changed`: something was committed, or may have been. `replaced`: the files at the path are not those that the
 * connection has open, which would never see a change again: close it at once (see `openStamped`). `gone`: no database
 * is at the path, or none may be looked at.
 */
export type Change = 'none' | 'changed' | 'replaced' | 'gone';

/**
 * Looks at a database: the files by their path, then the version. Whoever follows it takes a stamp *first*, then reads,
 * then waits for a stamp that differs: a commit at any moment is in what was read, or makes the difference.
 * `file` is the real path; beside a symbolic link SQLite keeps no `-wal`. Never throws for a file.
 */
export function readStamp(file: string, version: (files: FilesStamp) => number | null): Stamp {
  const files = { database: look(file), wal: look(`${file}-wal`), shm: look(`${file}-shm`) };
  return { ...files, version: files.database === null ? null : version(files) };
}

/**
 * The number that SQLite counts up whenever another connection has committed to `schema`; asking starts a read
 * transaction and ends it. Null inside a transaction, where it stands still, and where SQLite cannot answer.
 */
export function dataVersion(db: Database, schema = 'main'): number | null {
  if (db.isTransaction) return null;
  try {
    return db.value<number>(`PRAGMA ${schema}.data_version`);
  } catch {
    // Locked, damaged, or taken away; the sizes and times of the files have to do.
    return null;
  }
}

/** The same number of what the transaction that is open sees of `schema`, from its first statement on. */
export function dataVersionSeen(db: Database, schema: string): number | null {
  return db.value<number>(`PRAGMA ${schema}.data_version`);
}

/**
 * What has happened between two stamps of one connection. A `-wal` or `-shm` that came, went or is another one counts as
 * replaced, for a connection that has read once has both of its own: one that was deleted and made again is deaf. To
 * open again for nothing costs a millisecond.
 */
export function compareStamps(seen: Stamp, now: Stamp): Change {
  if (now.database === null) return seen.database === null ? 'none' : 'gone';
  const isOther = (a: FileStamp, b: FileStamp) => a?.ino !== b?.ino || a?.dev !== b?.dev;
  if (isOther(seen.database, now.database) || isOther(seen.wal, now.wal) || isOther(seen.shm, now.shm)) {
    return 'replaced';
  }
  // Sizes and times also change by checkpoints, and may stay the same over two commits: they count where nothing else does.
  if (seen.version !== null && now.version !== null) return seen.version === now.version ? 'none' : 'changed';
  // Of the time before a version there is no proof; it is asked once.
  if (now.version !== null) return 'changed';
  return wereWritten(seen, now) ? 'changed' : 'none';
}

/**
 * Whether the size or the time of what commits are written to is another: the database and its `-wal`. The `-shm` changes
 * whenever somebody reads. Two commits within one tick of the file system's clock may leave both as they were.
 */
export function wereWritten(seen: FilesStamp, now: FilesStamp): boolean {
  const differs = (a: FileStamp, b: FileStamp) => a?.size !== b?.size || a?.mtimeNs !== b?.mtimeNs;
  return differs(seen.database, now.database) || differs(seen.wal, now.wal);
}

/** How often files that are replaced again and again while they are being opened are tried. */
const MOST_OPENINGS = 5;

/**
 * Opens a connection and takes its first stamp, so that both are sure to speak of the same files: were they replaced
 * between the two, the stamp would describe files that the connection does not read, and nothing would ever differ.
 * `open` has to read something, because only then SQLite has all its files open. Null when the database is not there, or
 * is replaced faster than it can be opened; then try later. What `open` throws is thrown.
 *
 * Somebody who puts files in place does it one after the other, and a connection that comes in between holds on to a
 * `-shm` that does not belong to what follows, for others as well: they are told "file is not a database". So after
 * `replaced` and `gone` close at once, and call this only after `Wake.settle`.
 */
export function openStamped<T extends Disposable>(
  file: string,
  open: () => T,
  version: (opened: T) => number | null,
): { opened: T; stamp: Stamp } | null {
  for (let attempt = 0; attempt < MOST_OPENINGS; attempt += 1) {
    const before = readStamp(file, () => null);
    if (before.database === null) return null;
    const opened = open();
    try {
      const stamp = readStamp(file, () => version(opened));
      const change = compareStamps(before, stamp);
      if (change !== 'replaced' && change !== 'gone') return { opened, stamp };
    } catch (error) {
      opened[Symbol.dispose]();
      throw error;
    }
    // The first reader of all makes the -wal and the -shm, and is told so here; the second try finds them.
    opened[Symbol.dispose]();
  }
  return null;
}

function look(file: string): FileStamp {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}
