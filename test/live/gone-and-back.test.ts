import { describe, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { conversationIds } from '../support/canonical-store.ts';
import { NOW_MS } from '../support/fixture.ts';
import { type Followed, followed } from '../support/followed.ts';
import { agrees, only, types } from '../support/followed-checks.ts';
import { ANN } from '../support/live-messages.ts';

const MINUTE = 60_000;

describe('R15 a deletion', () => {
  const say = (store: Followed, text: string, minutesAgo: number) =>
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - minutesAgo * MINUTE, text });

  it('for good marks the message, which keeps its place', async () => {
    using store = await followed();
    const [first, bridge, last] = [say(store, 'first', 160), say(store, 'bridge', 80), say(store, 'last', 1)];
    store.wake();
    const before = conversationIds(store.store);
    actions.deleteForGood(store.pen, bridge);
    const events = store.wake();
    expect(types(events)).toEqual(['message_deleted']);
    expect(events[0]?.data).toEqual({ guids: [bridge.guid], removed: false });
    expect(store.message(bridge.guid)).toMatchObject({ text: 'bridge', deleted_at: NOW_MS });
    expect(conversationIds(store.store)).toEqual(before);
    expect(before.get(first.guid)).toBe(before.get(last.guid));
    await agrees(store);
  });

  it('that takes it out of its chat and leaves its row is one, as for an import', async () => {
    using store = await followed();
    const orphan = say(store, 'orphan', 5);
    store.wake();
    // A trigger takes the row along; an older copy that is put back may hold one that is not in its chat yet.
    const { db } = store.pen.database;
    const triggers = db.all<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'chat_message_join' AND sql LIKE '%DELETE ON%'`,
    );
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    store.restart();
    db.run('DELETE FROM chat_message_join WHERE message_id = ?', orphan.rowId);
    expect(types(store.wake())).toEqual(['message_deleted']);
    await agrees(store);
    actions.join(store.pen, orphan);
    expect(types(store.wake())).toEqual(['message_updated']);
    expect(store.message(orphan.guid)).toMatchObject({ deleted_at: null });
    await agrees(store);
  });

  it('that Apple forgot to note is found by the sweep', async () => {
    using store = await followed();
    const gone = say(store, 'gone', 5);
    say(store, 'there', 4);
    store.wake();
    for (let at = 0; at < 2_100; at += 1) say(store, `${at}`, 3);
    store.wake();
    actions.deleteForGood(store.pen, gone);
    store.pen.database.db.exec('DELETE FROM deleted_messages; DELETE FROM sync_deleted_messages');
    store.pen.database.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(store.wake()).toEqual([]);
    expect(types(store.sweep())).toEqual(['message_deleted']);
    await agrees(store);
  });

  it('to "Recently Deleted" is undone by restoring it, and completed when it is purged', async () => {
    using store = await followed();
    const [one, two] = [say(store, 'one', 5), say(store, 'two', 4)];
    store.wake();
    actions.deleteRecently(store.pen, one, NOW_MS);
    actions.deleteRecently(store.pen, two, NOW_MS);
    expect(only(store.wake(), 'message_deleted')[0]?.data.guids).toEqual([one.guid, two.guid]);
    actions.restore(store.pen, one);
    expect(only(store.wake(), 'message_updated')[0]?.data).toEqual({ guids: [one.guid], changed: ['deletedAt'] });
    actions.deleteForGood(store.pen, two);
    expect(store.wake()).toEqual([]);
    expect([store.message(one.guid)?.deleted_at, store.message(two.guid)?.deleted_at]).toEqual([null, NOW_MS]);
    await agrees(store);
  });

  it('with --mirror-deletes leaves the store, and its conversation is split anew', async () => {
    using store = await followed({ mirrorDeletes: true });
    const [first, bridge, last] = [say(store, 'first', 160), say(store, 'bridge', 80), say(store, 'last', 1)];
    store.wake();
    actions.deleteForGood(store.pen, bridge);
    const events = store.wake();
    expect(types(events)).toEqual(['message_deleted', 'conversation_amended', 'conversation_started']);
    expect(store.message(bridge.guid)).toBeUndefined();
    const now = conversationIds(store.store);
    expect(now.get(first.guid)).not.toBe(now.get(last.guid));
    actions.deleteRecently(store.pen, last, NOW_MS);
    expect(types(store.wake())).toEqual(['message_deleted', 'conversation_removed']);
    expect([...store.wake(), ...store.sweep()]).toEqual([]);
    store.restart();
    expect([...store.wake('catching-up'), ...store.sweep()], 'nor is it told again at the next start').toEqual([]);
    actions.restore(store.pen, last);
    expect(types(store.wake())).toEqual(['messages_synced', 'conversation_started']);
    await agrees(store);
  });
});

describe('R17 a twin: landed again under a new guid', () => {
  const land = (store: Followed, text: string) =>
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 900 * MINUTE, text });

  it('is folded into the old one when its row is gone, in either order, and over a restart', async () => {
    using store = await followed();
    const old = land(store, 'again');
    store.wake();
    actions.deleteForGood(store.pen, old);
    const twin = land(store, 'again');
    const events = store.wake();
    expect(types(events)).not.toContain('messages_synced');
    expect(store.message(twin.guid)).toBeUndefined();
    expect(store.message(old.guid)).toMatchObject({ deleted_at: null, source_rowid: twin.rowId });
    const third = land(store, 'again');
    store.wake();
    expect(store.message(third.guid), 'two that both exist are two').toBeDefined();
    actions.deleteForGood(store.pen, twin);
    store.wake();
    expect(store.message(third.guid)).toBeUndefined();
    expect(store.message(old.guid)).toMatchObject({ deleted_at: null, source_rowid: third.rowId });
    store.restart();
    expect([...store.wake('catching-up'), ...store.sweep()]).toEqual([]);
    await agrees(store);
  });
});
