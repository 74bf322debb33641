import { statSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { must } from '../kernel/index.ts';
import { secondAsidePath, takeSecondAside } from '../load/index.ts';
import { type Database, openForeign, SqliteError } from '../sqlite/index.ts';
import type { PortableContext } from '../transform/index.ts';
import type { ReadingOptions } from './options.ts';
import type { Slice } from './placements.ts';
import type { SliceFindings } from './slice-copier.ts';
import type { SourceRun } from './source-run.ts';

/**
 * The other thread of a large first import. It copies the later messages by the same rules into a file of its own,
 * which is then appended to the store's as it stands, page by page; decoding takes longer than copying, so two threads
 * take little more than half the time of one. Small sources are not worth starting it for.
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

  /** The slices of this thread and of the other. */
  share(slices: readonly Slice[]): [own: Slice[], others: Slice[]] {
    const own = Math.ceil(slices.length * (1 - SHARE));
    return [slices.slice(0, own), slices.slice(own)];
  }

  /** Starts the thread on its slices; what is answered waits for it and appends what it copied. */
  copy(run: SourceRun, slices: readonly Slice[]): (db: Database) => Promise<void> {
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
    const finished = this.#finished(worker, run);
    // Whoever waits for it sees the failure; nobody may be waiting yet when it comes.
    finished.catch(() => {});
    return async (db) => {
      const { findings, initiators, renewed } = await finished;
      run.addFindings(findings);
      run.renewed ||= renewed;
      const own = must(run.context.initiators, 'conversations were split before').contact;
      for (const [id, contact] of initiators.entries()) if (contact !== 0) own[id] = contact;
      takeSecondAside(db);
      await this.stop();
    };
  }

  async stop(): Promise<void> {
    // Until it has ended, it may still say something that the probe is asked about.
    await this.#worker?.terminate();
    this.#probe.close();
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
