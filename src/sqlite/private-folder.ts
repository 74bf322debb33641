import { existsSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openExisting, openWritable } from './open.ts';

/** What every private folder is called: what it is for, the process that made it, and a few letters of chance. */
const NAME = /^chatstats-(?:source|salvage|verify|backup)-(\d+)-\w{6}$/;
export type PrivatePurpose = 'source' | 'salvage' | 'verify' | 'backup';

const LOCK = 'in-use.lock';
/** The same while it is being made or removed, when nobody may take it for one that was left behind. */
const UNREADY_LOCK = 'in-use.unready';

export type PrivateFolder = Disposable & { path: string };

/** Where Linux keeps files in memory, for every user. */
const IN_MEMORY = '/dev/shm';
/** The type by which Linux knows a file system that is in memory (tmpfs in statfs(2)). */
const TMPFS = 0x0102_1994;
/** No more than this is put there, in bytes, nor more than a part of what is free: others need memory too. */
const MOST_IN_MEMORY = 256 * 1024 * 1024;
const PART_OF_FREE = 4;

/**
 * A temporary folder that its owner alone may look into (0700), removed with all it holds when it is let go of and
 * when the process ends. A process that is killed cannot do that: then the next `removeLeftovers` does. About as many
 * `bytes` are going to be written; where they are not too many and the system has room for files in memory, the folder is
 * there, so that nothing of them ever reaches a disk by our doing. Who has set TMPDIR has said where it has to be.
 */
export function openPrivateFolder(purpose: PrivatePurpose, bytes: number): PrivateFolder {
  const folder = madeFolder(`chatstats-${purpose}-${process.pid}-`, bytes);
  const [ready, unready] = [path.join(folder, LOCK), path.join(folder, UNREADY_LOCK)];
  const lock = openWritable(unready);
  // The operating system lets go of it however the process ends; a number of a process may be another's by then.
  lock.exec('BEGIN EXCLUSIVE');
  renameSync(unready, ready);
  const dispose = () => {
    process.off('exit', dispose);
    if (existsSync(ready)) renameSync(ready, unready);
    lock.close();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', dispose);
  return { path: folder, [Symbol.dispose]: dispose };
}

function madeFolder(prefix: string, bytes: number): string {
  if (hasRoomInMemory(bytes)) {
    try {
      return mkdtempSync(path.join(IN_MEMORY, prefix));
    } catch {
      // Not for us: there is the usual place.
    }
  }
  return mkdtempSync(path.join(tmpdir(), prefix));
}

function hasRoomInMemory(bytes: number): boolean {
  if (process.platform !== 'linux' || (process.env.TMPDIR ?? '') !== '' || bytes > MOST_IN_MEMORY) return false;
  try {
    const { type, bavail, bsize } = statfsSync(IN_MEMORY);
    return type === TMPFS && bytes <= (bavail * bsize) / PART_OF_FREE;
  } catch {
    return false;
  }
}

/** Removes the private folders of processes that ended without doing so. Answers how many; what cannot be removed stays. */
export function removeLeftovers(places: readonly string[] = [tmpdir(), IN_MEMORY]): number {
  return [...new Set(places)].reduce((sum, place) => sum + removeFrom(place), 0);
}

function removeFrom(place: string): number {
  let removed = 0;
  for (const name of existsSync(place) ? readdirSync(place) : []) {
    const maker = NAME.exec(name)?.[1];
    if (maker === undefined) continue;
    const folder = path.join(place, name);
    try {
      if (!isOurs(folder) || isInUse(folder, Number(maker))) continue;
      rmSync(folder, { recursive: true, force: true });
      removed += 1;
    } catch {
      // Somebody else is removing it at this moment, or the disk does not let us: the next start tries again.
    }
  }
  return removed;
}

/** A folder of this user, and no link to somewhere else that another user has laid out. */
function isOurs(folder: string): boolean {
  const stat = lstatSync(folder);
  return stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid());
}

function isInUse(folder: string, maker: number): boolean {
  // Looking at a lock of one's own would let go of it: closing a file drops all locks that its process has on it.
  if (maker === process.pid) return true;
  const file = path.join(folder, LOCK);
  // Without a lock, the process has died, or is just about to make one, or to remove the folder.
  if (!existsSync(file)) return isAlive(maker);
  // Its owner may be removing it at this moment, and what is made anew would be in the way.
  using lock = openExisting(file);
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return false;
  } catch {
    return true;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
