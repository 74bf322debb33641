import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';

/** A log grows to this before it is set aside, in bytes; so much of its end is kept. */
const MOST_BYTES = 1_000_000;
/** Logs that were set aside: `.1` is the youngest. */
const KEPT = 3;

/**
 * Keeps a log small to which this process, or the one that started it, is writing already: launchd opens it before we
 * begin and holds on to it, so that the file must stay the same one. Its end is copied aside, then it is emptied; whoever
 * appends goes on at its beginning. A log that cannot be rotated is no reason not to start.
 */
export function rotateLog(file: string, { mostBytes = MOST_BYTES, kept = KEPT } = {}): void {
  try {
    const { size } = statSync(file);
    chmodSync(file, 0o600);
    if (size <= mostBytes) return;
    for (let number = kept - 1; number >= 1; number -= 1) {
      if (existsSync(`${file}.${number}`)) renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    }
    copyEnd(file, `${file}.1`, size, mostBytes);
    truncateSync(file, 0);
  } catch {
    // There is none, or it may not be touched.
  }
}

function copyEnd(from: string, to: string, size: number, mostBytes: number): void {
  const source = openSync(from, 'r');
  const target = openSync(to, 'w', 0o600);
  try {
    const end = Buffer.alloc(mostBytes);
    const count = readSync(source, end, 0, mostBytes, size - mostBytes);
    // From the first whole line on.
    const start = end.indexOf('\n') + 1;
    writeSync(target, end, start, count - start);
  } finally {
    closeSync(source);
    closeSync(target);
  }
}
