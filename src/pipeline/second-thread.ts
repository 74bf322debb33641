import { statSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  attachSecondAside,
  type Destination,
  removeSecondAside,
  secondAsidePath,
  takeSecondAside,
} from '../load/index.ts';
import { type Database, openForeign, SqliteError } from '../sqlite/index.ts';
import type { PortableContext } from '../transform/index.ts';
import type { ReadingOptions } from './options.ts';
import type { Slice } from './placements.ts';
import type { SliceFindings } from './slice-copier.ts';
import type { SourceRun } from './source-run.ts';

/**
 * The other thread of a large import. It copies the later messages by the same rules into a file of its own, which is
 * then appended to what this thread copied (in a first import as it stands, page by page); decoding takes longer than
 * copying, so two threads take little more than half the time of one. Small sources are not worth starting it for.
 */
const WORTH_BYTES = 48 * 1024 * 1024;
/** The share of the messages that the other thread takes: less than half, as its rows have to be appended afterwards. */
const SHARE = 0.48;

/** Nearly all that the thread makes is short-lived; a small nursery keeps its memory small. */
const YOUNG_GENERATION_MB = 16;

export type SecondThreadTask = {
  source: ReadingOptions['source'];
  aside: string;
  sourceId: number;
  context: PortableContext;
  slices: readonly Slice[];
  snapshotLimitMs: number | undefined;
};

export type SecondThreadMessage =
  | { type: 'snapshot' }
  | { type: 'copied'; rows: number }
  | { type: 'done'; findings: SliceFindings; initiators: Int32Array; renewed: boolean }
  | { type: 'failed'; text: string; code: number | null };

export class SecondThread {
  readonly #options: ReadingOptions;
  /** A third connection: it sees whether anything was committed between the snapshots of the two threads. */
  readonly #probe: Database;
  readonly #version: unknown;
  #worker: Worker | null = null;

  private constructor(options: ReadingOptions) {
    this.#options = options;
    this.#probe = openForeign(options.source.path, options.source);
    this.#version = this.#commits();
  }

  /** A second thread when the source is large enough, else null. To be asked before the first thread reads anything. */
  static planFor(options: ReadingOptions): SecondThread | null {
    const fromBytes = options.secondThreadFromBytes ?? WORTH_BYTES;
    return statSync(options.source.path).size < fromBytes ? null : new SecondThread(options);
  }

  /** Makes the file of the other thread; it must be there before a transaction begins. */
  attach(db: Database): void {
    attachSecondAside(db, this.#options.store);
  }

  /** Copies the messages of a run, the earlier ones here and the later ones there, and puts them together. */
  async copyMessages(run: SourceRun, into: Destination): Promise<void> {
    const { slices } = run.placements;
    const own = Math.ceil(slices.length * (1 - SHARE));
    const others = this.#finished(this.#start(run, slices.slice(own)), run);
    // Whoever waits for it sees the failure; nobody is waiting yet when it comes early.
    others.catch(() => {});
    await run.copyMessages(into, slices.slice(0, own));
    const { findings, initiators, renewed } = await others;
    run.addFindings(findings);
    run.renewed ||= renewed;
    const known = run.context.initiators;
    if (known !== null)
      for (const [id, contact] of initiators.entries()) if (contact !== 0) known.contact[id] = contact;
    takeSecondAside(run.db, into);
  }

  #start(run: SourceRun, slices: readonly Slice[]): Worker {
    const { source, store, snapshotLimitMs } = this.#options;
    const task: SecondThreadTask = {
      source,
      aside: secondAsidePath(store),
      sourceId: run.sourceId,
      context: run.context.toPortable(),
      slices,
      snapshotLimitMs,
    };
    const file = `second-thread-worker${path.extname(import.meta.url)}`;
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    return worker;
  }

  /** After whatever attached the file has been closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Until it has ended, it may still say something that the probe is asked about.
    await this.#worker?.terminate();
    this.#probe.close();
    removeSecondAside(this.#options.store);
  }

  #commits(): unknown {
    return this.#probe.value('PRAGMA data_version');
  }

  #finished(worker: Worker, run: SourceRun): Promise<Extract<SecondThreadMessage, { type: 'done' }>> {
    return new Promise((resolve, reject) => {
      worker.on('message', (message: SecondThreadMessage) => {
        switch (message.type) {
          case 'snapshot':
            if (this.#commits() !== this.#version) run.renewed = true;
            return;
          case 'copied':
            run.advance(message.rows);
            return;
          case 'done':
            resolve(message);
            return;
          case 'failed':
            reject(
              message.code === null ? new Error(message.text) : new SqliteError(message.text, message.code, '', null),
            );
        }
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the second thread ended early')));
    });
  }
}
