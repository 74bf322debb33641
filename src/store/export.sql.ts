import { PERSON_OF_CHAT } from './same-person.sql.ts';

/** The rows behind `chatstats export`, oldest first. Lists come as JSON; times as Unix milliseconds. */
const MESSAGE_COLUMNS = `
  m.guid, c.identifier AS chat, m.conversation_id AS conversationId, m.kind, h.address AS address,
    m.is_from_me AS isFromMe, m.service, m.sent_at AS sentAt, m.delivered_at AS deliveredAt, m.read_at AS readAt, m.text,
    m.edited_at AS editedAt, m.unsent_at AS unsentAt, m.unsent_parts AS unsentParts, m.deleted_at AS deletedAt,
    m.reply_to AS replyTo, m.effect, m.app, m.historical,
    (SELECT json_group_array(json_array(e.edited_at, e.text) ORDER BY e.position)
       FROM message_edits e WHERE e.message_id = m.id) AS edits,
    (SELECT json_group_array(a.guid ORDER BY ma.position)
       FROM message_attachments ma JOIN attachments a ON a.id = ma.attachment_id
       WHERE ma.message_id = m.id) AS attachments`;

const MESSAGE_TABLES = 'messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN handles h ON h.id = m.handle_id';

export const EXPORT_MESSAGES = `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGE_TABLES}`;

/** With what a timeline shows beside it, and who said it by the contact that the address stands for today. */
export const TIMELINE_MESSAGES = `
  SELECT ${MESSAGE_COLUMNS}, m.id, m.chat_id AS chatId, p.id AS senderId, p.name AS senderName, m.preview, m.ranges,
    m.event, m.subject, m.is_scheduled AS isScheduled
  FROM ${MESSAGE_TABLES} LEFT JOIN contacts p ON p.id = coalesce(m.sender_id, h.contact_id)`;

export const EXPORT_MESSAGES_ORDER = 'ORDER BY m.sent_at, m.id';

export const EXPORT_REACTIONS = `
  SELECT r.guid, r.target_guid AS target, r.part, r.kind, r.emoji, h.address AS address, r.is_from_me AS isFromMe,
    r.reacted_at AS reactedAt, r.removed_at AS removedAt
  FROM reactions r LEFT JOIN handles h ON h.id = r.handle_id
  WHERE r.is_removal = 0 ORDER BY r.reacted_at, r.id`;

export const EXPORT_ATTACHMENTS = `
  SELECT guid, message_guid AS message, name, mime_type AS mimeType, uti, bytes, path, state, is_sticker AS isSticker
  FROM attachments ORDER BY created_at, id`;

export const EXPORT_CHATS = `
  SELECT c.identifier, c.kind, c.name, c.services, c.created_at AS createdAt, c.last_message_at AS lastMessageAt,
    c.message_count AS messageCount,
    (SELECT json_group_array(h.address ORDER BY h.address)
       FROM chat_participants p JOIN handles h ON h.id = p.handle_id WHERE p.chat_id = c.id) AS participants
  FROM chats c ORDER BY c.created_at, c.id`;

/** The same, with whom a direct chat is with. */
export const UNIFIED_CHATS = EXPORT_CHATS.replace('SELECT ', `SELECT ${PERSON_OF_CHAT} AS person, `);

export const EXPORT_CONTACTS = `
  SELECT c.id, c.name, c.is_me AS isMe, c.origin,
    (SELECT json_group_array(i.value ORDER BY i.position)
       FROM contact_identifiers i WHERE i.contact_id = c.id) AS identifiers
  FROM contacts c ORDER BY c.id`;

export const EXPORT_CONVERSATIONS = `
  SELECT v.id, c.identifier AS chat, v.started_at AS startedAt, v.ended_at AS endedAt,
    v.message_count AS messageCount, m.is_from_me AS isFromMe, h.address AS address, v.state,
    v.sealed_at AS sealedAt, v.revision
  FROM conversations v JOIN chats c ON c.id = v.chat_id
    LEFT JOIN messages m ON m.id = v.first_message_id LEFT JOIN handles h ON h.id = m.handle_id
  ORDER BY v.started_at, v.id`;

export const EXPORT_EVENTS = `
  SELECT id, type, at, chat_id AS chatId, data FROM events ORDER BY id`;
