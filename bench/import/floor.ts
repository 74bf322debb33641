/**
 * The floor under an import: SQLite alone, in one process. Plain INSERT … SELECT of the same columns into the same
 * tables, a slice of each body standing in for its text so that as many bytes are written, the same indexes built
 * last, no journal, one fsync. Nothing is decoded and nothing decided.
 *
 * Usage: node bench/import/floor.ts SOURCE STORE CONVERSATIONS
 */
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { foreignUri, openScratch } from '../../src/sqlite/index.ts';
import { INDEXES, TABLES } from '../../src/store/index.ts';

const [source = '', store = '', conversations = '0'] = process.argv.slice(2);

/** Bytes around the text of a plain body; what is left of a body is about as long as its text. */
const BODY_HEAD = 105;
const BODY_OVERHEAD = 250;
const text = `coalesce(CAST(substr(m.attributedBody, ${BODY_HEAD}, max(2, length(m.attributedBody) - ${BODY_OVERHEAD})) AS TEXT), m.text)`;
const ms = (column: string) => `${column} / 1000000 + 978307200000`;

rmSync(store, { force: true });
const db = openScratch(store);
db.exec('PRAGMA cache_size = -65536');
for (const statement of TABLES) db.exec(statement);
db.attach(foreignUri(source), 'apple');
db.exec(`BEGIN;
  INSERT INTO messages (id, guid, chat_id, sender_id, handle_id, conversation_id, kind, text, sent_at, is_from_me, service,
    delivered_at, read_at, played_at, edited_at, unsent_at, unsent_parts, deleted_at, reply_to, reply_part, effect, app,
    preview, ranges, subject, event, is_scheduled, historical, source_id, source_rowid)
  SELECT m.ROWID, m.guid, m.handle_id, m.handle_id, m.handle_id, m.ROWID / 13, 'text', ${text}, ${ms('m.date')}, m.is_from_me,
    m.service, ${ms('m.date_delivered')}, ${ms('m.date_read')}, ${ms('m.date_played')}, NULL, NULL, NULL, NULL,
    m.thread_originator_guid, m.thread_originator_part, m.expressive_send_style_id, m.balloon_bundle_id,
    CASE WHEN m.payload_data IS NOT NULL THEN hex(substr(m.payload_data, 1, 60)) END, NULL, m.subject, NULL, 0, 0, 1, m.ROWID
  FROM apple.message m WHERE m.associated_message_type = 0;
  INSERT INTO reactions (id, guid, target_guid, part, kind, emoji, is_removal, sender_id, handle_id, is_from_me, reacted_at,
    source_id, source_rowid)
  SELECT m.ROWID, m.guid, coalesce(m.associated_message_guid, ''), 0, 'loved', m.associated_message_emoji, 0, m.handle_id, m.handle_id,
    m.is_from_me, ${ms('m.date')}, 1, m.ROWID
  FROM apple.message m WHERE m.associated_message_type <> 0;
  INSERT INTO attachments (id, guid, message_guid, name, mime_type, uti, bytes, path, state, is_sticker, is_hidden, created_at,
    source_id, source_rowid)
  SELECT a.ROWID, a.guid, a.guid, a.transfer_name, a.mime_type, a.uti, a.total_bytes, a.filename, 'present', a.is_sticker,
    a.hide_attachment, a.created_date, 1, a.ROWID FROM apple.attachment a WHERE a.guid IS NOT NULL;
  INSERT OR IGNORE INTO message_attachments (message_id, position, attachment_id)
  SELECT message_id, 0, attachment_id FROM apple.message_attachment_join;
  INSERT INTO chats (id, identifier, kind, name, source_id) SELECT c.ROWID, c.guid, 'direct', c.display_name, 1 FROM apple.chat c;
  INSERT INTO handles (id, address, kind, contact_id) SELECT h.ROWID, h.id || h.service, 'phone', h.ROWID FROM apple.handle h;
  INSERT INTO conversations (id, chat_id, started_at, ended_at, message_count, first_message_id, initiator_id, state)
  SELECT m.ROWID, m.handle_id, ${ms('m.date')}, ${ms('m.date')}, 13, m.ROWID, m.handle_id, 'ready'
  FROM apple.message m WHERE m.date IS NOT NULL LIMIT ${Number(conversations)};
  COMMIT`);
db.detach('apple');
for (const statement of INDEXES) db.exec(statement);
db.close();
const handle = openSync(store, 'r+');
fsyncSync(handle);
closeSync(handle);
