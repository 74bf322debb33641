import { describe, expect, it } from 'vitest';
import { actions, address, encodeAttributedBody } from '../../src/simulator/index.ts';
import { canonicalStore, conversationIds } from '../support/canonical-store.ts';
import { NOW_MS } from '../support/fixture.ts';
import { type Followed, followed } from '../support/followed.ts';
import { agrees, only, types } from '../support/followed-checks.ts';
import { ANN, BOB } from '../support/live-messages.ts';

const MINUTE = 60_000;

describe('a new message', () => {
  it('is there with its conversation, position and events, and only once', async () => {
    using store = await followed();
    const message = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'hello' });
    const events = store.wake();
    expect(types(events)).toEqual(['messages_synced', 'conversation_started']);
    expect(events[0]?.data).toEqual({ guids: [message.guid], historical: 0 });
    expect(store.message(message.guid)).toMatchObject({ text: 'hello', historical: 0 });
    expect(store.value('SELECT last_message_rowid FROM live_sync_state')).toBe(message.rowId);
    expect(store.wake()).toEqual([]);
    expect(store.sweep()).toEqual([]);
    store.restart();
    expect([...store.wake('catching-up'), ...store.sweep()]).toEqual([]);
    await agrees(store);
  });

  it('L4 in a group or from a person nobody knew makes chat and placeholder first', async () => {
    using store = await followed();
    const stranger = address('+14155550155');
    const { ChatMaker } = await import('../../src/simulator/index.ts');
    const maker = new ChatMaker(store.pen.database, store.pen.random, store.pen.handles);
    const chat = maker.group([ANN, stranger], 'iMessage', 'New');
    const message = actions.send(
      store.pen,
      { ...chat.rows[0], isGroup: true },
      { from: stranger, atMs: NOW_MS, text: 'hi' },
    );
    const events = store.wake();
    expect(types(events)).toEqual(['contact_created', 'chat_created', 'messages_synced', 'conversation_started']);
    const row = store.message(message.guid);
    expect(store.value(`SELECT identifier FROM chats WHERE id = ${row?.chat_id}`)).toBe(chat.identifier);
    await agrees(store);
  });

  it('in the same minute extends the conversation, with one event for a whole batch', async () => {
    using store = await followed();
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 5 * MINUTE, text: 'one' });
    store.wake();
    for (let at = 0; at < 5; at += 1) {
      actions.send(store.pen, store.direct, { from: 'me', atMs: NOW_MS - 4 * MINUTE + at, text: `more ${at}` });
    }
    const events = store.wake();
    expect(types(events)).toEqual(['messages_synced', 'conversation_extended']);
    expect(only(events, 'messages_synced')[0]?.data.guids).toHaveLength(5);
    expect(only(events, 'conversation_extended')[0]?.data).toMatchObject({ messageCount: 6 });
    await agrees(store);
  });

  it.each([null, 0, 1])(
    'L23 whose date is lost, or becomes another, stands where a fresh import has it (%s)',
    async (date) => {
      using store = await followed();
      const [first, , last] = [90, 50, 10].map((ago) =>
        actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - ago * MINUTE, text: `${ago} minutes ago` }),
      );
      store.wake();
      store.pen.database.db.run('UPDATE message SET date = ? WHERE ROWID = ?', date, last?.rowId ?? 0);
      const events = store.wake();
      expect(only(events, 'message_updated')[0]?.data).toEqual({ guids: [last?.guid], changed: ['sentAt'] });
      expect(store.message(last?.guid ?? '')?.conversation_id).not.toBe(
        store.message(first?.guid ?? '')?.conversation_id,
      );
      await agrees(store);
    },
  );

  it('R17 that is old takes its place in time and is flagged historical, but not while catching up', async () => {
    using store = await followed();
    const now = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'now' });
    store.wake();
    const old = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 5_000 * MINUTE, text: 'old' });
    const [synced] = only(store.wake(), 'messages_synced');
    expect(synced?.data).toEqual({ guids: [old.guid], historical: 1 });
    expect(store.message(old.guid)).toMatchObject({ historical: 1 });
    expect(store.message(old.guid)?.conversation_id).not.toBe(store.message(now.guid)?.conversation_id);
    const missed = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 4_000 * MINUTE, text: 'missed' });
    store.restart();
    expect(only(store.wake('catching-up'), 'messages_synced')[0]?.data).toEqual({
      guids: [missed.guid],
      historical: 0,
    });
    await agrees(store);
  });
});

