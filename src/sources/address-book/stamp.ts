import { type BigIntStats, realpathSync, statSync } from 'node:fs';

/**
 * What an address book looks like from outside: size, time of change and identity of the database and of its `-wal`.
 * A text to be kept and compared: while it stays the same nothing was committed, also not into the `-wal` alone; when it
 * differs something may have been. Take it first, then read: a commit in between is in what was read or makes the next
 * one differ. Reading does not change it, for a `-wal` without content, as readers make one, counts as none. A file that is missing
 * or may not be looked at is said to be so. Never throws for a file.
 */
export function readBookStamp(file: string): string {
  // Beside a symbolic link SQLite keeps no -wal.
  const real = realPath(file);
  return `database ${look(real, 'present')} wal ${look(`${real}-wal`, 'absent')}`;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** `emptyCounts`: what a file of no bytes counts as. */
function look(file: string, emptyCounts: 'present' | 'absent'): string {
  let stat: BigIntStats | undefined;
  try {
    stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    return 'denied';
  }
  if (stat === undefined || (stat.size === 0n && emptyCounts === 'absent')) return 'missing';
  return `${stat.size}:${stat.mtimeNs}:${stat.dev}:${stat.ino}`;
}
