import { type FSWatcher, statSync, watch } from 'node:fs';
import path from 'node:path';
import { Alarm, Beat, pause } from '../../kernel/index.ts';
import { type Change, compareStamps, type FilesStamp, readStamp, type Stamp, wereWritten } from './stamp.ts';

/**
 * The waits between the looks that follow a hint, in milliseconds: a hint may come before its commit is complete. The
 * first is also the least that lies between any two looks of such a series, which a hint in the meantime begins anew; so
 * no storm of hints costs much more than 1,000 looks a second.
 */
const AFTER_HINT_MS = [1, 2, 4, 8] as const;
const LEAST_MS = AFTER_HINT_MS[0];

/** How many looks at most are spent on waiting for files to rest. */
const SETTLE_LOOKS = 20;

/** How often at most the watch on the folder is checked and, where it has ended or the folder is another, begun anew. */
const REARM_MS = 3_000;

/**
 * Once the version was asked after the files had been the same for longer than the coarsest clock of a file system counts
 * in one tick (FAT: 2 s), whatever is written next gives them another time. Then it is asked when they differ, and every so
 * often all the same (a writer may be halted between writing a commit and making it known): it is a good part of what a
 * look costs where nothing happens.
 */
const COARSEST_TICK_MS = 2_000;
const ASK_ANYWAY_MS = 1_000;

export type WakeOptions = {
  /** The database, by its real path. It need not be there. */
  file: string;
  /** The time between two looks where no hint comes, in milliseconds. */
  pollMs: number;
  /** Whether to watch the folder as well: that shortens the wait, and nothing depends on it. */
  hints: boolean;
};

/** Waits until a database that another program writes to may have changed. One wait at a time. */
export class Wake implements Disposable {
  readonly #file: string;
  readonly #pollMs: number;
  readonly #beat: Beat;
  readonly #watch: FolderWatch | null;
  /** Something may have happened since the last look. */
  #isHinted = false;
  #hinted: (() => void) | null = null;
  #ended: (() => void) | null = null;
  #isClosed = false;

  constructor(options: WakeOptions) {
    this.#file = options.file;
    this.#pollMs = options.pollMs;
    this.#beat = new Beat(options.pollMs);
    this.#watch = options.hints ? new FolderWatch(options.file, () => this.#hear()) : null;
  }

