import { describe, expect, it } from 'vitest';
import { KeptItems, StoreReader } from '../../src/api/index.ts';
import { fixedClock } from '../../src/kernel/index.ts';
import { appendEvents } from '../../src/outbox/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { type ChatItem, chatList, openStoreForWriting } from '../../src/store/index.ts';
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
  return {
    ...store,
    clock,
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
