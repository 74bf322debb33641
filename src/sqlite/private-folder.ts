import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openWritable } from './open.ts';

/** What every private folder is called: what it is for, the process that made it, and a few letters of chance. */
const NAME = /^chatstats-(?:source|salvage|verify|backup)-(\d+)-\w{6}$/;
export type PrivatePurpose = 'source' | 'salvage' | 'verify' | 'backup';

const LOCK = 'in-use.lock';

export type PrivateFolder = Disposable & { path: string };

/**
 * A temporary folder that its owner alone may look into (0700), removed with all it holds when it is let go of and
 * when the process ends. A process that is killed cannot do that: then the next `removeLeftovers` does.
 */
export function openPrivateFolder(purpose: PrivatePurpose): PrivateFolder {
  const folder = mkdtempSync(path.join(tmpdir(), `chatstats-${purpose}-${process.pid}-`));
  const lock = openWritable(path.join(folder, LOCK));
  // The operating system lets go of it however the process ends; a number of a process may be another's by then.
  lock.exec('BEGIN EXCLUSIVE');
  const dispose = () => {
    process.off('exit', dispose);
    lock.close();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', dispose);
  return { path: folder, [Symbol.dispose]: dispose };
}

/** Removes the private folders of processes that ended without doing so. Answers how many; what cannot be removed stays. */
export function removeLeftovers(): number {
  let removed = 0;
  for (const name of readdirSync(tmpdir())) {
    const maker = NAME.exec(name)?.[1];
    if (maker === undefined) continue;
    const folder = path.join(tmpdir(), name);
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
  // Without a lock, the process has died, or is just about to make one.
  if (!existsSync(file)) return isAlive(maker);
  using lock = openWritable(file);
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
