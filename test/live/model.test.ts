import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock, Lanes } from '../../src/kernel/index.ts';
import { Following, type FollowLane, verifySource } from '../../src/pipeline/index.ts';
import {
  ACT_NAMES,
  Actor,
  type Commit,
  type Generation,
  type Performance,
  writeHistory,
} from '../../src/simulator/index.ts';
import { Database, SqliteError } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { freshFaults, watermarkFaults } from '../support/follow-laws.ts';
import { KeptLists } from '../support/kept-lists.ts';
import { Ledger } from '../support/ledger.ts';
import { LiveDriver } from '../support/live-driver.ts';

/**
 * Model-based: whatever Messages does, whenever we look, and wherever our process dies, in the end the store says what a
 * fresh import of the source says. Messages is the actor of the simulator, with all of its acts; we are everything that
 * follows but the timers.
 */
const MINUTE = 60_000;
const HISTORY = 120;
const RUNS = Number(process.env.CHATSTATS_MODEL_RUNS ?? 60);

/** Acts that wait until nobody reads; in one thread with the reader they would wait for ever. */
const WAITING = ['checkpoint', 'reopen', 'takeCopy', 'replaceEqual', 'vanish'];
const AT_ONCE = ACT_NAMES.filter((name) => !WAITING.includes(name));
/** Acts after which the source is another file, with other numbers or with less in it. */
const REPLACING = ['replaceOlder', 'replaceRenumbered'];

const work = fc.constantFrom('wake' as const, 'sweep' as const, 'seal' as const, 'import' as const, 'follow' as const);
const statement = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 250 }));

const happening = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('act' as const), name: fc.constantFrom(...ACT_NAMES) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('any' as const), which: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wake' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('sweep', 'seal', 'restart', 'import', 'follow' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 200 }) }) },
  // Our process dies at a statement of it; or a statement of it fails, and the process goes on.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), work, statement }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fail' as const), work, statement, code: fc.constantFrom(5, 10, 13) }),
  },
  // Messages goes on while we read.
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ do: fc.constant('meanwhile' as const), work, statement },
      name: fc.constantFrom(...AT_ONCE),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;
type WorkName = typeof work extends fc.Arbitrary<infer T> ? T : never;

afterEach(() => Database.watch(null));

describe.each<Generation>(['macos-11', 'macos-13', 'macos-15', 'macos-26'])('a store that follows %s', (generation) => {
  it.each([false, true])('P8 ends up as a fresh import says (mirrored deletions: %s)', async (mirrorDeletes) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        fc.array(happening, { minLength: 3, maxLength: 40 }),
        async (seed, happenings) => {
          using model = await Model.begin(generation, seed, mirrorDeletes);
          for (const one of happenings) {
            await model.happens(one);
            expect(model.look(), one.do).toEqual([]);
          }
          await model.ends();
        },
      ),
      { numRuns: Math.ceil(RUNS / 8) },
    );
  });
});

type Place = { source: string; store: string; folder: string };

/** One history, with Messages and with us. */
class Model implements Disposable {
  readonly #ledger: Ledger;
  readonly #lists: KeptLists;
  readonly #place: Place;
  readonly #mirrorDeletes: boolean;
  readonly #clock = fixedClock(NOW_MS);
  readonly #actor: Actor;
  readonly #acts: Acts;
  readonly #driver: LiveDriver;

  private constructor(place: Place, generation: Generation, seed: number, mirrorDeletes: boolean) {
    this.#place = place;
    this.#mirrorDeletes = mirrorDeletes;
    this.#actor = new Actor({ file: place.source, generation, seed, clock: this.#clock });
    this.#acts = new Acts(this.#actor);
    this.#driver = new LiveDriver(place, this.#clock, mirrorDeletes);
    this.#ledger = new Ledger(place.store);
    this.#lists = new KeptLists(place.store);
  }