describe('L1 a message whose chat comes later', () => {
  it('is held over a restart, and placed when the join comes', async () => {
    using store = await followed();
    const message = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'late', join: false });
    expect(store.wake()).toEqual([]);
    expect(store.value('SELECT state FROM quarantine')).toBe('held');
    store.restart();
    expect(store.wake('catching-up')).toEqual([]);
    actions.join(store.pen, message);
    expect(types(store.wake())).toEqual(['messages_synced', 'conversation_started']);
    expect(store.value('SELECT count(*) FROM quarantine'), 'nothing is left of it').toBe(0);
    await agrees(store);
  });

  it('is found however many came after it', async () => {
    using store = await followed();
    const message = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'late', join: false });
    store.wake();
    store.pen.database.db.exec('BEGIN');
    for (let at = 0; at < 2_500; at += 1) {
      actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS + at, text: `${at}` });
    }
    store.pen.database.db.exec('COMMIT');
    store.wake();
    actions.join(store.pen, message);
    expect(only(store.wake(), 'messages_synced')[0]?.data.guids).toEqual([message.guid]);
    await agrees(store);
  });
});

describe('L7 a change to a message', () => {
  it.each([
    ['edited', (s: Followed, m: actions.LiveMessage) => actions.edit(s.pen, m, 'better', NOW_MS), ['editedAt', 'text']],
    ['unsent', (s: Followed, m: actions.LiveMessage) => actions.unsend(s.pen, m, NOW_MS), ['unsentAt']],
    ['read', (s: Followed, m: actions.LiveMessage) => actions.receipt(s.pen, m, 'read', NOW_MS), ['readAt']],
    [
      'delivered',
      (s: Followed, m: actions.LiveMessage) => actions.receipt(s.pen, m, 'delivered', NOW_MS),
      ['deliveredAt'],
    ],
  ])('%s is told with what changed', async (_what, change, fields) => {
    using store = await followed();
    const message = actions.send(store.pen, store.direct, { from: 'me', atMs: NOW_MS - MINUTE, text: 'first' });
    store.wake();
    change(store, message);
    const events = store.wake();
    expect(types(events)).toEqual(['message_updated']);
    const [updated] = only(events, 'message_updated');
    expect(updated?.data.guids).toEqual([message.guid]);
    expect([...(updated?.data.changed ?? [])].sort()).toEqual(expect.arrayContaining(fields));
    await agrees(store);
  });

  it('keeps the text of what was unsent, and every version of what was edited', async () => {
    using store = await followed();
    const unsent = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'regret' });
    const edited = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'one' });
    store.wake();
    actions.unsend(store.pen, unsent, NOW_MS);
    actions.edit(store.pen, edited, 'two', NOW_MS);
    actions.edit(store.pen, edited, 'three', NOW_MS + 1_000);
    store.wake();
    expect(store.message(unsent.guid)).toMatchObject({ text: 'regret', unsent_at: NOW_MS });
    expect(store.value(`SELECT group_concat(text ORDER BY position) FROM message_edits`)).toBe('one,two,three');
    await agrees(store);
  });

  it('of any age is seen at once by the log, and found by the sweep where the log was begun anew', async () => {
    using store = await followed();
    const first = actions.send(store.pen, store.direct, { from: 'me', atMs: NOW_MS - 9_000 * MINUTE, text: 'first' });
    store.pen.database.db.exec('BEGIN');
    for (let at = 0; at < 4_500; at += 1) {
      actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 8_000 * MINUTE + at, text: `${at}` });
    }
    store.pen.database.db.exec('COMMIT');
    store.wake();
    actions.receipt(store.pen, first, 'read', NOW_MS);
    expect(types(store.wake())).toEqual(['message_updated']);
    actions.edit(store.pen, first, 'years later', NOW_MS);
    store.pen.database.db.exec('PRAGMA wal_checkpoint(RESTART)');
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'overwrites the log' });
    expect(types(store.wake())).toEqual(['messages_synced', 'conversation_started']);
    expect(types(store.sweep())).toEqual(['message_updated']);
    expect(store.message(first.guid)).toMatchObject({ text: 'years later' });
    await agrees(store);
  });

  it('wants no sweep where nothing was committed, though the log is empty', async () => {
    using store = await followed();
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'before' });
    store.wake();
    store.pen.database.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    store.wake();
    store.sweep();
    expect(store.follower.mayHaveMissed).toBe(false);
    store.wake();
    expect(store.follower.mayHaveMissed).toBe(false);
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'after' });
    store.wake();
    expect(store.follower.mayHaveMissed, 'all of a log is read that was begun since').toBe(false);
    await agrees(store);
  });

  it('L70 that says nothing new is no event', async () => {
    using store = await followed();
    const message = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'see https://example.com' });
    store.wake();
    store.pen.database.db.run('UPDATE message SET index_state = 1 WHERE ROWID = ?', message.rowId);
    expect(store.wake()).toEqual([]);
    const rewritten = encodeAttributedBody('see https://example.com', undefined, { mutable: false });
    store.pen.database.updateMessage(message.rowId, { attributedBody: rewritten, has_dd_results: 1 });
    expect(store.wake()).toEqual([]);
    await agrees(store);
  });

  it('a body that is filled in later is taken over', async () => {
    using store = await followed();
    const fields = { text: null, attributedBody: null };
    const message = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: 'x', fields });
    store.wake();
    expect(store.message(message.guid)).toMatchObject({ text: null });
    store.pen.database.updateMessage(message.rowId, { text: 'here it is' });
    expect(only(store.wake(), 'message_updated')[0]?.data.changed).toContain('text');
    expect(store.message(message.guid)).toMatchObject({ text: 'here it is' });
    await agrees(store);
  });

  it('of its date moves it to another conversation', async () => {
    using store = await followed();
    const stays = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 500 * MINUTE, text: 'stays' });
    const moves = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - 499 * MINUTE, text: 'moves' });
    store.wake();
    store.pen.database.updateMessage(moves.rowId, { date: store.pen.database.date(NOW_MS - MINUTE) });
    const events = store.wake();
    expect(types(events)).toEqual(['message_updated', 'conversation_amended', 'conversation_started']);
    expect(conversationIds(store.store).get(stays.guid)).not.toBe(conversationIds(store.store).get(moves.guid));
    await agrees(store);
  });
});

