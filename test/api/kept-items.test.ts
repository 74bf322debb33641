import { describe, expect, it } from 'vitest';
import { KeptItems, StoreReader } from '../../src/api/index.ts';
import { fixedClock, must } from '../../src/kernel/index.ts';
import { appendEvents } from '../../src/outbox/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { type ChatItem, chatList, openStoreForWriting, timelinePage } from '../../src/store/index.ts';
import { NOW_MS } from '../support/fixture.ts';
import { followed } from '../support/followed.ts';
import { ANN } from '../support/live-messages.ts';

const MINUTE = 60_000;

/** A store that follows, and its list of chats as the server keeps it. */
async function scene() {
  const clock = fixedClock(NOW_MS);
  const store = await followed({ clock });
  const reader = new StoreReader(store.store);
  const kept = new KeptItems();
  const chat = must(
    reader.read((db) => db.value<number>("SELECT id FROM chats WHERE kind = 'direct'")),
    'there is a direct chat',
  );
  const newest = { place: null, limit: 100 };
  return {
    ...store,
    clock,
    timeline: () => reader.read((db) => timelinePage(db, [chat], newest, kept.messages))?.items ?? [],
    list: () => reader.read((db) => chatList(db, { limit: 100, after: null, query: null, unified: false }, kept)).items,
    wake: () => store.wake(),
    seal: () => store.seal(),
    [Symbol.dispose]() {
      reader[Symbol.dispose]();
      store[Symbol.dispose]();
    },
  };
}

const only = (items: readonly ChatItem[]) => items.find(({ lastMessage }) => lastMessage !== null);

describe('the list of chats that the server keeps', () => {
  it('is what was read as long as nothing is told of a chat, and is read anew when something is', async () => {
    using store = await scene();
    const say = (text: string, ago: number) =>
      actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - ago * MINUTE, text });
    const first = say('first', 30);
    store.wake();
    const item = only(store.list());
    expect(item?.lastMessage?.text).toBe('first');
    expect(only(store.list()), 'the very same').toBe(item);

    actions.edit(store.pen, first, 'first, edited', NOW_MS - 20 * MINUTE);
    store.wake();
    expect(only(store.list())?.lastMessage?.text).toBe('first, edited');
    say('second', 10);
    store.wake();
    expect(only(store.list())).toMatchObject({ messageCount: 2, lastMessage: { text: 'second' } });
    actions.deleteForGood(store.pen, say('third', 5));
    store.wake();
    const fourth = say('fourth', 4);
    store.wake();
    actions.unsend(store.pen, fourth, NOW_MS - MINUTE);
    store.wake();
    expect(only(store.list())?.lastMessage?.unsentAt).not.toBeNull();
    expect(only(store.list())?.activeConversation).not.toBeNull();
    store.clock.advance(200 * MINUTE);
    store.seal();
    expect(only(store.list())?.activeConversation).toBeNull();
  });

  it('reads anew of a timeline what an event names, and what replies to it', async () => {
    using store = await scene();
    const say = (text: string, ago: number, fields = {}) =>
      actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - ago * MINUTE, text, fields });
    const asked = say('where?', 30);
    const other = say('a word', 25);
    store.wake();
    const before = new Map(store.timeline().map((message) => [message.text, message]));
    say('here', 20, { thread_originator_guid: asked.guid, thread_originator_part: '0:0:6' });
    store.wake();
    const after = new Map(store.timeline().map((message) => [message.text, message]));
    expect([...after.keys()]).toEqual(['where?', 'a word', 'here']);
    expect(after.get('a word'), 'nothing was told of it').toBe(before.get('a word'));
    expect(after.get('here')?.replyPreview?.text).toBe('where?');

    actions.edit(store.pen, asked, 'where to?', NOW_MS - 15 * MINUTE);
    actions.react(store.pen, other, { code: 2000, from: ANN, atMs: NOW_MS - 14 * MINUTE });
    store.wake();
    const [first, second, third] = store.timeline();
    expect(first?.text).toBe('where to?');
    expect(second?.reactions).toMatchObject([{ kind: 'loved' }]);
    expect(third?.replyPreview?.text).toBe('where to?');
  });

  it('keeps nothing while an import goes on, which tells of its end alone', async () => {
    using store = await scene();
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'said' });
    store.wake();
    store.list();
    using writer = openStoreForWriting(store.store);
    const tell = (type: 'import_started' | 'import_failed') => {
      const data = type === 'import_started' ? { sourceId: 1, bulk: false } : { code: 'CANCELLED' as const };
      writer.transaction(() => appendEvents(writer, NOW_MS, [{ type, chatId: null, data } as never]));
    };
    const rename = (name: string) => writer.run('UPDATE chats SET name = ?', name);
    tell('import_started');
    store.list();
    rename('while it goes on');
    expect(only(store.list())?.name).toBe('while it goes on');
    tell('import_failed');
    expect(only(store.list())?.name).toBe('while it goes on');
    rename('behind our back');
    expect(only(store.list())?.name, 'nobody has told of it').toBe('while it goes on');
  });

  it('is read anew when more has happened than is looked through', async () => {
    using store = await scene();
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text: 'said' });
    store.wake();
    store.list();
    using writer = openStoreForWriting(store.store);
    writer.transaction(() => {
      writer.run(`UPDATE chats SET name = 'other'`);
      const nothing = { type: 'import_progress' as const, chatId: null, data: { stage: 'merge', done: 0, total: 0 } };
      appendEvents(
        writer,
        NOW_MS,
        Array.from({ length: 501 }, () => nothing),
      );
    });
    expect(only(store.list())?.name).toBe('other');
  });
});
