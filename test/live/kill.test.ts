import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import { type Generation, startActor, writeHistory } from '../../src/simulator/index.ts';
import { openStoreForReading, reconcilingReason } from '../../src/store/index.ts';
import { Workplace } from '../cli/chatstats.ts';
import { effort } from '../support/effort.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { eventFaults, freshFaults, messagesNamed, repeatedAnnouncements } from '../support/follow-laws.ts';
import { killAgainAndAgain, MANY_FILES, ONE_FILE } from '../support/killed-sync.ts';
import { eventsOf, LIVE, lastEventOf, SyncProcess } from '../support/sync-process.ts';

/** How often sync is killed under random traffic. */
const KILLS = effort(3, 100);
const SEED = Number(process.env.CHATSTATS_KILL_SEED ?? 20_261);
const PER_SECOND = 40;
/** A life of sync is a second or two long; the rest is for the comparisons. */
const TIMEOUT_MS = 60_000 + KILLS * 5_000;

type Place = { folder: string; source: string; store: string };

function madeUp(generation: Generation, messages: number): Place {
  const folder = temporaryFolder();
  const place = { folder, source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  writeHistory({ file: place.source, generation, messages, seed: SEED, nowMs: Date.now() });
  return place;
}

async function run(args: readonly string[]) {
  using place = new Workplace();
  return await place.run(args);
}

/** The store agrees with its source, by the program's own comparison. */
async function agrees({ source, store }: Place): Promise<void> {
  const verify = await run(['--db', store, '--json', 'verify', source, '--address-book', 'none']);
  expect(JSON.parse(verify.stdout), verify.stderr).toMatchObject({ ok: true, differences: [] });
  expect(verify.status).toBe(0);
  using db = openStoreForReading(store);
  expect(db.value('PRAGMA integrity_check')).toBe('ok');
}

/** P8 The same by a comparison that knows nothing of the program's: with a fresh import of the one file there ever was. */
async function equalsFresh({ folder, source, store }: Place): Promise<void> {
  const fresh = path.join(folder, 'fresh.db');
  const imported = await run(['--db', fresh, 'import', source, '--address-book', 'none']);
  expect(imported.status, imported.stderr).toBe(0);
  expect(freshFaults(store, fresh)).toEqual([]);
}

describe('P3 P4 P5 P8 sync that is killed at random under random traffic', () => {
  it.each<{ generation: Generation; what: string; weights: Readonly<Record<string, number>> }>([
    { generation: 'macos-26', what: 'in one file', weights: ONE_FILE },
    { generation: 'macos-15', what: 'in files that replace each other', weights: MANY_FILES },
  ])('loses nothing, doubles nothing and tells all: $generation, $what', { timeout: TIMEOUT_MS }, async (options) => {
    const { generation, weights } = options;
    const place = madeUp(generation, 700);
    const killed = await killAgainAndAgain({
      ...place,
      ...{ generation, weights, seed: SEED, perSecond: PER_SECOND },
      goesOn: (kill) => kill <= KILLS,
    });
    expect(killed.faults).toEqual([]);
    expect(killed.kills, 'a test that kills nothing shows nothing').toBe(KILLS);
    expect(killed.commits).toBeGreaterThan(KILLS * 10);
    if (weights === ONE_FILE) await equalsFresh(place);
    await agrees(place);
  });
});

describe('sync that is killed', () => {
  const start = (place: Place, ...more: string[]) => {
    const sync = new SyncProcess({ ...place, more });
    onTestFinished(async () => {
      if (!sync.hasEnded) await sync.stop('SIGKILL');
    });
    return sync;
  };
  const scripted = (place: Place) => {
    const actor = startActor({ file: place.source, generation: 'macos-26', seed: SEED, script: true });
    onTestFinished(() => actor.stop());
    return actor;
  };

  it('while it imports leaves no store, and the next one imports', async () => {
    const place = madeUp('macos-26', 20_000);
    const sync = start(place);
    await sync.says('importing into');
    expect((await sync.stop('SIGKILL')).by).toBe('SIGKILL');
    expect(existsSync(place.store)).toBe(false);
    const again = await start(place).live();
    await again.stop();
    expect(again.stderr).toContain('importing the history first');
    await agrees(place);
  });

  it('in the middle of a backlog goes on where it was', async () => {
    const place = madeUp('macos-26', 200);
    await (await start(place).live()).stop();
    const before = lastEventOf(place.store);
    const actor = scripted(place);
    const { commits } = await actor.send({ act: 'burst', count: 12_000, together: true, text: 'one of many' });
    await actor.stop();
    const last = must(commits.at(-1)?.rowId, 'a row');
    const sync = start(place);
    await sync.says('catching up');
    await sync.event('messages_synced', () => true, before);
    await sync.stop('SIGKILL');
    const announced = () =>
      eventsOf(place.store, before, ['messages_synced']).flatMap((event) => [...messagesNamed(event)]);
    const mark = () => {
      using db = openStoreForReading(place.store);
      return must(db.value<number>('SELECT last_message_rowid FROM live_sync_state'), 'a mark');
    };
    expect(announced().length, 'the point was reached').toBeGreaterThan(0);
    expect(announced().length, 'and not passed').toBeLessThan(12_000);
    expect(mark()).toBe(last - 12_000 + announced().length);
    expect((await start(place, '--once').ended).status).toBe(0);
    expect([announced().length, new Set(announced()).size, mark()]).toEqual([12_000, 12_000, last]);
    expect(eventFaults(place.store, [])).toEqual([]);
    await agrees(place);
  });

  it.each(['replaceRenumbered', 'replaceOlder'])('while it matches (%s) begins that anew', async (act) => {
    const place = madeUp('macos-26', 8_000);
    const actor = scripted(place);
    await actor.send({ act: 'takeCopy' });
    const sync = await start(place).live();
    const lost = await actor.send({ act: 'say', text: 'after the copy' });
    await sync.event('messages_synced', (event) => event.data.guids.includes(must(lost.guid, 'a message')));
    await actor.send({ act });
    await actor.stop();
    await sync.event('source_restarted');
    await sync.stop('SIGKILL');
    {
      using db = openStoreForReading(place.store);
      expect(reconcilingReason(db), 'the point was reached').not.toBeNull();
    }
    const told = eventsOf(place.store);
    const again = await start(place).live();
    expect(again.stderr).toContain('the database was replaced');
    await again.stop();
    using db = openStoreForReading(place.store);
    expect(reconcilingReason(db)).toBeNull();
    expect(eventFaults(place.store, told)).toEqual([]);
    await agrees(place);
  });

  it('as soon as it has told of a change has the change', async () => {
    const place = madeUp('macos-26', 300);
    const actor = scripted(place);
    for (const [act, type] of [
      ['say', 'messages_synced'],
      ['edit', 'message_updated'],
      ['react', 'reaction_added'],
      ['delete', 'message_deleted'],
      ['newGroup', 'chat_created'],
    ] as const) {
      const sync = await start(place).live();
      const before = lastEventOf(place.store);
      await actor.send({ act });
      await sync.event(type, () => true, before);
      await sync.stop('SIGKILL');
    }
    await actor.stop();
    // An act may be several commits, and the last of them came after what was waited for.
    const told = eventsOf(place.store);
    const once = await start(place, '--once').ended;
    expect(once.status, once.stderr).toBe(0);
    expect(once.stderr).not.toContain(LIVE);
    const all = eventsOf(place.store);
    expect(repeatedAnnouncements(place.store), 'nothing is announced again').toEqual([]);
    expect((await start(place, '--once').ended).status).toBe(0);
    expect(eventsOf(place.store).length - all.length, 'nothing is left to tell').toBe(0);
    expect(eventFaults(place.store, told)).toEqual([]);
    await agrees(place);
  });
});
