import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import { eventsOf, LIVE, lastEventOf, SyncProcess } from '../support/sync-process.ts';
import { Workplace } from './chatstats.ts';
import { agrees, guidOf, messageOf, names, type Scene, scene } from './sync-scene.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place[Symbol.dispose]());

describe('when the file', () => {
  let s: Scene;
  let sync: SyncProcess;
  let first: number;
  beforeAll(async () => {
    s = scene(place, 'replaced');
    sync = await s.sync().live();
    first = lastEventOf(s.store);
  });
  afterAll(async () => await s[Symbol.asyncDispose]());

  const restarts = (after: number) => eventsOf(s.store, after, ['source_restarted']);
  /** Which of the two it is depends on how many rows there are by then. */
  const reason = expect.stringMatching(/^(?:anchor_changed|rowid_went_back)$/);
  const goesOn = async () => {
    const said = await s.act({ act: 'say', text: 'goes on' });
    await sync.event('messages_synced', names(guidOf(said)));
    expect(messageOf(s.store, guidOf(said))).toMatchObject({ text: 'goes on', source_rowid: said.rowId });
  };

  it('vanishes and comes back, sync waits', async () => {
    const gone = await s.act({ act: 'vanish', hold: true });
    await sync.says('the database is not there');
    const from = sync.stderr.length;
    await s.act({ act: 'goOn', held: must(gone.held, 'it is held') });
    await goesOn();
    await sync.says(LIVE, from);
    expect(restarts(first)).toEqual([]);
    await agrees(s);
  });

  it('is no database for a moment, sync says so and waits', async () => {
    const gone = await s.act({ act: 'vanish', hold: true });
    await sync.says('the database is not there');
    writeFileSync(s.source, 'This is no database. '.repeat(1_000));
    const from = sync.stderr.length;
    await sync.says('is not an SQLite database', from);
    renameSync(s.source, `${s.source}.garbage`);
    await s.act({ act: 'goOn', held: must(gone.held, 'it is held') });
    await goesOn();
    expect(restarts(first)).toEqual([]);
  });

  it('is closed by its only writer, whose log goes and comes, nothing is lost', async () => {
    await s.act({ act: 'say', text: 'in the old log' });
    await s.act({ act: 'reopen' });
    await goesOn();
    await s.act({ act: 'checkpoint', mode: 'TRUNCATE' });
    await goesOn();
    expect(restarts(first)).toEqual([]);
  });

  it.each([false, true])('is replaced by its equal (vacuumed: %s), the numbering goes on', async (vacuum) => {
    await s.act({ act: 'replaceEqual', vacuum });
    await goesOn();
    expect(restarts(first)).toEqual([]);
    await agrees(s);
  });

  it('is renumbered, it is matched by guid', async () => {
    const after = lastEventOf(s.store);
    const from = sync.stderr.length;
    await s.act({ act: 'replaceRenumbered' });
    await sync.says('the database was replaced: matching it with the store', from);
    await sync.says(LIVE, from);
    await goesOn();
    expect(restarts(after)).toMatchObject([{ data: { reason } }]);
    await agrees(s);
  });

  it('is replaced by an older copy, what that lacks is marked, and its numbers are used again', async () => {
    await s.act({ act: 'takeCopy' });
    const lost = guidOf(await s.act({ act: 'say', text: 'not in the copy' }));
    await sync.event('messages_synced', names(lost));
    const after = lastEventOf(s.store);
    const from = sync.stderr.length;
    await s.act({ act: 'replaceOlder' });
    const meanwhile = guidOf(await s.act({ act: 'say', text: 'written while it was matched' }));
    await sync.says('the database was replaced: matching it with the store', from);
    await sync.says(LIVE, from);
    expect(messageOf(s.store, meanwhile)).toMatchObject({ text: 'written while it was matched' });
    await goesOn();
    expect(restarts(after)).toMatchObject([{ data: { reason } }]);
    expect(messageOf(s.store, lost)).toMatchObject({ text: 'not in the copy', deleted_at: expect.any(Number) });
    await agrees(s);
    expect((await sync.stop()).status).toBe(0);
  });

  it('is another by the time it starts again, it is matched then', async () => {
    const after = lastEventOf(s.store);
    await s.act({ act: 'replaceRenumbered' });
    const said = guidOf(await s.act({ act: 'say', text: 'while it was off' }));
    sync = await s.sync().live();
    expect(messageOf(s.store, said)).toMatchObject({ text: 'while it was off' });
    expect(restarts(after)).toMatchObject([{ data: { reason } }]);
    await goesOn();
    await agrees(s);
  });

  it('is damaged while it catches up, sync waits for one that is whole', async () => {
    const source = place.file('damaged.db');
    const store = place.file('damaged-store.db');
    place.history('damaged.db', { generation: 'macos-26', messages: 40_000 });
    copyFileSync(source, `${source}.whole`);
    expect((await new SyncProcess({ store, source, more: ['--once'] }).ended).status).toBe(0);
    const catching = new SyncProcess({ store, source });
    await catching.says('catching up');
    writeFileSync(source, 'This is no database. '.repeat(5_000));
    await catching.says('warning: ');
    expect(catching.stderr, 'the point was reached').not.toContain(LIVE);
    renameSync(`${source}.whole`, source);
    await catching.live();
    expect(catching.stderr).not.toContain('ENGINE_FAILED');
    expect((await catching.stop()).status).toBe(0);
  });
});
