import { type Clock, must, systemClock } from '../../kernel/index.ts';
import type { Random } from '../random.ts';
import type { Generation } from '../schema/generations.ts';
import type { Act, Step, Steps } from './act.ts';
import { ACTS } from './acts/index.ts';
import { Args } from './args.ts';
import { World } from './world.ts';

export type ActorOptions = {
  /** An existing database of this generation. */
  file: string;
  generation: Generation;
  seed: number;
  /** Gives messages their dates; the system's by default. */
  clock?: Clock;
  /** How often acts happen, by name, in place of their usual weights; 0: never. */
  weights?: Readonly<Record<string, number>>;
  /** These acts alone, with their usual weights. */
  only?: readonly string[];
};

/** One commit that was made: of which act, and what of it. */
export type Commit = Step & { act: string };

/** The names of all acts. */
export const ACT_NAMES: readonly string[] = ACTS.map((act) => act.name);

/** An act that has begun: each call of `next` makes its next commit, until there is none. */
export class Performance {
  readonly act: string;
  readonly #steps: Steps;

  constructor(act: string, steps: Steps) {
    this.act = act;
    this.#steps = steps;
  }

  next(): Commit | null {
    const result = this.#steps.next();
    return result.done === true ? null : { act: this.act, ...result.value };
  }
}

/**
 * Messages.app at work on a database: what it does is decided by the seed, the clock and what the file holds. Between
 * two commits of one act others may happen; nobody waits here.
 */
export class Actor {
  readonly #world: World;
  readonly #possible: { act: Act; weight: number }[];

  /** Throws when the file is not there, or when weights name no act. */
  constructor(options: ActorOptions) {
    const { file, generation, seed, clock = systemClock, weights = {}, only } = options;
    for (const name of [...Object.keys(weights), ...(only ?? [])]) actOf(name);
    this.#world = new World(file, generation, seed, clock);
    this.#possible = ACTS.filter((act) => this.#can(act) && only?.includes(act.name) !== false)
      .map((act) => ({ act, weight: weights[act.name] ?? act.weight }))
      .filter(({ weight }) => weight > 0);
  }

  /** False while the file is closed or away: then only the act that took it away may go on. */
  get isOpen(): boolean {
    return this.#world.isOpen;
  }

  get random(): Random {
    return this.#world.random;
  }

  /** Whether this generation has what the act needs. */
  can(name: string): boolean {
    return this.#can(actOf(name));
  }

  /** Begins an act, without its first commit. Throws when there is no such act, or this generation cannot have it. */
  begin(name: string, values: Readonly<Record<string, unknown>> = {}): Performance {
    const act = actOf(name);
    if (!this.isOpen) throw new RangeError('the database is away');
    if (!this.#can(act)) throw new RangeError(`this generation has not what it needs for ${name}`);
    return new Performance(name, act.play(this.#world, new Args(values)));
  }

  /** Does an act at once, all its commits; none when it found nothing to act on. */
  perform(name: string, values: Readonly<Record<string, unknown>> = {}): Commit[] {
    const performance = this.begin(name, values);
    const commits: Commit[] = [];
    for (let commit = performance.next(); commit !== null; commit = performance.next()) commits.push(commit);
    return commits;
  }

  /** Begins something that is possible now, and makes its first commit; null when nothing is. */
  beginAny(): { performance: Performance; commit: Commit } | null {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const performance = this.begin(this.#choose().name);
      const commit = performance.next();
      if (commit !== null) return { performance, commit };
    }
    return null;
  }

  close(): void {
    this.#world.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #can(act: Act): boolean {
    return (act.needs ?? []).every((need) => this.#world.has(need));
  }

  #choose(): Act {
    let die = this.random.unit() * this.#possible.reduce((sum, { weight }) => sum + weight, 0);
    for (const { act, weight } of this.#possible) {
      die -= weight;
      if (die < 0) return act;
    }
    return must(this.#possible.at(-1), 'an actor has something to do').act;
  }
}

/** How often something else is tried where there was nothing to act on. */
const ATTEMPTS = 50;

function actOf(name: string): Act {
  const act = ACTS.find((candidate) => candidate.name === name);
  if (act === undefined) throw new RangeError(`there is no such act: ${name}`);
  return act;
}
