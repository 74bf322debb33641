import process from 'node:process';
import type { Hub } from '../delivery/index.ts';
import type { Engine } from '../engine/index.ts';
import { type Clock, pause } from '../kernel/index.ts';
import type { RedisFigures } from '../model/index.ts';
import type { ImportProgressView, MetricsSample, Status } from './schemas/index.ts';
import type { StoreReader } from './store-reader.ts';

type Problems = Status['problems'];
type LiveStatus = { following: Status['following']; waiting: Record<string, number> };
export type Progress = { stage: string; done: number; total: number };

const NOTHING: LiveStatus = { following: null, waiting: {} };
/** The engine is waited for so long, in milliseconds: it answers between two slices of its work. */
const ENGINE_MS = 200;
/** Kinds of problems that are remembered. */
const MOST_PROBLEMS = 20;
/** Figures are told so often, in milliseconds. */
const SAMPLE_MS = 5_000;
/** Progress is told so often at most, in milliseconds: it comes with every slice of an import. */
const PROGRESS_MS = 100;

export type MonitorOptions = {
  engine: Pick<Engine, 'on' | 'call'>;
  hub: Hub;
  reader: StoreReader;
  clock: Clock;
  redis(): Promise<RedisFigures | null>;
  sampleMs?: number;
};

/** Hears what the engine says without being asked, remembers it for `status`, and hands it to those who listen. */
export class Monitor implements AsyncDisposable {
  readonly #options: MonitorOptions;
  readonly #listeners: Disposable[];
  readonly #stopping = new AbortController();
  readonly #sampling: Promise<void>;
  readonly #problems = new Map<string, Problems[number]>();
  readonly startedAtMs: number;
  #state = 'starting';
  #importing: ImportProgressView | null = null;
  #stage = { startedMs: 0, done: 0 };
  #live: LiveStatus = NOTHING;
  /** A question that the engine has not answered yet: one at a time. */
  #asked: Promise<void> | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(options: MonitorOptions) {
    const { engine, hub, clock } = options;
    this.#options = options;
    this.startedAtMs = clock.now();
    this.#listeners = [
      engine.on('committed', () => hub.committed()),
      engine.on('progress', ({ progress }) => this.#progress(progress)),
      engine.on('state', ({ state }) => this.enter(state)),
      engine.on('problem', ({ code, text }) => this.#problem(code, text)),
    ];
    this.#sampling = this.#sample(options.sampleMs ?? SAMPLE_MS);
  }

  get state(): string {
    return this.#state;
  }

  /** How far an import is that is running now. */
  get importing(): ImportProgressView | null {
    return this.#importing;
  }

  get problems(): Problems {
    return [...this.#problems.values()];
  }

  /** An import is over, however it ended. */
  importEnded(): void {
    this.#importing = null;
    this.#options.hub.pass('import_progress', null);
  }

  /**
   * What the engine says of following: what it said last where it is in the middle of something long, nothing while it
   * is being started again.
   */
  async live(): Promise<LiveStatus> {
    this.#asked ??= this.#askEngine().finally(() => {
      this.#asked = null;
    });
    const enough = new AbortController();
    await Promise.race([this.#asked, pause(ENGINE_MS, enough.signal)]);
    enough.abort();
    return this.#live;
  }

  async #askEngine(): Promise<void> {
    try {
      this.#live = await this.#options.engine.call('liveStatus', {});
    } catch {
      this.#live = NOTHING;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    for (const listener of this.#listeners) listener[Symbol.dispose]();
    await this.#sampling;
  }

  /** Something else goes on from now. */
  enter(state: string): void {
    this.#state = state;
    if (state !== 'importing' && state !== 'reconciling') this.importEnded();
    this.#pass('state', { state });
  }

  #progress({ stage, done, total }: Progress): void {
    const now = this.#options.clock.now();
    const before = this.#importing;
    const startedMs = before === null ? now : Date.parse(before.startedAt);
    const isNewStage = before?.stage !== stage;
    if (isNewStage) this.#stage = { startedMs: now, done };
    const seconds = (now - this.#stage.startedMs) / 1_000;
    const rate = seconds > 0 && done > this.#stage.done ? (done - this.#stage.done) / seconds : null;
    this.#importing = {
      ...{ stage, done, total, startedAt: new Date(startedMs).toISOString(), elapsedMs: now - startedMs },
      rate: rate === null ? null : Math.round(rate),
      msLeft: rate === null || total < done ? null : Math.round(((total - done) / rate) * 1_000),
    };
    if (!isNewStage && now - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = now;
    // Of later imports the outbox tells by itself; a first one has no store yet that it could tell by.
    if (!this.#holdsMessages()) this.#pass('import_progress', this.#importing);
  }

  #holdsMessages(): boolean {
    return this.#options.reader.read((db) => db.value('SELECT 1 FROM messages LIMIT 1')) !== null;
  }

  #problem(code: string, text: string): void {
    const known = this.#problems.get(code);
    const lastAt = new Date(this.#options.clock.now()).toISOString();
    this.#problems.delete(code);
    this.#problems.set(code, { code, text, lastAt, times: (known?.times ?? 0) + 1 });
    for (const oldest of this.#problems.keys()) {
      if (this.#problems.size <= MOST_PROBLEMS) break;
      this.#problems.delete(oldest);
    }
  }

  async #sample(everyMs: number): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        this.#pass('metrics', await this.sample());
      } catch {
        // The store cannot be read at this moment: there are no figures of it to tell.
      }
      await pause(everyMs, this.#stopping.signal);
    }
  }

  async sample(): Promise<MetricsSample> {
    const { hub, reader } = this.#options;
    const [{ following, waiting }, redis] = await Promise.all([this.live(), this.#options.redis()]);
    return {
      state: this.#state,
      lastEvent: reader.readAt(() => null).position,
      clients: hub.figures.clients,
      cutOff: hub.figures.cutOff,
      lagMs: following?.lagMs ?? null,
      waiting,
      memoryBytes: process.memoryUsage.rss(),
      redis,
    };
  }

  /** In the form of an event; without a position, because nobody can ask for it again. */
  #pass(type: 'import_progress' | 'state' | 'metrics', data: unknown): void {
    const at = new Date(this.#options.clock.now()).toISOString();
    this.#options.hub.pass(type, { id: null, type, at, chatId: null, data });
  }
}
