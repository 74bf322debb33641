import { FACTS, type Generation } from './generations.ts';

/**
 * What the database does by itself. Some triggers call functions that only Apple's process registers; a writer has to
 * register stand-ins of its own (`APPLE_FUNCTIONS`) before it deletes or, from 26 on, before it makes a chat.
 */
type TriggerFacts = { name: string; since: number; until?: number; when: string; body: string };

/** SQL functions that the triggers call, with the value a stand-in returns. */
export const APPLE_FUNCTIONS: Record<string, number | null> = {
  before_delete_attachment_path: null,
  delete_attachment_path: null,
  after_delete_message_plugin: null,
  verify_chat: 1,
  guid_for_chat: null,
  is_mic_enabled: 1,
  delete_chat_background_before_deleting_chat: null,
};

const unused = (table: string, column: string): string =>
  `(SELECT 1 FROM ${table} WHERE ${column} = OLD.handle_id LIMIT 1) IS NULL`;

const DELETE_UNUSED_HANDLE =
  `DELETE FROM handle WHERE handle.ROWID = OLD.handle_id AND ${unused('chat_handle_join', 'handle_id')} ` +
  `AND ${unused('message', 'handle_id')} AND ${unused('message', 'other_handle')};`;

const roomNames = (row: 'NEW' | 'OLD'): string =>
  'UPDATE message SET cache_roomnames = ( SELECT group_concat(c.room_name) FROM chat c ' +
  `INNER JOIN chat_message_join j ON c.ROWID = j.chat_id WHERE j.message_id = ${row}.message_id ) ` +
  `WHERE message.ROWID = ${row}.message_id;`;

const notIn = (table: string): string =>
  `OLD.message_id NOT IN (SELECT ${table}.message_id FROM ${table} WHERE ${table}.message_id = OLD.message_id LIMIT 1)`;

const DELETE_LOST_MESSAGE = `DELETE FROM message WHERE message.ROWID = OLD.message_id AND ${notIn('chat_message_join')}`;
const DELETE_UNRECOVERABLE = `${roomNames('OLD')} ${DELETE_LOST_MESSAGE} AND ${notIn('chat_recoverable_message_join')};`;

const log = (table: string, columns: string, values: string): string =>
  `INSERT INTO ${table} (${columns}) VALUES (${values});`;

/** One counter of the Spotlight bookkeeping: its column and the index_state that it counts. */
const COUNTERS: readonly (readonly [string, number])[] = [
  ['pending_count', 0],
  ['donated_count', 1],
  ['redonation_count', 3],
];

const metrics = (term: (state: number) => string): string =>
  `UPDATE index_state_metrics SET ${COUNTERS.map(([c, state]) => `${c} = ${c} ${term(state)}`).join(', ')} WHERE id = 1;`;

const isState = (row: 'NEW' | 'OLD', state: number): string =>
  `CASE WHEN ${row}.index_state = ${state} THEN 1 ELSE 0 END`;

