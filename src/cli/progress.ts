import { SingleBar } from 'cli-progress';
import type { Clock } from '../kernel/index.ts';
import type { ImportProgress, ImportStage } from '../pipeline/index.ts';
import type { OpeningProgress } from '../sources/iphone-backup/index.ts';
import { grouped, terminalOf } from './terminal.ts';
import type { World } from './world.ts';

/** Plain lines come about this often, in milliseconds. */
const LINE_EVERY_MS = 1_000;
/** A time left that was guessed from less than this would jump about. */
const GUESS_AFTER_MS = 300;
/** Fewer steps than this are not rows. */
const COUNTED_FROM = 100;
const BAR_COLUMNS = 28;
const SCALE = 1_000;

type Stage = ImportStage | OpeningProgress['stage'];
type Reached = { stage: Stage; done: number; total: number };

/** A first import, a later one, a comparison, which imports into a store of its own first, or the opening of a backup. */
type Work = 'first' | 'later' | 'verify' | 'open';

/** How an import's time divides among its stages, measured on 300,000 messages; only the bar and the time left use it. */
const SHARES: Record<Work, Partial<Record<Stage, number>>> = {
  first: { people: 6, scan: 12, messages: 54, attachments: 4, indexes: 14, check: 10 },
  later: { people: 6, scan: 12, messages: 40, attachments: 2, compare: 10, merge: 30 },
  verify: { people: 5, scan: 9, messages: 38, attachments: 3, indexes: 10, check: 7, compare: 28 },
  open: { unlock: 70, decrypt: 30 },
};

const WORDS: Record<Stage, string> = {
  unlock: 'deriving the key',
  decrypt: 'reading the backup',
  people: 'people and chats',
  scan: 'looking over the messages',
  messages: 'messages',
  attachments: 'attachments',
  indexes: 'indexes',
  check: 'checking the store',
  compare: 'comparing',
  merge: 'taking over',
};

/** How far an import is: what is done of the whole, from 0 to 1, and what it is doing, in words. */
export class ImportMeter {
  readonly #clock: Clock;
  readonly #shares: Partial<Record<Stage, number>>;
  readonly #startedAt: number;
  #stage: Stage | null = null;
  #stageAt = 0;
  /** What was done when the stage was first heard of; its rate is counted from there. */
  #stageFrom = 0;
  #done = 0;
  #total = 0;
  fraction = 0;

  constructor(clock: Clock, kind: Work) {
    this.#clock = clock;
    this.#shares = SHARES[kind];
    this.#startedAt = clock.now();
  }

  update({ stage, done, total }: Reached): void {
    if (stage !== this.#stage) {
      this.#stage = stage;
      this.#stageAt = this.#clock.now();
      this.#stageFrom = done;
    }
    this.#done = done;
    this.#total = total;
    // A damaged source is read twice: a bar that went back would look like a mistake.
    this.fraction = Math.max(this.fraction, this.#fractionAt(stage, total === 0 ? 0 : done / total));
  }

  /** "messages  186,000/300,000  142,000/s  0:02 left" */
  words(): string {
    if (this.#stage === null) return 'opening';
    const parts = [WORDS[this.#stage]];
    if (this.#total >= COUNTED_FROM) {
      parts.push(`${grouped(this.#done)}/${grouped(this.#total)}`);
      const stageMs = this.#clock.now() - this.#stageAt;
      const rate = ((this.#done - this.#stageFrom) * 1000) / stageMs;
      if (stageMs > 0 && rate > 0) parts.push(`${grouped(rate)}/s`);
    }
    const left = this.#leftMs();
    if (left !== null) parts.push(`${clockTime(left)} left`);
    return parts.join('  ');
  }

  #fractionAt(stage: Stage, within: number): number {
    const stages = Object.entries(this.#shares);
    const at = stages.findIndex(([name]) => name === stage);
    if (at === -1) return this.fraction;
    const before = stages.slice(0, at).reduce((sum, [, share]) => sum + share, 0);
    return (before + (this.#shares[stage] ?? 0) * within) / 100;
  }

  #leftMs(): number | null {
    const elapsedMs = this.#clock.now() - this.#startedAt;
    if (elapsedMs < GUESS_AFTER_MS || this.fraction < 0.02) return null;
    return (elapsedMs * (1 - this.fraction)) / this.fraction;
  }
}

function clockTime(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Shows a progress; disposing ends it and clears the line that a bar took. */
export type Progress<T = ImportProgress> = Disposable & { update(progress: T): void };

/** `opening` is said when the work has begun, so that an error that comes before stands alone. */
export type ProgressOptions = { opening: string; kind: Work };

/** A bar on a terminal; elsewhere a plain line now and then. */
export function importProgress(world: World, options: ProgressOptions): Progress {
  return shownProgress(world, options);
}

/** The same, for the opening of a backup. */
export function openingProgress(world: World, opening: string): Progress<OpeningProgress> {
  return shownProgress(world, { opening, kind: 'open' });
}

function shownProgress(world: World, { opening, kind }: ProgressOptions): Progress<Reached> {
  const meter = new ImportMeter(world.clock, kind);
  const terminal = terminalOf(world.stderr, world);
  const say = (line: string) => world.stderr.write(`${line}\n`);
  return terminal.isTerminal
    ? bar({ world, meter, columns: terminal.columns, open: () => say(opening) })
    : lines({ world, meter, say, open: () => say(opening) });
}

type BarParts = { world: World; meter: ImportMeter; columns: number; open(): void };

function bar({ world, meter, columns, open }: BarParts): Progress<Reached> {
  const single = new SingleBar({
    stream: world.stderr,
    clearOnComplete: true,
    hideCursor: true,
    // Signals are ours: the import has to end in its own way.
    gracefulExit: false,
    emptyOnZero: true,
    format: (_options, params) => {
      const full = Math.round(params.progress * BAR_COLUMNS);
      const drawn = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
      const percent = `${Math.floor(params.progress * 100)}`.padStart(3);
      return ` ${drawn} ${percent} %  ${meter.words()}`.slice(0, columns - 1);
    },
  });
  let stage: Stage | null = null;
  return {
    update(progress) {
      meter.update(progress);
      if (stage === null) {
        open();
        single.start(SCALE, 0);
      }
      single.update(Math.round(meter.fraction * SCALE));
      // The stages in between hold the event loop, and with it the bar's own timer.
      if (progress.stage !== stage) single.render();
      stage = progress.stage;
    },
    [Symbol.dispose]: () => single.stop(),
  };
}

type LineParts = { world: World; meter: ImportMeter; say(line: string): void; open(): void };

function lines({ world, meter, say, open }: LineParts): Progress<Reached> {
  let lineAt: number | null = null;
  return {
    update(progress) {
      meter.update(progress);
      const now = world.clock.now();
      if (lineAt === null) open();
      else if (now - lineAt < LINE_EVERY_MS) return;
      else say(`${Math.floor(meter.fraction * 100)} %  ${meter.words()}`);
      lineAt = now;
    },
    [Symbol.dispose]: () => undefined,
  };
}
