import { isoTime } from '../kernel/index.ts';
import type { ConversationState } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Cursor, cursorText } from './pages.ts';
import { storedGapMs } from './settings.ts';

/** A conversation as export writes it, with names. `sealsAt`: when an active one will be sealed; else null. */
export type ConversationItem = {
  id: number;
  chat: string;
  chatId: number;
  startedAt: string | null;
  endedAt: string | null;
  messageCount: number;
  initiator: string | null;
  initiatorName: string | null;
  state: ConversationState;
  sealedAt: string | null;
  revision: number;
  sealsAt: string | null;
};

export type ConversationDetail = ConversationItem & {
  firstMessage: string | null;
  lastMessage: string | null;
  people: { contactId: number | null; name: string | null; isFromMe: boolean; messages: number }[];
};

type Row = {
  id: number;
  chat: string;
  chatId: number;
  startedAt: number;
  endedAt: number;
  messageCount: number;
  isFromMe: number | null;
  address: string | null;
  initiatorName: string | null;
  state: ConversationState;
  sealedAt: number | null;
  revision: number;
};

const CONVERSATIONS = `
  SELECT v.id, c.identifier AS chat, v.chat_id AS chatId, v.started_at AS startedAt, v.ended_at AS endedAt,
    v.message_count AS messageCount, m.is_from_me AS isFromMe, h.address, p.name AS initiatorName, v.state,
    v.sealed_at AS sealedAt, v.revision
  FROM conversations v JOIN chats c ON c.id = v.chat_id
    LEFT JOIN messages m ON m.id = v.first_message_id LEFT JOIN handles h ON h.id = m.handle_id
    LEFT JOIN contacts p ON p.id = v.initiator_id`;

/** The conversations of some chats, newest first. */
export function conversationList(
  db: Database,
  chats: readonly number[],
  { limit, after }: { limit: number; after: Cursor | null },
): { items: ConversationItem[]; next: string | null } {
  const rows = chats
    .flatMap((chat) =>
      db.all<Row>(
        `${CONVERSATIONS} WHERE v.chat_id = ? AND (v.started_at, v.id) < (?, ?)
         ORDER BY v.started_at DESC, v.id DESC LIMIT ?`,
        chat,
        after?.at ?? Number.MAX_SAFE_INTEGER,
        after?.id ?? Number.MAX_SAFE_INTEGER,
        limit + 1,
      ),
    )
    .sort((a, b) => b.startedAt - a.startedAt || b.id - a.id);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const gapMs = storedGapMs(db);
  return {
    items: shown.map((row) => toItem(row, gapMs)),
    next: rows.length > limit && last !== undefined ? cursorText({ at: last.startedAt, id: last.id }) : null,
  };
}

/** Those of some chats that are in a state, oldest first, by chat. */
export function conversationsOfChats(
  db: Database,
  chats: readonly number[],
  state: ConversationState,
): Map<number, ConversationItem[]> {
  const gapMs = storedGapMs(db);
  const found = new Map<number, ConversationItem[]>();
  // Those in a state are few, and a chat has many: the plus keeps SQLite from going over all of each chat's.
  const rows = db.all<Row>(
    `${CONVERSATIONS} WHERE v.state = ? AND +v.chat_id IN (SELECT value FROM json_each(?)) ORDER BY v.ended_at`,
    state,
    JSON.stringify(chats),
  );
  for (const row of rows) {
    const others = found.get(row.chatId);
    if (others === undefined) found.set(row.chatId, [toItem(row, gapMs)]);
    else others.push(toItem(row, gapMs));
  }
  return found;
}

/** One conversation, and who said how much in it; null when there is none of this id. */
export function conversationDetail(db: Database, id: number): ConversationDetail | null {
  const row = db.get<Row>(`${CONVERSATIONS} WHERE v.id = ?`, id);
  if (row === undefined) return null;
  const people = db.all<{ contactId: number | null; name: string | null; isFromMe: number; messages: number }>(
    `SELECT p.id AS contactId, p.name, m.is_from_me AS isFromMe, count(*) AS messages
     FROM messages m LEFT JOIN handles h ON h.id = m.handle_id
       LEFT JOIN contacts p ON p.id = coalesce(m.sender_id, h.contact_id)
     WHERE m.conversation_id = ? GROUP BY m.is_from_me, p.id ORDER BY messages DESC, p.id`,
    id,
  );
  const edge = (order: 'ASC' | 'DESC') =>
    db.value<string>(
      `SELECT guid FROM messages WHERE conversation_id = ? ORDER BY sent_at ${order}, id ${order} LIMIT 1`,
      id,
    );
  return {
    ...toItem(row, storedGapMs(db)),
    firstMessage: edge('ASC'),
    lastMessage: edge('DESC'),
    people: people.map((person) => ({ ...person, isFromMe: person.isFromMe !== 0 })),
  };
}

function toItem(row: Row, gapMs: number | null): ConversationItem {
  const { isFromMe, address, state } = row;
  return {
    id: row.id,
    chat: row.chat,
    chatId: row.chatId,
    startedAt: isoTime(row.startedAt),
    endedAt: isoTime(row.endedAt),
    messageCount: row.messageCount,
    initiatorName: row.initiatorName,
    state,
    sealedAt: isoTime(row.sealedAt),
    revision: row.revision,
    initiator: isFromMe !== null && isFromMe !== 0 ? 'me' : address,
    sealsAt: state === 'active' && gapMs !== null ? isoTime(row.endedAt + gapMs) : null,
  };
}
