import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import { actions, address, ChatMaker } from '../../src/simulator/index.ts';
import { Database, openWritable, SqliteError } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const MINUTE = 60_000;
/** When everything that was said is due to be sealed. */
const LATER = NOW_MS + 200 * MINUTE;

afterEach(() => Database.watch(null));

/**
 * A source in which much has happened since it was imported into `base`: every kind of change that one batch takes over
 * at once.
 */
async function eventful() {
  const folder = temporaryFolder();
  const source = path.join(folder, 'chat.db');
  const base = path.join(folder, 'base.db');
  const { pen, direct, group, close } = liveMessages(source);
  const say = (text: string, minutesAgo: number) =>
    actions.send(pen, direct, { from: ANN, atMs: NOW_MS - minutesAgo * MINUTE, text });
  const [edited, unsent, deleted, twin] = [
    say('edited', 300),
    say('unsent', 299),
    say('deleted', 298),
    say('twin', 600),
  ];
  const reacted = actions.react(pen, edited, { from: 'me', code: 2000, atMs: NOW_MS - 200 * MINUTE });
  const late = actions.send(pen, direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'late', join: false });
  await runImport({ source, store: base }, { clock: fixedClock(NOW_MS) });

  actions.edit(pen, edited, 'edited, better', NOW_MS);
  actions.unsend(pen, unsent, NOW_MS);
  actions.deleteForGood(pen, deleted);
  actions.deleteForGood(pen, twin);
  say('twin', 600);
  actions.unreact(pen, reacted, 'me', NOW_MS);
  actions.join(pen, late);
  const stranger = address('+14155550155');
  const chat = new ChatMaker(pen.database, pen.random, pen.handles).direct(stranger, ['iMessage']);
  actions.send(pen, { ...chat.rows[0], isGroup: false }, { from: stranger, atMs: NOW_MS, text: 'new chat' });
  const photo = { guid: 'at_0_photo', transfer_state: 5, filename: '~/photo.heic' };
  actions.send(pen, group, { from: 'me', atMs: NOW_MS, text: '\ufffc', attachments: [photo] });
  actions.rename(pen, group, 'Renamed', ANN, NOW_MS);
  say('bridges', 240);
  actions.send(pen, group, { from: ANN, atMs: NOW_MS, text: 'waits', join: false });
  close();
  return { folder, source, base };
}

type Eventful = Awaited<ReturnType<typeof eventful>>;

function copyStore(from: string, to: string): void {
  {
    using db = openWritable(from);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  copyFileSync(from, to);
}

/** What the store says, and what the world was told since the import; ids of one store apart. */
function outcome(store: string) {
  using db = openStoreForReading(store);
  const events = readEvents(db, { after: 0, limit: 10_000 }).filter((event) => !event.type.startsWith('import_'));
  return { store: canonicalStore(store), events: events.map(({ type, chatId, data }) => ({ type, chatId, data })) };
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
    const history = await eventful();
    const whole = path.join(history.folder, 'whole.db');
    copyStore(history.base, whole);
    let total = 0;
    expect(await follow(history, whole, () => (total += 1))).toBe(null);
    const expected = outcome(whole);
    expect(expected.events.length).toBeGreaterThan(12);
    expect(total).toBeGreaterThan(200);
    for (let cut = 1; cut <= total; cut += 1) {
      const store = path.join(history.folder, 'cut.db');
      copyStore(history.base, store);
      let seen = 0;
      const error = await follow(history, store, () => {
        seen += 1;
        if (seen === cut) throw new Error('power cut');
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
    const history = await eventful();
    const whole = path.join(history.folder, 'whole.db');
    copyStore(history.base, whole);
    let total = 0;
    await follow(history, whole, () => (total += 1));
    const expected = outcome(whole);
    let failures = 0;
    for (let failing = 1 + code; failing <= total; failing += 17) {
      const store = path.join(history.folder, 'failing.db');
      copyStore(history.base, store);
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
    expect(failures, 'a test in which nothing fails shows nothing').toBeGreaterThan(10);
  });
});
