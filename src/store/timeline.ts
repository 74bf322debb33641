import type { AttachmentState, MessageLine, ReactionKind } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { EXPORT_MESSAGES, EXPORT_MESSAGES_ORDER, TIMELINE_MESSAGES } from './export.sql.ts';
import { type MessageRow, messageLine } from './export.ts';
import { beginningOf, type Cursor, cursorText } from './pages.ts';

/** A message with what a timeline shows beside it. Reactions are those that hold. */
export type TimelineMessage = Omit<MessageLine, 'attachments'> & {
  id: number;
  cursor: string;
  chatId: number;
  senderName: string | null;
  senderId: number | null;
  reactions: TimelineReaction[];
  replyPreview: ReplyPreview | null;
  attachments: TimelineAttachment[];
  preview: unknown;
  ranges: unknown;
  event: unknown;
  subject: string | null;
  isScheduled: boolean;
};

export type TimelineReaction = {
  kind: ReactionKind;
  emoji: string | null;
  senderName: string | null;
  isFromMe: boolean;
  part: number | null;
};

export type TimelineAttachment = {
  guid: string;
  name: string | null;
  mimeType: string | null;
  bytes: number | null;
  state: AttachmentState;
  isSticker: boolean;
  url: string | null;
};

export type ReplyPreview = {
  guid: string;
  senderName: string | null;
  isFromMe: boolean;
  text: string | null;
  kind: string;
};

/** Which part of a timeline: the newest, what comes before or after a place, or what surrounds a message. */
export type TimelinePlace = { before: Cursor } | { after: Cursor } | { around: string } | null;

export type TimelinePage = { items: TimelineMessage[]; older: string | null; newer: string | null };

/**
 * A part of the timeline of one chat, or of several as if they were one; oldest first. Messages without a date come
 * before all others. Null when `around` names a message that is not in these chats. `read`: see `timelineMessages`.
 */
export function timelinePage(
  db: Database,
  chats: readonly number[],
  { place, limit }: { place: TimelinePlace; limit: number },
  read: (db: Database, ids: readonly number[]) => TimelineMessage[] = timelineMessages,
): TimelinePage | null {
  const found = placesAt(db, chats, place, limit);
  if (found === null) return null;
  const items = read(
    db,
    found.places.map(({ id }) => id),
  );
  const cursors = found.places.map(cursorText);
  return {
    items,
    older: found.hasOlder ? (cursors[0] ?? null) : null,
    newer: found.hasNewer ? (cursors.at(-1) ?? null) : null,
  };
}

type Places = { places: Cursor[]; hasOlder: boolean; hasNewer: boolean };

function placesAt(db: Database, chats: readonly number[], place: TimelinePlace, limit: number): Places | null {
  if (place === null) return olderThan(db, chats, null, limit);
  if ('before' in place) return olderThan(db, chats, place.before, limit);
  if ('after' in place) return newerThan(db, chats, place.after, limit);
  const middle = db.get<Cursor>(
    `SELECT id, sent_at AS at FROM messages WHERE guid = ? AND chat_id IN (SELECT value FROM json_each(?))`,
    place.around,
    JSON.stringify(chats),
  );
  if (middle === undefined) return null;
  const before = olderThan(db, chats, middle, Math.floor((limit - 1) / 2));
  const after = newerThan(db, chats, middle, Math.ceil((limit - 1) / 2));
  return {
    places: [...before.places, middle, ...after.places],
    hasOlder: before.hasOlder,
    hasNewer: after.hasNewer,
  };
}

function olderThan(db: Database, chats: readonly number[], than: Cursor | null, limit: number): Places {
  const found = chats.flatMap((chat) => olderInChat(db, chat, than, limit + 1)).sort(byPlace);
  const places = limit === 0 ? [] : found.slice(-limit);
  return { places, hasOlder: found.length > limit, hasNewer: than !== null };
}

function newerThan(db: Database, chats: readonly number[], than: Cursor, limit: number): Places {
  const found = chats.flatMap((chat) => newerInChat(db, chat, than, limit + 1)).sort(byPlace);
  return { places: found.slice(0, limit), hasOlder: true, hasNewer: found.length > limit };
}

