import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { LeafPages } from './leaf-pages.ts';

/**
 * Reads the new frames of a `-wal`, and says which row ids were written on the table pages that they hold: those whose
 * bytes are other than before, and of a page that it has not seen before all of them. It does not know which table a page
 * belongs to, so that its answer is a superset of the rows that were written: whoever compares just these sees a change to
 * a message of any age at once, at a cost that does not grow with the history. It is a hint: where it cannot be sure that
 * it saw every frame, it says so, and the nets under it are used.
 *
 * The file is only ever read. Its locks are on other files, so opening and closing it by hand disturbs nobody.
 * Format: sqlite.org/fileformat2.html#walformat.
 */
export type Touched = { rowids: Set<number>; isComplete: boolean };

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
/** More than this at once is a backlog or a vacuum: comparing by ranges is quicker then. */
const MOST_FRAMES = 2_000;

/** A look takes a few dozen frames mostly, which cost more to ask for than to read. */
const FRAMES_AT_ONCE = 16;

type Checksum = readonly [number, number];
type Header = { pageSize: number; salts: Buffer; isBigEndian: boolean; checksum: Checksum };

/** How far one log was read: the frame to read next, and the checksum up to it. */
type Place = { header: Header; next: number; checksum: Checksum };

export class WalReader implements Disposable {
  readonly #file: string;
  readonly #fd: number | null;
  readonly #pages = new LeafPages();
  #place: Place | null = null;
  /** The database as it was when its log was last seen to be empty. */
  #whileEmpty: string | null = null;

  /** `file`: the database. Where it has no `-wal`, all that is known is whether nothing was written. */
  constructor(file: string) {
    this.#file = file;
    this.#fd = openQuietly(`${file}-wal`);
  }

  /** Row ids that were written since the last call; the first call only finds out where the end is. */
  read(): Touched {
    const touched = this.#read();
    // What is known of pages is good as long as none of their versions was missed.
    if (!touched.isComplete) this.#pages.forget();
    return touched;
  }

  #read(): Touched {
    const rowids = new Set<number>();
    // A log that was filled and emptied in between has been written into the database.
    const [whileEmpty, now] = [this.#whileEmpty, this.#databaseStamp()];
    const wasEmpty = whileEmpty !== null && whileEmpty === now;
    const before = this.#place;
    const header = this.#fd === null ? null : readHeader(this.#fd);
    if (this.#fd === null || header === null) {
      this.#place = null;
      this.#whileEmpty = now;
      return { rowids, isComplete: wasEmpty };
    }
    this.#whileEmpty = null;
    if (before?.header.salts.equals(header.salts) === true) {
      return { rowids, isComplete: readFrames(this.#fd, before, this.#pages, rowids).isAll };
    }
    // The log was begun anew, from its start: what we had not read of the old one stands behind what was written since.
    const isOldAll = before !== null && readFrames(this.#fd, before, this.#pages, rowids).isAll;
    this.#place = { header, next: 0, checksum: header.checksum };
    const { isAll, frames } = readFrames(this.#fd, this.#place, this.#pages, rowids);
    if (wasEmpty) return { rowids, isComplete: isAll && this.#databaseStamp() === whileEmpty };
    // A log that was cut off lost its tail; one that has grown to where we were has written over it.
    const isIntact =
      before !== null &&
      follows(before.header, header) &&
      frames < before.next &&
      frameCount(this.#fd, header) >= before.next;
    return { rowids, isComplete: isOldAll && isAll && isIntact };
  }

  /** Another log at the place of ours, or a first one, shows, too. */
  #databaseStamp(): string | null {
    const database = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    const log = statSync(`${this.#file}-wal`, { bigint: true, throwIfNoEntry: false });
    return database === undefined
      ? null
      : [database.ino, database.size, database.mtimeNs, log?.ino ?? 'none'].join(' ');
  }

  [Symbol.dispose](): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }
}

/**
 * Reads on from a place, which is moved behind the last commit. `frames`: how many frames of this log there are, be they
 * committed or not; `isAll`: every one up to the last commit was read, and is known to belong to the rows that are told.
 */
function readFrames(
  fd: number,
  place: Place,
  pages: LeafPages,
  rowids: Set<number>,
): { isAll: boolean; frames: number } {
  const { header, next: first } = place;
  const frameBytes = FRAME_HEADER_BYTES + header.pageSize;
  const available = frameCount(fd, header);
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(available - first, FRAMES_AT_ONCE)) * frameBytes);
  let held = { from: first, to: first };
  let { checksum } = place;
  let pending: number[] = [];
  let isAll = true;
  pages.rollback();
  let at = first;
  for (; at < available; at += 1) {
    if (at >= held.to) {
      const bytes = readSync(fd, buffer, 0, buffer.length, HEADER_BYTES + at * frameBytes);
      held = { from: at, to: at + Math.floor(bytes / frameBytes) };
      if (at >= held.to) break;
    }
    const frame = buffer.subarray((at - held.from) * frameBytes, (at - held.from + 1) * frameBytes);
    // What is left of another log, or still being written, does not add up.
    if (!frame.subarray(8, 16).equals(header.salts)) break;
    const sum = addChecksum(frame.subarray(0, 8), checksum, header.isBigEndian);
    checksum = addChecksum(frame.subarray(FRAME_HEADER_BYTES), sum, header.isBigEndian);
    if (checksum[0] !== frame.readUInt32BE(16) || checksum[1] !== frame.readUInt32BE(20)) break;
    pages.show(frame.readUInt32BE(0), frame.subarray(FRAME_HEADER_BYTES), pending);
    const isCommit = frame.readUInt32BE(4) !== 0;
    if (!isCommit) continue;
    isAll = pages.commit(pending) && isAll;
    for (const rowid of pending) rowids.add(rowid);
    pending = [];
    place.next = at + 1;
    place.checksum = checksum;
    if (at - first >= MOST_FRAMES) return { isAll: false, frames: at + 1 };
  }
  return { isAll, frames: at };
}

/** How many frames the file has room for, whatever log they belong to. */
function frameCount(fd: number, { pageSize }: Header): number {
  return Math.floor((fstatSync(fd).size - HEADER_BYTES) / (FRAME_HEADER_BYTES + pageSize));
}

/** Every new beginning counts the first salt up by one. */
function follows(old: Header, now: Header): boolean {
  return (old.salts.readUInt32BE(0) + 1) >>> 0 === now.salts.readUInt32BE(0);
}

function openQuietly(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch {
    return null;
  }
}

function readHeader(fd: number): Header | null {
  const bytes = Buffer.alloc(HEADER_BYTES);
  if (readSync(fd, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic !== MAGIC && magic !== MAGIC + 1) return null;
  return {
    pageSize: bytes.readUInt32BE(8),
    salts: bytes.subarray(16, 24),
    isBigEndian: magic === MAGIC + 1,
    checksum: [bytes.readUInt32BE(24), bytes.readUInt32BE(28)],
  };
}

function addChecksum(
  bytes: Buffer,
  [first, second]: readonly [number, number],
  isBigEndian: boolean,
): [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittleEndian = !isBigEndian;
  let a = first | 0;
  let b = second | 0;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + view.getUint32(at, isLittleEndian) + b) | 0;
    b = (b + view.getUint32(at + 4, isLittleEndian) + a) | 0;
  }
  return [a >>> 0, b >>> 0];
}