describe('reactions', () => {
  it('L71 are told when they come, change and go, also before their target', async () => {
    using store = await followed();
    const target = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'fun' });
    store.wake();
    const loved = actions.react(store.pen, target, { from: 'me', code: 2000, atMs: NOW_MS });
    const [added] = only(store.wake(), 'reaction_added');
    expect(added?.data).toEqual({ guid: loved.guid, target: target.guid, part: 0, kind: 'loved' });
    const liked = actions.react(store.pen, target, { from: 'me', code: 2001, atMs: NOW_MS + 1, replaces: loved });
    expect(types(store.wake())).toEqual(['reaction_removed', 'reaction_added']);
    actions.unreact(store.pen, liked, 'me', NOW_MS + 2);
    expect(types(store.wake())).toEqual(['reaction_removed']);
    const unknown = { ...target, guid: 'not-here-yet', rowId: -1 };
    actions.react(store.pen, unknown, { from: ANN, code: 2003, atMs: NOW_MS + 3 });
    expect(types(store.wake())).toEqual(['reaction_added']);
    expect(store.wake()).toEqual([]);
    await agrees(store);
  });
});

describe('attachments', () => {
  it('arrive in stages: the row, the join, the file', async () => {
    using store = await followed();
    const message = actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS, text: '\ufffc' });
    store.wake();
    const file = { guid: 'at_0_file', transfer_name: 'IMG.HEIC', transfer_state: 0 };
    const attachment = actions.attach(store.pen, message, file);
    expect(types(store.wake())).toEqual(['message_updated', 'attachment_updated']);
    expect(store.value(`SELECT state FROM attachments`)).toBe('pending');
    actions.changeTransfer(store.pen, attachment, { state: 5, filename: '~/IMG.HEIC', bytes: 12 });
    const [updated] = only(store.wake(), 'attachment_updated');
    expect(updated?.data).toEqual({ guids: ['at_0_file'], changed: expect.arrayContaining(['state', 'path']) });
    actions.attach(store.pen, message, { guid: 'at_1_second', transfer_state: 5, filename: '~/b' });
    expect(types(store.wake())).toEqual(['message_updated', 'attachment_updated']);
    await agrees(store);
  });
});