const DATED = 'SELECT id, sent_at AS at FROM messages WHERE chat_id = ? AND sent_at IS NOT NULL';
const UNDATED = 'SELECT id, NULL AS at FROM messages WHERE chat_id = ? AND sent_at IS NULL';

/** NULL cannot be compared: what has a date and what has none are two ranges of one index. */
function olderInChat(db: Database, chat: number, than: Cursor | null, limit: number): Cursor[] {
  const dated =
    than === null
      ? db.all<Cursor>(`${DATED} ORDER BY sent_at DESC, id DESC LIMIT ?`, chat, limit)
      : than.at === null
        ? []
        : db.all<Cursor>(
            `${DATED} AND (sent_at, id) < (?, ?) ORDER BY sent_at DESC, id DESC LIMIT ?`,
            chat,
            than.at,
            than.id,
            limit,
          );
  if (dated.length === limit) return dated;
  const below = than !== null && than.at === null ? than.id : Number.MAX_SAFE_INTEGER;
  const undated = db.all<Cursor>(`${UNDATED} AND id < ? ORDER BY id DESC LIMIT ?`, chat, below, limit - dated.length);
  return [...dated, ...undated];
}

function newerInChat(db: Database, chat: number, than: Cursor, limit: number): Cursor[] {
  const undated =
    than.at === null ? db.all<Cursor>(`${UNDATED} AND id > ? ORDER BY id LIMIT ?`, chat, than.id, limit) : [];
  if (undated.length === limit) return undated;
  const dated =
    than.at === null
      ? db.all<Cursor>(`${DATED} ORDER BY sent_at, id LIMIT ?`, chat, limit - undated.length)
      : db.all<Cursor>(
          `${DATED} AND (sent_at, id) > (?, ?) ORDER BY sent_at, id LIMIT ?`,
          chat,
          than.at,
          than.id,
          limit,
        );
  return [...undated, ...dated];
}

function byPlace(a: Cursor, b: Cursor): number {
  return (a.at ?? Number.NEGATIVE_INFINITY) - (b.at ?? Number.NEGATIVE_INFINITY) || a.id - b.id;
}

/** Messages by guid, in the order of time; those that are not there are left out. */
export function messagesByGuid(db: Database, guids: readonly string[]): TimelineMessage[] {
  const places = db.all<Cursor>(
    'SELECT id, sent_at AS at FROM messages WHERE guid IN (SELECT value FROM json_each(?))',
    JSON.stringify(guids),
  );
  return timelineMessages(
    db,
    places.sort(byPlace).map(({ id }) => id),
  );
}

type TimelineRow = MessageRow & {
  id: number;
  chatId: number;
  senderId: number | null;
  senderName: string | null;
  preview: string | null;
  ranges: string | null;
  event: string | null;
  subject: string | null;
  isScheduled: number;
};

