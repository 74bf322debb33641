import { afterEach, describe, expect, it } from 'vitest';
import { retryQuarantine } from '../../src/pipeline/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { Database, SqliteError } from '../../src/sqlite/index.ts';
import { NOW_MS } from '../support/fixture.ts';
import { type Followed, followed } from '../support/followed.ts';
import { agrees, only, types } from '../support/followed-checks.ts';
import { ANN } from '../support/live-messages.ts';

afterEach(() => Database.watch(null));

/** From now on a statement of this beginning fails whenever something is so, as one does that breaks a constraint. */
function failWhen(beginning: string, isSo: () => boolean): void {
  let asking = false;
  Database.watch((sql) => {
    if (asking || !sql.includes(beginning)) return;
    asking = true;
    const fails = isSo();
    asking = false;
    if (fails) throw new SqliteError('constraint failed', 19, sql, null);
  });
}

/** From now on a statement that reads this row fails. */
function poison({ live }: Followed, rowid: number): void {
  const listed = () => live.db.value('SELECT 1 FROM temp.live_rows WHERE rowid_listed = ?', rowid);
  failWhen('INSERT INTO temp.staged_messages', () => listed() !== null);
}

describe('R18 one bad row', () => {
  it('never stops the rest: it is alone in quarantine, and comes when it is tried again', async () => {
    using store = await followed();
    const sent = Array.from({ length: 9 }, (_, at) =>
      actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS + at, text: `message ${at}` }),
    );
    const bad = sent[4] as actions.LiveMessage;
    poison(store, bad.rowId);
    const events = store.wake();
    expect(only(events, 'messages_synced').flatMap((event) => event.data.guids)).toEqual(
      sent.filter((message) => message !== bad).map((message) => message.guid),
    );
    expect(only(events, 'row_quarantined').map((event) => event.data)).toEqual([
      { quarantineId: 1, sourceId: 1, rowid: bad.rowId, reason: 'row_unreadable' },
    ]);
    expect(store.value('SELECT last_message_rowid FROM live_sync_state')).toBe(sent.at(-1)?.rowId);
    expect([...store.wake(), ...store.sweep()], 'it is not tried again and again').toEqual([]);
    store.restart();
    poison(store, bad.rowId);
    expect([...store.wake('catching-up'), ...store.sweep()]).toEqual([]);
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS + 20, text: 'life goes on' });
    expect(types(store.wake())).toEqual(['messages_synced', 'conversation_extended']);

    const stillBad = retryQuarantine(store.store, 'all', store.clock, store.follower);
    expect(stillBad).toMatchObject({ retried: 1, resolved: 0 });
    Database.watch(null);
    expect(retryQuarantine(store.store, 'all', store.clock, store.follower)).toMatchObject({ retried: 1, resolved: 1 });
    expect(store.message(bad.guid)).toMatchObject({ text: 'message 4' });
    await agrees(store);
  });

  it('that is in no chat for a day is given up on, told once, and still placed when its chat comes', async () => {
    using store = await followed();
    const orphan = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'orphan', join: false });
    expect(store.wake()).toEqual([]);
    expect(store.upkeep()).toEqual([]);
    (store.clock as { advance?: (ms: number) => void }).advance?.(25 * 60 * 60_000);
    expect(types(store.upkeep())).toEqual(['row_quarantined']);
    expect([...store.upkeep(), ...store.wake(), ...store.sweep()]).toEqual([]);
    actions.join(store.pen, orphan);
    expect(types(store.wake())).toContain('messages_synced');
    expect(store.value(`SELECT count(*) FROM quarantine WHERE state <> 'resolved'`)).toBe(0);
    await agrees(store);
  });

  it('that has vanished, and cannot be marked, stops nothing either, and is marked when it can be', async () => {
    using store = await followed();
    const say = (text: string) => actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text });
    const gone = [say('one'), say('two')];
    store.wake();
    for (const message of gone) actions.deleteForGood(store.pen, message);
    const next = say('next');
    failWhen('UPDATE messages SET deleted_at', () => true);
    store.wake();
    Database.watch(null);
    expect(store.message(next.guid)).toBeDefined();
    expect(store.value('SELECT count(*) FROM quarantine')).toBe(0);
    store.sweep();
    expect(gone.map(({ guid }) => store.message(guid)?.deleted_at)).toEqual([NOW_MS, NOW_MS]);
    await agrees(store);
  });

  it('of attachments costs no message its place', async () => {
    using store = await followed();
    const draft = { guid: 'at_0_bad', transfer_state: 0 } as Parameters<typeof actions.attach>[2];
    const attachments = [draft];
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: '\ufffc', attachments });
    store.wake();
    const rowId = Number(store.value('SELECT source_rowid FROM attachments'));
    actions.changeTransfer(store.pen, { rowId, guid: draft.guid }, { state: 5, filename: '~/bad.heic' });
    const next = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'next' });
    failWhen('UPDATE main.attachments', () => store.live.db.value('SELECT 1 FROM temp.diff_attachments') !== null);
    store.wake();
    Database.watch(null);
    expect(store.message(next.guid)).toBeDefined();
    expect(store.value('SELECT count(*) FROM quarantine')).toBe(0);
    store.sweep();
    expect(store.value('SELECT state FROM attachments')).toBe('present');
    await agrees(store);
  });
});
