import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { Database, SqliteError } from '../../src/sqlite/index.ts';
import { effort } from '../support/effort.ts';
import { copyDatabase, type Eventful, eventful, outcome } from '../support/eventful.ts';
import { NOW_MS } from '../support/fixture.ts';
import { LiveDriver } from '../support/live-driver.ts';

const MINUTE = 60_000;
/** When everything that was said is due to be sealed. */
const LATER = NOW_MS + 200 * MINUTE;

/** Every so many statements the power is cut; statements of one kind do not come at such distances. */
const CUT_EVERY = effort(5, 1);

afterEach(() => Database.watch(null));

/** Much has happened since the store was imported. */
async function happened(): Promise<Eventful> {
  const history = await eventful();
  history.happen();
  // The first reader of all makes the -wal and the -shm, and opens twice.
  const first = path.join(history.folder, 'first.db');
  copyDatabase(history.base, first);
  await follow(history, first, () => {});
  return history;
}

async function everything(driver: LiveDriver, clock: ReturnType<typeof fixedClock>): Promise<void> {
  await driver.wake('catching-up');
  await driver.sweep();
  clock.advance(LATER - NOW_MS);
  await driver.seal();
}

/** Follows from the beginning to the end; `cut` is told of every statement, and may throw. */
async function follow({ source }: Eventful, store: string, cut: (sql: string) => void): Promise<unknown> {
  const clock = fixedClock(NOW_MS);
  using driver = new LiveDriver({ source, store }, clock);
  Database.watch(cut);
  try {
    await everything(driver, clock);
    return null;
  } catch (error) {
    return error;
  } finally {
    Database.watch(null);
  }
}

describe('following, with the power cut', () => {
  it('before any one statement: the next start ends up the same, and nothing is told twice or not at all', async () => {
    const history = await happened();
    const whole = path.join(history.folder, 'whole.db');
    copyDatabase(history.base, whole);
    let total = 0;
    expect(await follow(history, whole, () => (total += 1))).toBe(null);
    const expected = outcome(whole);
    expect(expected.events.length).toBeGreaterThan(12);
    expect(total).toBeGreaterThan(200);
    for (let cut = 1; cut <= total; cut += CUT_EVERY) {
      const store = path.join(history.folder, 'cut.db');
      copyDatabase(history.base, store);
      let seen = 0;
      const error = await follow(history, store, () => {
        seen += 1;
        // Who has died does nothing more.
        if (seen >= cut) throw new Error('power cut');
      });
      expect(error, `at statement ${cut} of ${total}`).toMatchObject({ message: 'power cut' });
      expect(await follow(history, store, () => {})).toBe(null);
      expect(outcome(store), `cut before statement ${cut} of ${total}`).toEqual(expected);
    }
  });
});

describe.each([
  ['busy', 5],
  ['full', 13],
  ['failing', 10],
])('following, with a disk that is %s', (_what, code) => {
  it('at some statement: the same process does it again with the same result', async () => {
    const history = await happened();
    const whole = path.join(history.folder, 'whole.db');
    copyDatabase(history.base, whole);
    let total = 0;
    await follow(history, whole, () => (total += 1));
    const expected = outcome(whole);
    let failures = 0;
    for (let failing = 1 + code; failing <= total; failing += effort(37, 7)) {
      const store = path.join(history.folder, 'failing.db');
      copyDatabase(history.base, store);
      const clock = fixedClock(NOW_MS);
      using driver = new LiveDriver({ source: history.source, store }, clock);
      let seen = 0;
      Database.watch((sql) => {
        seen += 1;
        if (seen === failing) throw new SqliteError('not now', code, sql, null);
      });
      const error = await everything(driver, clock).catch((failure: unknown) => failure);
      Database.watch(null);
      // Some statements only ask; an answer that does not come is no failure of theirs.
      if (error !== undefined) {
        expect(error, `statement ${failing} of ${total}`).toMatchObject({ code });
        failures += 1;
      }
      await everything(driver, clock);
      expect(outcome(store), `statement ${failing} of ${total}`).toEqual(expected);
    }
    expect(failures, 'a test in which nothing fails shows nothing').toBeGreaterThan(5);
  });
});