/** The messages of these ids, in this order: one statement for each kind of what stands beside them. */
export function timelineMessages(db: Database, ids: readonly number[]): TimelineMessage[] {
  const rows = new Map<number, TimelineRow>();
  const found = db.all<TimelineRow>(
    `${TIMELINE_MESSAGES} WHERE m.id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids),
  );
  for (const row of found) rows.set(row.id, row);
  const reactions = reactionsTo(
    db,
    found.map(({ guid }) => guid),
  );
  const attachments = attachmentsOf(
    db,
    found.filter((row) => row.attachments !== '[]').map(({ id }) => id),
  );
  const replies = previewsOf(
    db,
    found.flatMap(({ replyTo }) => (replyTo === null ? [] : [replyTo])),
  );
  const messages: TimelineMessage[] = [];
  for (const id of ids) {
    const row = rows.get(id);
    if (row === undefined) continue;
    messages.push({
      ...messageLine(row),
      id,
      cursor: cursorText({ id, at: row.sentAt }),
      chatId: row.chatId,
      senderName: row.senderName,
      senderId: row.senderId,
      reactions: reactions.get(row.guid) ?? [],
      replyPreview: row.replyTo === null ? null : (replies.get(row.replyTo) ?? null),
      attachments: attachments.get(id) ?? [],
      preview: parsed(row.preview),
      ranges: parsed(row.ranges),
      event: parsed(row.event),
      subject: row.subject,
      isScheduled: row.isScheduled !== 0,
    });
  }
  return messages;
}

function reactionsTo(db: Database, guids: readonly string[]): Map<string, TimelineReaction[]> {
  const rows = db.all<Omit<TimelineReaction, 'isFromMe'> & { target: string; isFromMe: number }>(
    `SELECT r.target_guid AS target, r.kind, r.emoji, p.name AS senderName, r.is_from_me AS isFromMe, r.part
     FROM reactions r LEFT JOIN handles h ON h.id = r.handle_id
       LEFT JOIN contacts p ON p.id = coalesce(r.sender_id, h.contact_id)
     WHERE r.target_guid IN (SELECT value FROM json_each(?)) AND r.is_removal = 0 AND r.removed_at IS NULL
     ORDER BY r.reacted_at, r.id`,
    JSON.stringify(guids),
  );
  return grouped(rows, ({ target, kind, emoji, senderName, part, isFromMe }) => [
    target,
    { kind, emoji, senderName, part, isFromMe: isFromMe !== 0 },
  ]);
}

function attachmentsOf(db: Database, ids: readonly number[]): Map<number, TimelineAttachment[]> {
  if (ids.length === 0) return new Map();
  const rows = db.all<Omit<TimelineAttachment, 'isSticker' | 'url'> & { message: number; isSticker: number }>(
    `SELECT ma.message_id AS message, a.guid, a.name, a.mime_type AS mimeType, a.bytes, a.state,
       a.is_sticker AS isSticker
     FROM message_attachments ma JOIN attachments a ON a.id = ma.attachment_id
     WHERE ma.message_id IN (SELECT value FROM json_each(?)) ORDER BY ma.message_id, ma.position`,
    JSON.stringify(ids),
  );
  return grouped(rows, ({ message, guid, name, mimeType, bytes, state, isSticker }) => [
    message,
    {
      ...{ guid, name, mimeType, bytes, state },
      isSticker: isSticker !== 0,
      url: state === 'present' ? `/api/attachments/${encodeURIComponent(guid)}` : null,
    },
  ]);
}

function previewsOf(db: Database, guids: readonly string[]): Map<string, ReplyPreview> {
  if (guids.length === 0) return new Map();
  const rows = db.all<Omit<ReplyPreview, 'isFromMe'> & { isFromMe: number }>(
    `SELECT m.guid, p.name AS senderName, m.is_from_me AS isFromMe, m.text, m.kind
     FROM messages m LEFT JOIN handles h ON h.id = m.handle_id
       LEFT JOIN contacts p ON p.id = coalesce(m.sender_id, h.contact_id)
     WHERE m.guid IN (SELECT value FROM json_each(?))`,
    JSON.stringify(guids),
  );
  return new Map(
    rows.map((row) => [row.guid, { ...row, isFromMe: row.isFromMe !== 0, text: beginningOf(row.text) }] as const),
  );
}

function grouped<Row, Key, Value>(rows: readonly Row[], split: (row: Row) => [Key, Value]): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const row of rows) {
    const [key, value] = split(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

/** What the store keeps as JSON; what is none is not repeated. */
function parsed(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

/** Messages as export writes them: those of these guids, and those that have attachments of these guids. */
export function messageLinesByGuid(db: Database, guids: readonly string[]): MessageLine[] {
  return db
    .all<MessageRow>(
      `${EXPORT_MESSAGES} WHERE m.id IN (
         SELECT id FROM messages WHERE guid IN (SELECT value FROM json_each(?1))
         UNION SELECT ma.message_id FROM attachments a JOIN message_attachments ma ON ma.attachment_id = a.id
           WHERE a.guid IN (SELECT value FROM json_each(?1)))
       ${EXPORT_MESSAGES_ORDER}`,
      JSON.stringify(guids),
    )
    .map(messageLine);
}

/** The chats of the messages that have these attachments. */
export function chatsOfAttachments(db: Database, guids: readonly string[]): number[] {
  return db
    .all<{ id: number }>(
      `SELECT DISTINCT m.chat_id AS id FROM attachments a JOIN message_attachments ma ON ma.attachment_id = a.id
         JOIN messages m ON m.id = ma.message_id
       WHERE a.guid IN (SELECT value FROM json_each(?))`,
      JSON.stringify(guids),
    )
    .map(({ id }) => id);
}