  #hear(): void {
    this.#isHinted = true;
    this.#hinted?.();
  }

  /**
   * Resolves as soon as the database is not as it was `seen`: looks at once, then every `pollMs`, and sooner on a hint.
   * `version` asks the connection that `seen` was taken with. Null when `signal` was aborted or this was disposed of.
   * Rejects only with what `version` throws.
   */
  next(
    seen: Stamp,
    version: () => number | null,
    signal: AbortSignal,
  ): Promise<{ change: Change; stamp: Stamp } | null> {
    // One timer that looks, and no promise for each look: where nothing happens that is nearly all that following costs.
    return new Promise((resolve, reject) => {
      const alarm = new Alarm();
      let step: number = AFTER_HINT_MS.length;
      /** Whether a hint may end the wait: not before the least time since the last look. */
      let isResting = false;
      const question = new Question(seen, version);
      const end = () => {
        alarm.clear();
        signal.removeEventListener('abort', end);
        this.#hinted = null;
        resolve(null);
      };
      const rest = (ms: number) => {
        isResting = true;
        if (this.#isHinted || ms <= 0) look();
        else alarm.set(ms, look);
      };
      const look = () => {
        isResting = false;
        if (signal.aborted || this.#isClosed) return end();
        try {
          this.#watch?.check();
          if (this.#isHinted) step = 0;
          this.#isHinted = false;
          const stamp = readStamp(this.#file, question.ask);
          const change = compareStamps(seen, stamp);
          if (change !== 'none') {
            resolve({ change, stamp });
            return end();
          }
        } catch (error) {
          reject(error);
          return end();
        }
        const quickMs = AFTER_HINT_MS[step];
        step += 1;
        if (quickMs === undefined) rest(this.#beat.untilNextMs());
        else alarm.set(LEAST_MS, () => rest(quickMs - LEAST_MS));
      };
      this.#hinted = () => {
        if (!isResting) return;
        alarm.clear();
        look();
      };
      this.#ended = end;
      signal.addEventListener('abort', end);
      look();
    });
  }

  /**
   * Waits, after `replaced` and `gone`, until two looks `pollMs` apart find the files the same, for 20 looks at most;
   * see `openStamped`. A database that is written to all the time does not rest, and is not waited for any longer.
   */
  async settle(signal: AbortSignal): Promise<void> {
    let before = readStamp(this.#file, () => null);
    for (let look = 1; look < SETTLE_LOOKS && !signal.aborted && !this.#isClosed; look += 1) {
      await pause(this.#pollMs, signal);
      const now = readStamp(this.#file, () => null);
      if (compareStamps(before, now) === 'none') return;
      before = now;
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#ended?.();
    this.#watch?.[Symbol.dispose]();
  }
}

/** The version of a database that is waited for, asked where its files do not answer for it. */
class Question {
  readonly #seen: Stamp;
  readonly #version: () => number | null;
  #files: FilesStamp;
  /** Since when the files are as they are, by a clock that is never set; and when the version was last asked. */
  #sinceMs = performance.now();
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(seen: Stamp, version: () => number | null) {
    this.#seen = seen;
    this.#files = seen;
    this.#version = version;
  }

  readonly ask = (files: FilesStamp): number | null => {
    const nowMs = performance.now();
    const isProven = this.#askedMs - this.#sinceMs > COARSEST_TICK_MS && nowMs - this.#askedMs < ASK_ANYWAY_MS;
    const isWritten = wereWritten(this.#files, files);
    if (isProven && !isWritten && this.#seen.version !== null) return this.#seen.version;
    if (isWritten) [this.#files, this.#sinceMs] = [files, nowMs];
    this.#askedMs = nowMs;
    return this.#version();
  };
}

/**
 * Hints of the file system: something has happened to a database or its `-wal`. The folder is watched, because a watch
 * on a file goes deaf when the file is deleted and made again; the `-shm` is left out, because our own looks touch it.
 * Whatever goes wrong here goes wrong silently: the poll is what counts.
 */
class FolderWatch implements Disposable {
  readonly #folder: string;
  readonly #names: ReadonlySet<string>;
  readonly #hint: () => void;
  readonly #beat = new Beat(REARM_MS);
  #watcher: FSWatcher | null = null;
  /** The identity of the folder that is watched; null: none is, or it has been moved or deleted. */
  #watched: string | null = null;

  constructor(file: string, hint: () => void) {
    this.#folder = path.dirname(path.resolve(file));
    const name = path.basename(file);
    this.#names = new Set([name, `${name}-wal`]);
    this.#hint = hint;
    this.#arm();
  }

  /** Sees to it, from time to time, that the folder that is at the path is the one that is watched. */
  check(): void {
    if (!this.#beat.isDue()) return;
    if (this.#watched === null || this.#watched !== identity(this.#folder)) this.#arm();
  }

  [Symbol.dispose](): void {
    this.#watched = null;
    this.#watcher?.close();
    this.#watcher = null;
  }

  #arm(): void {
    this[Symbol.dispose]();
    const folder = identity(this.#folder);
    if (folder === null) return;
    try {
      const watcher = watch(this.#folder, { persistent: false });
      watcher.on('change', (_event, name) => this.#hear(String(name)));
      watcher.on('error', () => this[Symbol.dispose]());
      this.#watcher = watcher;
      this.#watched = folder;
    } catch {
      // Too many watches, no permission, or a file system that has none.
    }
  }

  #hear(name: string): void {
    // The folder itself: it was moved or deleted. A new one may get the same identity, so that is not asked.
    if (name === path.basename(this.#folder)) this.#watched = null;
    // Some systems do not say which file it was.
    if (this.#names.has(name) || name === 'null') this.#hint();
  }
}

function identity(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
