import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { ContactLine } from '../../src/model/index.ts';
import { actions, type address, type BookPen, ChatMaker, openBookPen } from '../../src/simulator/index.ts';
import { exportLines, openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS } from './fixture.ts';
import { type Followed, followed } from './followed.ts';

type Who = ReturnType<typeof address>;

/** A store that follows Messages and an address book, in which Ann has a card, and Bob has none. */
export async function scene() {
  let pen: BookPen | null = null;
  let folder = '';
  const store = await followed({
    addressBook(inFolder) {
      folder = path.join(inFolder, 'AddressBook');
      mkdirSync(folder);
      pen = openBookPen(path.join(folder, 'AddressBook-v22.abcddb'), 'macos');
      pen.addCard({ uid: 'ANN', firstName: 'Ann', lastName: 'Archer', phones: ['(415) 555-0101'] });
      return folder;
    },
  });
  const book = pen as unknown as BookPen;
  return {
    store,
    book,
    folder,
    [Symbol.dispose]() {
      book.close();
      store.close();
    },
  };
}

export function contacts(store: Followed): ContactLine[] {
  using db = openStoreForReading(store.store);
  return [...exportLines(db, 'contacts')];
}

export const named = (store: Followed, name: string) => contacts(store).find((contact) => contact.name === name);

export function chatNames(store: Followed): (string | null)[] {
  using db = openStoreForReading(store.store);
  return [...exportLines(db, 'chats')].map(({ name }) => name);
}

/** The name of whoever wrote a message. */
export function senderOf(store: Followed, guid: string): string | null {
  using db = openStoreForReading(store.store);
  return db.value('SELECT c.name FROM messages m JOIN contacts c ON c.id = m.sender_id WHERE m.guid = ?', guid);
}

/** Somebody writes in a chat of their own, which is made when they write for the first time. */
export function stranger(store: Followed, who: Who, text = 'hello') {
  const { pen } = store;
  const known = chats.get(store) ?? new Map<string, actions.LiveChat>();
  chats.set(store, known);
  const make = () => new ChatMaker(pen.database, pen.random, pen.handles).direct(who, ['iMessage']).rows[0];
  const chat = known.get(who.id) ?? { ...make(), isGroup: false };
  known.set(who.id, chat);
  return actions.send(pen, chat, { from: who, atMs: NOW_MS, text });
}

const chats = new WeakMap<Followed, Map<string, actions.LiveChat>>();

export const say = (store: Followed, from: Who | 'me', chat = store.direct) =>
  actions.send(store.pen, chat, { from, atMs: NOW_MS, text: 'again' });
