import { isoTime } from '../kernel/index.ts';
import type { Transcript, TranscriptMessage, TranscriptPerson, TranscriptReaction } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { EXPORT_MESSAGES } from './export.sql.ts';
import { type MessageRow, messageLine } from './export.ts';

/** The order in which a conversation is read: messages without a date come first, as when it is split. */
const ORDER = 'ORDER BY m.sent_at IS NOT NULL, m.sent_at, m.id';

type Head = {
  id: number;
  chatId: number;
  chatKind: 'direct' | 'group';
  chatName: string | null;
  startedAt: number;
  endedAt: number;
};
type ReactionRow = {
  target: string;
  kind: TranscriptReaction['kind'];
  emoji: string | null;
  address: string | null;
  isFromMe: number;
  at: number | null;
};
type AttachmentRow = { message: string; name: string | null; mimeType: string | null; isSticker: number };

/** A conversation as passes read it; null when there is none of this id, or nothing is in it. */
export function transcriptOf(db: Database, id: number): Transcript | null {
  const head = db.get<Head>(
    `SELECT v.id, v.chat_id AS chatId, c.kind AS chatKind, c.name AS chatName, v.started_at AS startedAt,
       v.ended_at AS endedAt
     FROM conversations v JOIN chats c ON c.id = v.chat_id WHERE v.id = ?`,
    id,
  );
  const rows = db.all<MessageRow>(`${EXPORT_MESSAGES} WHERE m.conversation_id = ? ${ORDER}`, id);
  if (head === undefined || rows.length === 0) return null;
  const guids = JSON.stringify(rows.map(({ guid }) => guid));
  const reactions = reactionsTo(db, guids);
  const people = peopleOf(db, rows, reactions);
  const attachments = attachmentsOf(db, id, rows);
  const messages = rows.map((row): TranscriptMessage => {
    const line = messageLine(row);
    return {
      guid: line.guid,
      by: people.idOf(line.sender),
      at: line.sentAt,
      kind: line.kind,
      text: line.text,
      app: line.app,
      replyTo: line.replyTo,
      edits: line.edits,
      unsentAt: line.unsentAt,
      unsentParts: line.unsentParts,
      deletedAt: line.deletedAt,
      attachments: attachments.get(line.guid) ?? [],
      reactions: (reactions.get(line.guid) ?? []).map(({ kind, emoji, address, isFromMe, at }) => ({
        by: people.idOf(isFromMe === 0 ? address : 'me'),
        kind,
        emoji,
        at: isoTime(at),
      })),
    };
  });
  const { chatId, chatKind, chatName, startedAt, endedAt } = head;
  return {
    ...{ conversationId: id, chatId, chatKind, chatName, startedAt: isoTime(startedAt), endedAt: isoTime(endedAt) },
    people: people.list,
    messages,
  };
}

/** Those that hold. */
function reactionsTo(db: Database, guids: string): Map<string, ReactionRow[]> {
  const rows = db.all<ReactionRow>(
    `SELECT r.target_guid AS target, r.kind, r.emoji, h.address, r.is_from_me AS isFromMe, r.reacted_at AS at
     FROM reactions r LEFT JOIN handles h ON h.id = r.handle_id
     WHERE r.target_guid IN (SELECT value FROM json_each(?)) AND r.is_removal = 0 AND r.removed_at IS NULL
     ORDER BY r.reacted_at, r.id`,
    guids,
  );
  return Map.groupBy(rows, ({ target }) => target);
}

function attachmentsOf(db: Database, id: number, rows: readonly MessageRow[]) {
  // Most conversations have none.
  if (rows.every(({ attachments }) => attachments === '[]')) return new Map<string, TranscriptMessage['attachments']>();
  const found = db.all<AttachmentRow>(
    `SELECT m.guid AS message, a.name, a.mime_type AS mimeType, a.is_sticker AS isSticker
     FROM messages m CROSS JOIN message_attachments ma ON ma.message_id = m.id JOIN attachments a ON a.id = ma.attachment_id
     WHERE m.conversation_id = ? ORDER BY ma.message_id, ma.position`,
    id,
  );
  const groups = Map.groupBy(found, ({ message }) => message);
  return new Map(
    [...groups].map(([guid, group]) => [
      guid,
      group.map(({ name, mimeType, isSticker }) => ({ name, mimeType, isSticker: isSticker !== 0 })),
    ]),
  );
}

/** Whoever spoke or reacted. The addresses of one contact are one person, called by the first of them in the alphabet. */
function peopleOf(db: Database, rows: readonly MessageRow[], reactions: ReadonlyMap<string, ReactionRow[]>) {
  const addresses = new Set<string>();
  let isMeHere = false;
  const meet = (isFromMe: number | null, address: string | null) => {
    if (isFromMe !== null && isFromMe !== 0) isMeHere = true;
    else if (address !== null) addresses.add(address);
  };
  for (const { isFromMe, address } of rows) meet(isFromMe, address);
  for (const { isFromMe, address } of [...reactions.values()].flat()) meet(isFromMe, address);
  const known = db.all<{ address: string; contact: number; name: string | null }>(
    `SELECT h.address, h.contact_id AS contact, p.name FROM handles h JOIN contacts p ON p.id = h.contact_id
     WHERE h.address IN (SELECT value FROM json_each(?)) ORDER BY h.address`,
    JSON.stringify([...addresses]),
  );
  const list: TranscriptPerson[] = [...Map.groupBy(known, ({ contact }) => contact).values()].map((group) => ({
    id: group[0]?.address ?? '',
    name: group[0]?.name ?? null,
    addresses: group.map(({ address }) => address),
  }));
  list.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (isMeHere) list.unshift({ id: 'me', name: null, addresses: [] });
  const ids = new Map(list.flatMap(({ id, addresses: own }) => own.map((address) => [address, id] as const)));
  return {
    list,
    idOf: (sender: string | null) => (sender === 'me' ? sender : sender === null ? null : (ids.get(sender) ?? sender)),
  };
}
