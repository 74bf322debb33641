import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as actions from './actions.ts';
import { createMessagesDatabase } from './database.ts';
import { ChatMaker } from './history/chats.ts';
import { address, Handles, makeOwner } from './history/handles.ts';
import { Random } from './random.ts';
import type { Generation } from './schema/generations.ts';

const START_MS = Date.UTC(2026, 5, 1);
const ANN = address('+14155550101');
const BOB = address('+14155550102');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'simulator-actions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(generation: Generation) {
  const database = createMessagesDatabase(path.join(folder, `${generation}.db`), generation);
  const random = new Random(1);
  const handles = new Handles(database, random, makeOwner(random));
  const pen: actions.Pen = { database, random, handles };
  const chat = new ChatMaker(database, random, handles).group([ANN, BOB], 'iMessage', 'Group');
  const [record] = chat.rows;
  const live: actions.LiveChat = { ...record, isGroup: true };
  const row = (rowId: number) => {
    const editedMs = database.has('message', 'date_edited') ? 'date_edited / 1000000 + 978307200000' : 'NULL';
    return database.db.get(`SELECT guid, text, is_empty, ${editedMs} AS editedMs FROM message WHERE ROWID = ?`, rowId);
  };
  const guids = (table: string) => database.db.all<{ guid: string }>(`SELECT guid FROM ${table}`).map((r) => r.guid);
  return { database, pen, chat: live, row, guids };
}

describe.each<Generation>(['macos-13', 'macos-15-migrated', 'macos-26', 'macos-27', 'ios-17'])(
  'on %s',
  (generation) => {
    test('an edited message keeps its row and tells its versions', () => {
      const { pen, chat, row } = open(generation);
      const message = actions.send(pen, chat, { from: 'me', atMs: START_MS, text: 'one' });
      actions.edit(pen, message, 'two', START_MS + 5_000);
      expect(row(message.rowId)).toMatchObject({ guid: message.guid, editedMs: START_MS + 5_000 });
      expect(message.versions.map((version) => version.text)).toEqual(['one', 'two']);
      pen.database.close();
    });

    test('an unsent message loses its text and its attachments, and stays', () => {
      const { pen, chat, row, guids } = open(generation);
      const attachments = [{ guid: 'file' }];
      const message = actions.send(pen, chat, { from: 'me', atMs: START_MS, text: 'one', attachments });
      expect(guids('attachment')).toEqual(['file']);
      actions.unsend(pen, message, START_MS + 5_000);
      const isOld = pen.database.facts.level < 6;
      expect(row(message.rowId)).toMatchObject({ text: null, is_empty: isOld ? 0 : 1 });
      expect(guids('attachment')).toEqual([]);
      pen.database.close();
    });

    test('a changed reaction is a new row, a removed one a removing row', () => {
      const { database, pen, chat } = open(generation);
      const message = actions.send(pen, chat, { from: 'me', atMs: START_MS, text: 'one' });
      const loved = actions.react(pen, message, { from: ANN, code: 2000, atMs: START_MS + 1_000 });
      const liked = actions.react(pen, message, { from: ANN, code: 2001, atMs: START_MS + 2_000, replaces: loved });
      const removal = actions.unreact(pen, liked, ANN, START_MS + 3_000);
      const codes = database.db.all('SELECT ROWID AS id, associated_message_type AS code FROM message WHERE ROWID > 1');
      expect(codes).toEqual([{ id: removal.rowId, code: 3001 }]);
      expect(removal.rowId).toBeGreaterThan(liked.rowId);
      database.close();
    });

    test('a recently deleted message can be restored, one deleted for good is noted', () => {
      const { database, pen, chat, guids } = open(generation);
      const message = actions.send(pen, chat, { from: ANN, atMs: START_MS, text: 'one' });
      actions.deleteRecently(pen, message, START_MS + 1_000);
      expect(database.db.value('SELECT count(*) FROM chat_message_join')).toBe(0);
      expect(guids('message')).toEqual([message.guid]);
      actions.restore(pen, message);
      expect(database.db.value('SELECT count(*) FROM chat_recoverable_message_join')).toBe(0);
      actions.deleteForGood(pen, message);
      expect(guids('message')).toEqual([]);
      expect(guids('deleted_messages')).toEqual([message.guid]);
      database.close();
    });
  },
);

test('people come and go, groups get names, and each leaves an event', () => {
  const { database, pen, chat } = open('macos-12');
  actions.rename(pen, chat, 'New', 'me', START_MS);
  actions.addMember(pen, chat, address('+14155550103'), ANN, START_MS + 1_000);
  actions.leave(pen, chat, BOB, START_MS + 2_000);
  const events = database.db.all('SELECT item_type AS item, group_action_type AS action FROM message ORDER BY ROWID');
  expect(events).toEqual([
    { item: 2, action: 0 },
    { item: 1, action: 0 },
    { item: 3, action: 0 },
  ]);
  expect(database.db.value('SELECT display_name FROM chat')).toBe('New');
  expect(database.db.value('SELECT count(*) FROM chat_handle_join')).toBe(2);
  database.close();
});

test('a message can be there before it is in its chat, and a file before it has come', () => {
  const { database, pen, chat } = open('macos-26');
  const message = actions.send(pen, chat, { from: ANN, atMs: START_MS, text: 'soon', join: false });
  expect(database.db.value('SELECT count(*) FROM chat_message_join')).toBe(0);
  actions.join(pen, message);
  expect(database.db.value('SELECT cache_roomnames FROM message')).toBe(chat.identifier);
  const file = actions.attach(pen, message, { guid: 'file' });
  actions.changeTransfer(pen, file, { state: 5, filename: '~/x.jpeg', bytes: 12 });
  actions.receipt(pen, message, 'read', START_MS + 9_000);
  const row = database.db.get('SELECT transfer_state, filename, total_bytes FROM attachment');
  expect(row).toEqual({ transfer_state: 5, filename: '~/x.jpeg', total_bytes: 12 });
  expect(database.db.value('SELECT is_read FROM message')).toBe(1);
  database.close();
});