const TRIGGERS: readonly TriggerFacts[] = [
  {
    name: 'before_delete_on_attachment',
    since: 0,
    when: 'BEFORE DELETE ON attachment',
    body: 'SELECT before_delete_attachment_path(OLD.ROWID, OLD.guid);',
  },
  {
    name: 'after_delete_on_attachment',
    since: 0,
    when: 'AFTER DELETE ON attachment',
    body: 'SELECT delete_attachment_path(OLD.filename);',
  },
  {
    name: 'add_to_deleted_messages',
    since: 1,
    when: 'AFTER DELETE ON message',
    body: log('deleted_messages', 'guid', 'OLD.guid'),
  },
  {
    name: 'add_to_sync_deleted_messages',
    since: 1,
    when: 'AFTER DELETE ON message',
    body: log('sync_deleted_messages', 'guid, recordID', 'OLD.guid, OLD.ck_record_id'),
  },
  {
    name: 'add_to_sync_deleted_attachments',
    since: 1,
    when: 'AFTER DELETE ON attachment',
    body: log('sync_deleted_attachments', 'guid, recordID', 'OLD.guid, OLD.ck_record_id'),
  },
  {
    name: 'after_delete_on_chat',
    since: 1,
    when: 'AFTER DELETE ON chat',
    body: 'DELETE FROM chat_message_join WHERE chat_id = OLD.ROWID;',
  },
  {
    name: 'after_delete_on_chat_handle_join',
    since: 1,
    when: 'AFTER DELETE ON chat_handle_join',
    body: DELETE_UNUSED_HANDLE,
  },
  { name: 'after_delete_on_message', since: 1, when: 'AFTER DELETE ON message', body: DELETE_UNUSED_HANDLE },
  {
    name: 'after_delete_on_chat_message_join',
    since: 1,
    until: 3,
    when: 'AFTER DELETE ON chat_message_join',
    body: `${roomNames('OLD')} ${DELETE_LOST_MESSAGE};`,
  },
  {
    name: 'after_delete_on_chat_message_join',
    since: 4,
    when: 'AFTER DELETE ON chat_message_join',
    body: DELETE_UNRECOVERABLE,
  },
  {
    name: 'after_delete_on_chat_recoverable_message_join',
    since: 4,
    when: 'AFTER DELETE ON chat_recoverable_message_join',
    body: DELETE_UNRECOVERABLE,
  },
  {
    name: 'after_delete_on_message_attachment_join',
    since: 1,
    when: 'AFTER DELETE ON message_attachment_join',
    body:
      'DELETE FROM attachment WHERE attachment.ROWID = OLD.attachment_id AND ' +
      '(SELECT 1 FROM message_attachment_join WHERE attachment_id = OLD.attachment_id LIMIT 1) IS NULL;',
  },
  {
    name: 'after_insert_on_chat_message_join',
    since: 1,
    when: 'AFTER INSERT ON chat_message_join',
    body: roomNames('NEW'),
  },
  {
    name: 'after_insert_on_message_attachment_join',
    since: 1,
    when: 'AFTER INSERT ON message_attachment_join',
    body: 'UPDATE message SET cache_has_attachments = 1 WHERE message.ROWID = NEW.message_id;',
  },
  {
    // As Apple wrote it: guid is compared with a NULL, so it deletes nothing and tapbacks stay behind as orphans.
    name: 'delete_associated_messages_after_delete_on_message',
    since: 1,
    when: 'AFTER DELETE ON message',
    body:
      'DELETE FROM message WHERE (OLD.associated_message_guid IS NULL AND associated_message_guid IS NOT NULL ' +
      'AND guid = OLD.associated_message_guid);',
  },
  {
    name: 'update_message_date_after_update_on_message',
    since: 1,
    when: 'AFTER UPDATE OF date ON message',
    body:
      'UPDATE chat_message_join SET message_date = NEW.date ' +
      'WHERE message_id = NEW.ROWID AND message_date != NEW.date;',
  },
  {
    name: 'after_delete_on_message_plugin',
    since: 3,
    when: 'AFTER DELETE ON message WHEN OLD.balloon_bundle_id IS NOT NULL',
    body: 'SELECT after_delete_message_plugin(OLD.ROWID, OLD.guid);',
  },
  {
    name: 'update_last_failed_message_date',
    since: 3,
    when:
      'AFTER UPDATE OF error ON message WHEN NEW.error != 0 AND NEW.date > ' +
      "COALESCE((SELECT value FROM kvtable WHERE key = 'lastFailedMessageDate'), 0)",
    body:
      "INSERT OR REPLACE INTO kvtable (key, value) VALUES ('lastFailedMessageDate', NEW.date); " +
      "INSERT OR REPLACE INTO kvtable (key, value) VALUES ('lastFailedMessageRowID', NEW.rowID);",
  },
  {
    name: 'chat_service_on_insert_chat_message_join',
    since: 8,
    when: 'AFTER INSERT ON chat_message_join',
    body:
      'INSERT INTO chat_service (service, chat) SELECT m.service, NEW.chat_id FROM message m ' +
      'WHERE m.rowid = NEW.message_id ON CONFLICT (service, chat) DO NOTHING;',
  },
  {
    name: 'index_metrics_insert_propagation',
    since: 8,
    when: 'AFTER INSERT ON chat_message_join WHEN NEW.index_state != 2',
    body: metrics((state) => `+ ${isState('NEW', state)}`),
  },
  {
    name: 'index_metrics_delete_propagation',
    since: 8,
    when: 'AFTER DELETE ON chat_message_join WHEN OLD.index_state != 2',
    body: metrics((state) => `- ${isState('OLD', state)}`),
  },
  {
    name: 'index_metrics_update_propagation',
    since: 8,
    when: 'AFTER UPDATE OF index_state ON chat_message_join',
    body: metrics((state) => `+ COALESCE(${isState('NEW', state)}, 0) - COALESCE(${isState('OLD', state)}, 0)`),
  },
  {
    name: 'message_index_state_clear',
    since: 8,
    when: 'AFTER DELETE ON chat_message_join WHEN OLD.index_state = 1 OR OLD.index_state = 3',
    body: 'UPDATE message SET index_state = 0 WHERE message.rowid = OLD.message_id;',
  },
  {
    name: 'message_index_state_propagation',
    since: 8,
    when: 'AFTER UPDATE OF index_state ON message',
    body: 'UPDATE chat_message_join SET index_state = NEW.index_state WHERE message_id = NEW.rowid;',
  },
  {
    name: 'before_delete_chat_update_sync_chat_deletes',
    since: 8,
    when: 'BEFORE DELETE ON chat WHEN is_mic_enabled() = 1',
    body:
      'INSERT INTO sync_deleted_chats (guid, recordID, timestamp) ' +
      'SELECT guid_for_chat(OLD.chat_identifier, scl.service_name, OLD.style), scl.ck_record_id, m.date ' +
      'FROM sync_chat_slice scl INNER JOIN message m ON m.rowid = ( SELECT m.rowid FROM chat_recoverable_message_join crmj ' +
      'INNER JOIN message m ON m.rowid = crmj.message_id WHERE chat_id = scl.chat ORDER BY m.date DESC LIMIT 1 ) ' +
      'WHERE OLD.rowid = scl.chat AND scl.ck_record_id IS NOT NULL;',
  },
  {
    name: 'before_deleting_chat_delete_chat_background_trigger',
    since: 8,
    when: 'BEFORE DELETE ON chat',
    body: 'SELECT delete_chat_background_before_deleting_chat(OLD.guid, OLD.properties);',
  },
  { name: 'verify_chat_insert', since: 8, when: 'BEFORE INSERT ON chat', body: 'SELECT verify_chat(NEW.guid);' },
  {
    name: 'verify_chat_update',
    since: 8,
    when: 'BEFORE UPDATE OF guid ON chat',
    body: 'SELECT verify_chat(NEW.guid);',
  },
];

/** CREATE TRIGGER statements of one generation. */
export function createTriggers(generation: Generation): string[] {
  const { level } = FACTS[generation];
  return TRIGGERS.filter((t) => t.since <= level && level <= (t.until ?? Number.POSITIVE_INFINITY)).map(
    (t) => `CREATE TRIGGER ${t.name} ${t.when} BEGIN ${t.body} END`,
  );
}
