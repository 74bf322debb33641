import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMessagesDatabase, type MessagesDatabase } from '../database.ts';
import { newAttachmentRow, newMessageRow } from '../rows.ts';
import { GENERATIONS, type Generation } from './generations.ts';
import { columnsOf } from './tables.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'simulator-schema-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function create(generation: Generation): MessagesDatabase {
  return createMessagesDatabase(path.join(folder, 'chat.db'), generation);
}

function addChat(database: MessagesDatabase, roomName: string | null): number {
  return database.insertChat({
    ROWID: null,
    guid: `iMessage;+;${roomName ?? 'direct'}`,
    style: 43,
    state: 3,
    account_id: null,
    properties: null,
    chat_identifier: roomName ?? 'direct',
    service_name: 'iMessage',
    room_name: roomName,
    account_login: null,
    is_archived: 0,
    last_addressed_handle: null,
    display_name: null,
    group_id: null,
    is_filtered: 0,
    successful_query: 1,
    original_group_id: null,
    last_read_message_timestamp: 0,
    is_blackholed: 0,
  });
}

function addHandle(database: MessagesDatabase): number {
  const row = { country: null, uncanonicalized_id: null, person_centric_id: null };
  return database.insertHandle({ ROWID: null, id: '+14155550101', service: 'iMessage', ...row });
}

function count(database: MessagesDatabase, table: string): number {
  return database.db.value<number>(`SELECT count(*) FROM ${table}`) ?? 0;
}

const NAMES = (generation: Generation, table: string) => columnsOf(table, generation)?.map((c) => c.name) ?? [];

describe('the shape of each generation', () => {
  test.each<[Generation, number, number, number, number]>([
    ['macos-10.11', 8, 51, 0, 2],
    ['ios-12', 14, 68, 23, 14],
    ['macos-10.15', 14, 67, 23, 14],
    ['ios-14', 14, 74, 23, 14],
    ['macos-12', 14, 75, 27, 16],
    ['macos-13', 17, 79, 27, 17],
    ['macos-14', 17, 85, 27, 17],
    ['macos-15.0', 18, 91, 32, 17],
    ['macos-15', 18, 92, 33, 17],
    ['macos-15-migrated', 18, 95, 33, 17],
    ['macos-26', 23, 95, 53, 27],
    ['macos-27', 23, 103, 53, 27],
  ])('%s has %i tables, %i columns of message, %i indexes and %i triggers', (generation, ...expected) => {
    using database = create(generation);
    const objects = (type: string) =>
      database.db.value<number>(
        "SELECT count(*) FROM sqlite_master WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
        type,
      );
    const columns = database.db.all('PRAGMA table_info(message)').length;
    expect([objects('table'), columns, objects('index'), objects('trigger')]).toEqual(expected);
  });

  test('columns of a migrated database stand in another order and have other types', () => {
    const fresh = NAMES('macos-15', 'message');
    const migrated = NAMES('macos-15-migrated', 'message').filter((name) => !name.startsWith('sr_'));
    expect(migrated).not.toEqual(fresh);
    expect([...migrated].sort()).toEqual([...fresh].sort());
    const guid = columnsOf('message', 'macos-15-migrated')?.find((c) => c.name === 'associated_message_guid');
    expect(guid?.definition).toBe('STRING DEFAULT NULL');
  });

  test('each generation has every column of message that the one before it had', () => {
    const line: Generation[] = ['macos-12', 'macos-13', 'macos-14', 'macos-15.0', 'macos-15', 'macos-26', 'macos-27'];
    for (const [index, generation] of line.slice(1).entries()) {
      const before = NAMES(line[index] ?? generation, 'message');
      expect(NAMES(generation, 'message')).toEqual(expect.arrayContaining(before));
    }
  });
});

describe.each(GENERATIONS.filter((generation) => generation !== 'macos-10.11'))('triggers of %s', (generation) => {
  test('joining a chat names its room on the message, joining an attachment marks it', () => {
    using database = create(generation);
    const chat = addChat(database, 'chat123');
    const message = database.insertMessage({ ...newMessageRow('A'), date: 5 });
    database.joinMessage(chat, message, 5);
    database.joinAttachment(message, database.insertAttachment(newAttachmentRow('at_0_A')));
    const row = database.db.get('SELECT cache_roomnames, cache_has_attachments FROM message');
    expect(row).toMatchObject({ cache_roomnames: 'chat123', cache_has_attachments: 1 });
  });

  test('a message that is in no chat any more goes, with its handle, and its guid is noted', () => {
    using database = create(generation);
    const chat = addChat(database, null);
    const message = database.insertMessage({ ...newMessageRow('A'), date: 5, handle_id: addHandle(database) });
    database.joinMessage(chat, message, 5);
    database.db.run('DELETE FROM chat_message_join');
    expect([count(database, 'message'), count(database, 'handle')]).toEqual([0, 0]);
    expect(database.db.value('SELECT guid FROM deleted_messages')).toBe('A');
  });

  test('an attachment goes with its last join', () => {
    using database = create(generation);
    const message = database.insertMessage(newMessageRow('A'));
    database.joinAttachment(message, database.insertAttachment(newAttachmentRow('at_0_A')));
    database.db.run('DELETE FROM message_attachment_join');
    expect(count(database, 'attachment')).toBe(0);
    expect(database.db.value('SELECT guid FROM sync_deleted_attachments')).toBe('at_0_A');
  });

  test('a changed date follows into the join', () => {
    using database = create(generation);
    const message = database.insertMessage({ ...newMessageRow('A'), date: 5 });
    database.joinMessage(addChat(database, null), message, 5);
    database.updateMessage(message, { date: 9 });
    expect(database.db.value('SELECT message_date FROM chat_message_join')).toBe(9);
  });
});

test('from 13 on, a recently deleted message outlives its chat join', () => {
  using database = create('macos-13');
  const chat = addChat(database, null);
  const message = database.insertMessage({ ...newMessageRow('A'), date: 5 });
  database.joinMessage(chat, message, 5);
  database.addRecoverable(chat, message, 6);
  database.db.run('DELETE FROM chat_message_join');
  expect(count(database, 'message')).toBe(1);
});

test('from 26 on, joins fill chat_service and count what Spotlight owes', () => {
  using database = create('macos-26');
  const chat = addChat(database, null);
  const message = database.insertMessage({ ...newMessageRow('A'), service: 'RCS', date: 5 });
  database.joinMessage(chat, message, 5, 0);
  expect(database.db.all('SELECT service, chat FROM chat_service')).toEqual([{ service: 'RCS', chat }]);
  expect(database.db.value('SELECT pending_count FROM index_state_metrics')).toBe(1);
});

test('a database is left in WAL mode, with a -wal only when asked', async () => {
  const { existsSync, statSync } = await import('node:fs');
  for (const keepWal of [false, true]) {
    const file = path.join(folder, `${keepWal}.db`);
    const database = createMessagesDatabase(file, 'macos-15');
    database.insertMessage(newMessageRow('A'));
    database.close({ keepWal });
    expect(existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 32).toBe(keepWal);
  }
});
