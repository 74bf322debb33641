import { type ChildProcessByStdio, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { must, pause } from '../../src/kernel/index.ts';
import {
  type Change,
  dataVersion,
  openStamped,
  readStamp,
  type Stamp,
  Wake,
} from '../../src/sources/messages/index.ts';
import { type Database, openForeign } from '../../src/sqlite/index.ts';

/** How long a test waits for what has to happen, before it says that it did not. */
const GIVE_UP_MS = 5_000;

/** test/live/pair-writer.ts, running. */
export class Writer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor(file: string) {
    const program = fileURLToPath(new URL('./pair-writer.ts', import.meta.url));
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => {
      this.#child.kill();
    });
  }

  /** Gives an order, waits until it is done, and returns the guids of the messages that were sent. */
  async obey(order: string): Promise<string[]> {
    this.#child.stdin.write(`${order}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(`the writer ended at "${order}"`);
    return JSON.parse(answer.value);
  }
}

export async function startWriter(file: string, seed = 7): Promise<Writer> {
  const writer = new Writer(file);
  await writer.obey(`create ${seed}`);
  return writer;
}

/** Reads every message that it has not read, as a follower does: stamp, read, wait for a stamp that differs. */
export class Follower {
  readonly changes: Change[] = [];
  readonly #file: string;
  readonly #wake: Wake;
  readonly #workMs: () => number;
  readonly #stop = new AbortController();
  readonly #guids = new Set<string>();
  #onNews: (() => void) | null = null;
  #failure: unknown = null;

  constructor(file: string, options: { hints: boolean; pollMs?: number; workMs?: () => number }) {
    this.#file = file;
    this.#wake = new Wake({ file, pollMs: options.pollMs ?? 50, hints: options.hints });
    this.#workMs = options.workMs ?? (() => 0);
    const ended = this.#follow(this.#stop.signal).catch((error: unknown) => {
      this.#failure = error;
      this.#onNews?.();
    });
    onTestFinished(async () => {
      this.#stop.abort();
      await ended;
      this.#wake[Symbol.dispose]();
    });
  }

  /** True as soon as it has read these messages; false when it has not after a long while. */
  sees(guids: readonly string[]): Promise<boolean> {
    return this.#until(() => guids.every((guid) => this.#guids.has(guid)));
  }

  /** The same for a change that it was told of. */
  hears(change: Change): Promise<boolean> {
    return this.#until(() => this.changes.includes(change));
  }

  async #until(condition: () => boolean): Promise<boolean> {
    const giveUp = new AbortController();
    let isLate = false;
    void pause(GIVE_UP_MS, giveUp.signal).then(() => {
      isLate = true;
      this.#onNews?.();
    });
    while (!condition() && !isLate && this.#failure === null) {
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
    giveUp.abort();
    if (this.#failure !== null) throw this.#failure;
    return condition();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const absent = readStamp(this.#file, () => null);
      const opening = openStamped(this.#file, () => open(this.#file), dataVersion);
      if (opening === null) {
        await this.#wake.next(absent, () => null, signal);
      } else {
        using db = opening.opened;
        await this.#read(db, opening.stamp, signal);
      }
      await this.#wake.settle(signal);
    }
  }

  /** Reads until the connection is not one to this database any more. */
  async #read(db: Database, first: Stamp, signal: AbortSignal): Promise<void> {
    let watermark = 0;
    let seen = first;
    while (!signal.aborted) {
      for (const { id, guid } of db.all<{ id: number; guid: string }>(
        'SELECT ROWID AS id, guid FROM message WHERE ROWID > ? ORDER BY ROWID',
        watermark,
      )) {
        watermark = id;
        this.#guids.add(guid);
      }
      this.#onNews?.();
      // What a batch would be doing with them.
      await pause(this.#workMs(), signal);
      const next = await this.#wake.next(seen, () => dataVersion(db), signal);
      if (next === null) return;
      this.changes.push(next.change);
      this.#onNews?.();
      if (next.change !== 'changed') return;
      seen = next.stamp;
    }
  }
}

/** Opens the database and reads from it once, so that SQLite has all its files open. */
export function open(file: string): Database {
  const db = openForeign(file);
  must(db.value('SELECT count(*) FROM sqlite_schema'), 'a count is never null');
  return db;
}
