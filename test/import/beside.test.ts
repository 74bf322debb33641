import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStoreForReading } from '../../src/store/index.ts';
import { Workplace } from '../cli/chatstats.ts';
import { agrees, guidOf, names, type Scene, scene } from '../cli/sync-scene.ts';
import { eventsOf, lastEventOf } from '../support/sync-process.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

const MESSAGES = 20_000;
/** Between two messages of somebody who writes a lot. */
const PAUSE_MS = 50;

function otherHistory(name: string): string {
  const file = place.file(name, 'other.db');
  place.history(`${name}/other.db`, {
    generation: 'macos-14',
    messages: MESSAGES,
    seed: 8,
    nowMs: Date.now() - 60_000,
  });
  return file;
}

async function verified(s: Scene, file: string): Promise<void> {
  const { status, stdout, stderr } = await s.run('--json', 'verify', file, '--address-book', 'none');
  expect(status, `${stdout}${stderr}`).toBe(0);
}

/** Event ids and types that were told while an import ran: from its start to its end. */
function during(store: string, after: number) {
  const events = eventsOf(store, after);
  const [from, to] = ['import_started', 'import_completed'].map((type) =>
    events.findIndex((event) => event.type === type),
  ) as [number, number];
  return { from, to, within: events.slice(from, to), events };
}

describe('an import beside whoever follows another source', () => {
  it('lets messages, edits and reactions through while it runs, and both sources agree with the store', async () => {
    await using s = scene(place, 'both');
    const other = otherHistory('both');
    await s.sync().live();
    const position = lastEventOf(s.store);
    const importing = s.run('--json', 'import', other, '--address-book', 'none');
    let isOver = false;
    const ended = importing.finally(() => (isOver = true));
    const said: string[] = [];
    while (!isOver) {
      said.push(guidOf(await s.act({ act: 'say' })));
      await s.act({ act: 'edit' });
      await s.act({ act: 'react' });
      await setTimeout(PAUSE_MS);
    }
    const { status, stdout, stderr } = await ended;
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ bulk: false });
    const { within, from, to } = during(s.store, position);
    expect([from >= 0, to > from]).toEqual([true, true]);
    const told = said.filter((guid) => within.some((event) => event.type === 'messages_synced' && names(guid)(event)));
    expect(told.length, 'messages were told of in the midst of it').toBeGreaterThan(0);
    await agrees(s);
    await verified(s, other);
    using db = openStoreForReading(s.store);
    expect(db.value('PRAGMA integrity_check')).toBe('ok');
    expect(db.get('PRAGMA foreign_key_check')).toBeUndefined();
    expect(db.value('SELECT count(*) FROM sources')).toBe(2);
  });

  it('of that very source waits for no turns, and finds nothing new', async () => {
    await using s = scene(place, 'same');
    await s.sync().live();
    const guid = guidOf(await s.act({ act: 'say' }));
    const { status, stderr } = await s.run('--json', 'import', s.source, '--address-book', 'none');
    expect(status, stderr).toBe(0);
    const later = guidOf(await s.act({ act: 'say' }));
    await agrees(s);
    using db = openStoreForReading(s.store);
    expect(db.value('SELECT count(*) FROM sources')).toBe(1);
    expect(db.value('SELECT count(*) FROM messages WHERE guid IN (?, ?)', guid, later)).toBe(2);
  });

  it('is cut off by Ctrl-C, and goes on when it is asked for again', async () => {
    await using s = scene(place, 'cut');
    const other = otherHistory('cut');
    await s.sync().live();
    const child = place.start(['--db', s.store, 'import', other, '--address-book', 'none']);
    const closed = once(child, 'close') as Promise<[number | null]>;
    const heldOfOther = () => {
      using db = openStoreForReading(s.store);
      return db.value<number>('SELECT count(*) FROM messages WHERE source_id = 2') ?? 0;
    };
    while (heldOfOther() === 0) await setTimeout(5);
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(130);
    const held = heldOfOther();
    expect(eventsOf(s.store, 0).filter((event) => event.type === 'import_failed')).toMatchObject([
      { data: { code: 'CANCELLED' } },
    ]);
    const guid = guidOf(await s.act({ act: 'say' }));
    const again = await s.run('--json', 'import', other, '--address-book', 'none');
    expect(again.status, again.stderr).toBe(0);
    await agrees(s);
    await verified(s, other);
    expect(heldOfOther()).toBeGreaterThan(held);
    using db = openStoreForReading(s.store);
    expect(db.value('SELECT count(*) FROM messages WHERE guid = ?', guid)).toBe(1);
  });
});
