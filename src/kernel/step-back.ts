import os from 'node:os';
import process from 'node:process';

/** As `nice` understands it: about a tenth of what a thread gets that somebody waits for. */
const NICENESS = 10;

/**
 * Lets the threads that somebody waits for go first. To be called by the thread itself. Only Linux gives a thread a
 * priority of its own; elsewhere it would be that of the whole process.
 */
export function stepBack(): void {
  if (process.platform === 'linux') os.setPriority(0, NICENESS);
}
