import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { Database, SqliteError } from '../../src/sqlite/index.ts';
import { effort } from '../support/effort.ts';
import { copyDatabase, type Eventful, eventful, outcome } from '../support/eventful.ts';
import { NOW_MS } from '../support/fixture.ts';
import { followed } from '../support/followed.ts';
import { LiveDriver } from '../support/live-driver.ts';

/**
 * A statement fails while much is taken over at once by a follower that has been live for a while: unlike one that has
 * just started, it learns of new chats and people by itself, and what it learned has to go with what was rolled back.
 */
/** Every so many statements fail; the power is cut more often, and at every one in power-cut.test.ts. */
const FAIL_EVERY = effort(23, 5);
const LATER = NOW_MS + 200 * 60_000;

const FAILURES: readonly { what: string; error: (sql: string) => Error; dies: boolean }[] = [
  { what: 'the power is cut', error: () => new Error('power cut'), dies: true },
  { what: 'the store is busy', error: (sql) => new SqliteError('not now', 5, sql, null), dies: false },
  { what: 'the disk fails', error: (sql) => new SqliteError('not now', 10, sql, null), dies: false },
  { what: 'the disk is full', error: (sql) => new SqliteError('not now', 13, sql, null), dies: false },
];

/** What is done at the statements of which something fails; `prepare` comes before, undisturbed. */
type Work = {
  prepare(driver: LiveDriver, history: Eventful): Promise<void>;
  disturbed(driver: LiveDriver): Promise<void>;
};

const WAKE: Work = {
  async prepare(driver, history) {
    await driver.wake('live');
    history.happen();
  },
  disturbed: (driver) => driver.wake('live'),
};

const SWEEP: Work = {
  async prepare(driver, history) {
    await driver.wake('live');
    history.happen();
  },
  disturbed: (driver) => driver.sweep(),
};

afterEach(() => Database.watch(null));

type Ending = { statements: number; error: unknown; outcome: ReturnType<typeof outcome> };

/** Does the work with a failure at one statement, then all of it again until it is done. */
async function perform(
  history: Eventful,
  work: Work,
  failing: number,
  failure: (typeof FAILURES)[number],
): Promise<Ending> {
  const place = { source: history.source, store: path.join(history.folder, 'store.db') };
  history.reset();
  copyDatabase(history.base, place.store);
  const clock = fixedClock(NOW_MS);
  using driver = new LiveDriver(place, clock);
  await work.prepare(driver, history);
  let statements = 0;
  Database.watch((sql) => {
    // Where this cannot be answered, sizes and times are asked instead.
    if (sql.includes('data_version')) return;
    statements += 1;
    // Who has died does nothing more.
    if (statements === failing || (failure.dies && failing > 0 && statements > failing)) throw failure.error(sql);
  });
  let error: unknown = null;
  try {
    await work.disturbed(driver);
  } catch (thrown) {
    error = thrown;
  } finally {
    Database.watch(null);
  }
  if (failure.dies) driver.close();
  if (error !== null) await work.disturbed(driver);
  await driver.wake('live');
  if (work !== SWEEP) await driver.sweep();
  clock.advance(LATER - NOW_MS);
  await driver.seal();
  driver.close();
  return { statements, error, outcome: outcome(place.store) };
}

/** The first thing that differs, in few words. */
function differs(expected: Ending['outcome'], found: Ending['outcome']): string | null {
  const types = ({ events }: Ending['outcome']) => events.map(({ type }) => type).join(' ');
  if (types(found) !== types(expected)) return `events: ${types(found)} instead of ${types(expected)}`;
  const at = expected.events.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(found.events[i]));
  if (at >= 0) return `event ${at}: ${JSON.stringify(found.events[at])}`;
  const kinds = Object.keys(expected.store) as (keyof Ending['outcome']['store'])[];
  return kinds.find((kind) => JSON.stringify(expected.store[kind]) !== JSON.stringify(found.store[kind])) ?? null;
}

describe.each([
  { name: 'a wake', work: WAKE, cutEvery: effort(9, 1) },
  { name: 'a sweep', work: SWEEP, cutEvery: effort(13, 1) },
])('while $name takes over much at once', ({ work, cutEvery }) => {
  it.each(FAILURES)(
    '$what, at any statement: done again, it ends and is told as if nothing had been',
    async (failure) => {
      const history = await eventful();
      const whole = await perform(history, work, 0, failure);
      expect(whole.error).toBeNull();
      expect(whole.statements).toBeGreaterThan(60);
      const everySoMany = failure.dies ? cutEvery : FAIL_EVERY;
      const differing = new Map<string, string>();
      for (let failing = 1; failing <= whole.statements; failing += everySoMany) {
        const ending = await perform(history, work, failing, failure);
        expect(ending.error, 'whoever asked is told').not.toBeNull();
        const difference = differs(whole.outcome, ending.outcome);
        if (difference !== null) differing.set(difference, `${differing.get(difference) ?? ''} ${failing}`);
      }
      expect(Object.fromEntries(differing), `at which of ${whole.statements} statements`).toEqual({});
    },
  );
});

it('a source that cannot be let go of is closed all the same, and only once', async () => {
  using store = await followed();
  const { live } = store;
  Database.watch((sql) => {
    if (sql.startsWith('DETACH')) throw new SqliteError('not now', 5, sql, null);
  });
  expect(() => live[Symbol.dispose]()).toThrow('not now');
  Database.watch(null);
  // The numbers of files that were closed are given again: closing them twice would close another's.
  const others = Array.from({ length: 8 }, () => openSync(store.source, 'r'));
  live[Symbol.dispose]();
  for (const fd of others) closeSync(fd);
});