describe('a group', () => {
  it('is renamed, joined and left', async () => {
    using store = await followed();
    actions.send(store.pen, store.group, { from: ANN, atMs: NOW_MS - MINUTE, text: 'hi all' });
    store.wake();
    actions.rename(store.pen, store.group, 'Better name', ANN, NOW_MS);
    const renamed = store.wake();
    expect(only(renamed, 'chat_updated')[0]?.data.changed).toEqual(['name']);
    expect(types(renamed)).toEqual(['chat_updated', 'messages_synced']);
    actions.addMember(store.pen, store.group, address('+14155550199'), ANN, NOW_MS + 1);
    expect(only(store.wake(), 'chat_updated')[0]?.data.changed).toEqual(['participants']);
    actions.leave(store.pen, store.group, BOB, NOW_MS + 2);
    expect(only(store.wake(), 'chat_updated')[0]?.data.changed).toEqual(['participants']);
    await agrees(store);
  });
});

describe('sealing', () => {
  it('R24 happens when the silence has lasted, also after any time off, and a late message amends', async () => {
    using store = await followed();
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'last words' });
    store.wake();
    expect(store.seal()).toEqual([]);
    (store.clock as ReturnType<typeof import('../../src/kernel/index.ts').fixedClock>).advance(89 * MINUTE);
    expect(types(store.seal())).toEqual(['conversation_sealed', 'conversation_ready_for_analysis']);
    expect(store.seal()).toEqual([]);
    actions.send(store.pen, store.direct, { from: 'me', atMs: NOW_MS + 10 * MINUTE, text: 'late reply' });
    expect(types(store.wake())).toEqual(['messages_synced', 'conversation_amended']);
    await agrees(store);
  });
});

it('P8 equals a fresh import after all of it', async () => {
  using store = await followed();
  const { runImport } = await import('../support/fixture.ts');
  const sent = Array.from({ length: 40 }, (_, at) =>
    actions.send(store.pen, at % 3 === 0 ? store.group : store.direct, {
      from: at % 2 === 0 ? ANN : 'me',
      atMs: NOW_MS - ((at * 7919) % 4_000) * MINUTE,
      text: `message ${at}`,
    }),
  );
  store.wake('catching-up');
  for (const [at, message] of sent.entries()) if (at % 5 === 0) actions.edit(store.pen, message, `edit ${at}`, NOW_MS);
  store.wake();
  store.seal();
  const fresh = `${store.folder}/fresh.db`;
  await runImport({ source: store.source, store: fresh }, { clock: store.clock });
  expect(canonicalStore(store.store)).toEqual(canonicalStore(fresh));
});

it('R16 notices that an upgrade has changed the tables', async () => {
  using store = await followed();
  store.wake();
  store.pen.database.db.exec('ALTER TABLE message ADD COLUMN filter_action INTEGER DEFAULT 0');
  expect(store.follower.step('live')).toEqual({ kind: 'restart', reason: 'schema_changed' });
});