  static async begin(generation: Generation, seed: number, mirrorDeletes: boolean): Promise<Model> {
    const folder = temporaryFolder();
    const place = { folder, source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
    writeHistory({ file: place.source, generation, messages: HISTORY, seed: 3, nowMs: NOW_MS });
    await runImport(place, { clock: fixedClock(NOW_MS) });
    return new Model(place, generation, seed, mirrorDeletes);
  }

  /** Faults since the last look. */
  look(): string[] {
    return [...this.#ledger.look(), ...this.#lists.look()];
  }

  async happens(one: Happening): Promise<void> {
    this.#clock.advance(1_000);
    // Ours can do nothing while the file is away; that it waits is shown with real processes.
    if (one.do !== 'any') this.#acts.bringBack();
    switch (one.do) {
      case 'act':
        return this.#acts.perform(one.name);
      case 'any':
        return this.#acts.goOn(one.which);
      case 'pass':
        return this.#clock.advance(one.minutes * MINUTE);
      case 'restart':
        return this.#driver.close();
      case 'crash':
        return await this.#crash(one.work, one.statement);
      case 'fail':
        return await this.#fail(one.work, one.statement, one.code);
      case 'meanwhile':
        return await this.#meanwhile(one.work, one.statement, one.name);
      default:
        return await this.#work(one.do);
    }
  }

  /** Messages is quiet, and everything is looked at once more. */
  async ends(): Promise<void> {
    this.#acts.finish();
    await this.#driver.wake('catching-up');
    await this.#driver.sweep();
    await this.#driver.seal();
    expect(this.look(), 'at the end').toEqual([]);
    const before = this.#driver.rowsRead;
    await this.#driver.sweep();
    expect(this.#driver.rowsRead - before, 'rows that are read again though they are as they were').toBe(0);
    this.#driver.close();
    await this.#agrees();
  }

  [Symbol.dispose](): void {
    Database.watch(null);
    this.#driver.close();
    this.#lists[Symbol.dispose]();
    this.#actor.close();
  }

  async #work(name: WorkName): Promise<void> {
    if (name === 'wake') return await this.#driver.wake('live');
    if (name === 'sweep') return await this.#driver.sweep();
    if (name === 'seal') return await this.#driver.seal();
    this.#driver.close();
    if (name === 'import') await runImport(this.#place, { clock: this.#clock });
    else await followOnce(this.#place, this.#clock, this.#mirrorDeletes);
  }

  /** The power is cut at some statement; should there be fewer, it ends as usual. */
  async #crash(name: WorkName, at: number): Promise<void> {
    let seen = 0;
    let isCut = false;
    Database.watch(() => {
      seen += 1;
      isCut ||= seen === at;
      if (isCut) throw new Error('power cut');
    });
    try {
      await this.#work(name);
    } catch (error) {
      if (!isCut) throw error;
    } finally {
      Database.watch(null);
      this.#driver.close();
    }
  }

  /** A statement fails, and whoever asked is told; the process goes on. */
  async #fail(name: WorkName, at: number, code: number): Promise<void> {
    let seen = 0;
    Database.watch((sql) => {
      seen += 1;
      if (seen === at) throw new SqliteError('not now', code, sql, null);
    });
    try {
      await this.#work(name);
    } catch (error) {
      if (seen < at) throw error;
    } finally {
      Database.watch(null);
    }
  }

  async #meanwhile(name: WorkName, at: number, act: string): Promise<void> {
    let seen = 0;
    Database.watch(() => {
      seen += 1;
      if (seen === at) this.#acts.perform(act);
    });
    try {
      await this.#work(name);
    } finally {
      Database.watch(null);
    }
  }

  async #agrees(): Promise<void> {
    const { source, store, folder } = this.#place;
    const report = await verifySource({
      ...{ store, addressBook: null, region: null, locale: null, clock: this.#clock, onProgress: () => {} },
      source: { path: source, sealed: false },
      signal: new AbortController().signal,
    });
    expect(report.differences).toEqual([]);
    using db = openStoreForReading(store);
    expect(db.value('PRAGMA integrity_check')).toBe('ok');
    expect(db.all('PRAGMA foreign_key_check')).toEqual([]);
    // The same by comparisons that know nothing of the program's own, where the source is one file.
    if (this.#mirrorDeletes || this.#acts.did(REPLACING)) return;
    expect(watermarkFaults(store, source)).toEqual([]);
    const fresh = path.join(folder, 'fresh.db');
    await runImport({ source, store: fresh }, { clock: this.#clock });
    expect(freshFaults(store, fresh)).toEqual([]);
  }
}

/** The whole of following, from opening to having caught up. */
async function followOnce(
  place: { source: string; store: string },
  clock: ReturnType<typeof fixedClock>,
  mirrorDeletes: boolean,
): Promise<void> {
  const following = new Following({
    ...{ store: place.store, source: { path: place.source, sealed: false }, clock, mirrorDeletes, gapMs: null },
    ...{ addressBook: null, region: null, locale: null, once: true, pollMs: 5, hints: false, sealCheckMs: 1_000 },
    contactsMs: 1_000,
    lanes: new Lanes<FollowLane>(['live', 'sealing', 'contacts', 'upkeep']),
    signal: new AbortController().signal,
    onImportProgress: () => {},
    onState: () => {},
    onCommitted: () => {},
    onProblem: () => {},
  });
  await following.begin();
  await following.run();
}

/** Acts that have begun: their commits come one at a time, with whatever else happens in between. */
class Acts {
  readonly #actor: Actor;
  readonly #begun: Performance[] = [];
  readonly #done = new Set<string>();

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  did(names: readonly string[]): boolean {
    return names.some((name) => this.#done.has(name));
  }

  /** All commits of an act, where it is possible; some find nothing to act on. */
  perform(name: string): void {
    if (!this.#actor.isOpen || !this.#actor.can(name)) return;
    const performance = this.#actor.begin(name);
    while (this.#next(performance) !== null);
  }

  /** Goes on with one that has begun, or begins another. */
  goOn(which: number): void {
    const performance = this.#begun[which];
    if (performance !== undefined && this.#actor.isOpen) {
      if (this.#next(performance) === null) this.#begun.splice(which, 1);
    } else if (this.#actor.isOpen) {
      const begun = this.#actor.beginAny();
      if (begun === null) return;
      this.#done.add(begun.commit.act);
      this.#begun.push(begun.performance);
    } else this.bringBack();
  }

  /** Goes on with what took the file away, until it is back. */
  bringBack(): void {
    while (!this.#actor.isOpen && this.#begun.length > 0) this.#nextOf(this.#begun.length - 1);
  }

  finish(): void {
    this.bringBack();
    while (this.#begun.length > 0) this.#nextOf(0);
  }

  #nextOf(which: number): void {
    const performance = this.#begun[which];
    if (performance === undefined || this.#next(performance) === null) this.#begun.splice(which, 1);
  }

  /** What an act was about may be gone when it goes on. */
  #next(performance: Performance): Commit | null {
    try {
      const commit = performance.next();
      if (commit !== null) this.#done.add(commit.act);
      return commit;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}
