import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import { ACT_NAMES, Actor, type Generation, type Performance, writeHistory } from '../../src/simulator/index.ts';
import { Database } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { LiveDriver } from '../support/live-driver.ts';

/**
 * Model-based: whatever Messages does, whenever we look, and wherever our process dies, in the end the store says what a
 * fresh import of the source says. Messages is the actor of the simulator, with all of its acts; we are everything that
 * follows but the timers.
 */
const MINUTE = 60_000;
const HISTORY = 120;
const RUNS = Number(process.env.CHATSTATS_MODEL_RUNS ?? 60);

const happening = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('act' as const), name: fc.constantFrom(...ACT_NAMES) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('any' as const), which: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wake' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('seal' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 200 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('crash' as const), statement: fc.integer({ min: 1, max: 150 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('import' as const) }) },
);

afterEach(() => Database.watch(null));

describe.each<Generation>(['macos-11', 'macos-13', 'macos-15', 'macos-26'])('a store that follows %s', (generation) => {
  it.each([false, true])('P8 ends up as a fresh import says (mirrored deletions: %s)', async (mirrorDeletes) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000_000),
        fc.array(happening, { minLength: 3, maxLength: 40 }),
        async (seed, happenings) => {
          const folder = temporaryFolder();
          const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
          writeHistory({ file: place.source, generation, messages: HISTORY, seed: 3, nowMs: NOW_MS });
          const clock = fixedClock(NOW_MS);
          await runImport(place, { clock });
          const actor = new Actor({ file: place.source, generation, seed, clock });
          const acts = new Acts(actor);
          using driver = new LiveDriver(place, clock, mirrorDeletes);
          for (const one of happenings) {
            clock.advance(1_000);
            // Ours can do nothing while the file is away; that it waits is shown with real processes.
            if (one.do !== 'any') acts.bringBack();
            if (one.do === 'act' && actor.isOpen && actor.can(one.name)) perform(actor, one.name);
            else if (one.do === 'any') acts.goOn(one.which);
            else if (one.do === 'wake') await driver.wake('live');
            else if (one.do === 'sweep') await driver.sweep();
            else if (one.do === 'seal') await driver.seal();
            else if (one.do === 'pass') clock.advance(one.minutes * MINUTE);
            else if (one.do === 'restart') driver.close();
            else if (one.do === 'import') {
              driver.close();
              await runImport(place, { clock });
            } else if (one.do === 'crash') {
              await crash(driver, one.statement);
            }
          }
          acts.finish();
          await driver.wake('catching-up');
          await driver.sweep();
          await driver.seal();
          driver.close();
          await agree(place, clock);
          actor.close();
        },
      ),
      { numRuns: Math.ceil(RUNS / 8) },
    );
  });
});

/** Acts that have begun: their commits come one at a time, with whatever else happens in between. */
class Acts {
  readonly #actor: Actor;
  readonly #begun: Performance[] = [];

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  /** Goes on with one that has begun, or begins another. */
  goOn(which: number): void {
    const performance = this.#begun[which];
    if (performance !== undefined && this.#actor.isOpen) {
      if (this.#next(performance) === null) this.#begun.splice(which, 1);
    } else if (this.#actor.isOpen) {
      const begun = this.#actor.beginAny();
      if (begun !== null) this.#begun.push(begun.performance);
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
  #next(performance: Performance): unknown {
    try {
      return performance.next();
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

/** All commits of an act; some find nothing to act on. */
function perform(actor: Actor, name: string): void {
  try {
    actor.perform(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

/** The power is cut at some statement of a wake; should it have fewer, it ends as usual. */
async function crash(driver: LiveDriver, statement: number): Promise<void> {
  let seen = 0;
  Database.watch(() => {
    seen += 1;
    if (seen === statement) throw new Error('power cut');
  });
  try {
    await driver.wake('live');
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'power cut') throw error;
  } finally {
    Database.watch(null);
    driver.close();
  }
}

async function agree(place: { source: string; store: string }, clock: ReturnType<typeof fixedClock>): Promise<void> {
  const report = await verifySource({
    ...{ store: place.store, addressBook: null, region: null, locale: null, clock, onProgress: () => {} },
    source: { path: place.source, sealed: false },
    signal: new AbortController().signal,
  });
  expect(report.differences).toEqual([]);
  using db = openStoreForReading(place.store);
  expect(db.value('PRAGMA integrity_check')).toBe('ok');
  expect(db.all('PRAGMA foreign_key_check')).toEqual([]);
  // A message is announced as new once, whatever was repeated.
  const announced = new Set<string>();
  for (const event of readEvents(db, { after: 0, limit: 1_000_000, types: ['messages_synced', 'message_deleted'] })) {
    for (const guid of event.data && 'guids' in event.data ? event.data.guids : []) {
      if (event.type === 'message_deleted') announced.delete(guid);
      else {
        expect(announced.has(guid), 'announced twice').toBe(false);
        announced.add(guid);
      }
    }
  }
}
