import { isoTime, must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type ConversationItem, conversationsOfChats } from './conversation-list.ts';
import { beginningOf } from './pages.ts';

/** Somebody in a chat; `name` is null for whom no address book knows. */
export type ChatPerson = { contactId: number; address: string; name: string | null };

export type LastMessage = {
  guid: string;
  kind: string;
  text: string | null;
  isFromMe: boolean;
  senderName: string | null;
  sentAt: string | null;
  unsentAt: string | null;
  deletedAt: string | null;
  attachments: number;
};

/** A chat as a list shows it. `members`: itself, and the others that the row stands for where chats are unified. */
export type ChatItem = {
  id: number;
  identifier: string;
  kind: 'direct' | 'group';
  name: string | null;
  title: string;
  services: string[];
  participants: ChatPerson[];
  createdAt: string | null;
  lastMessageAt: string | null;
  messageCount: number;
  lastMessage: LastMessage | null;
  activeConversation: ConversationItem | null;
  members: number[];
};

type ChatRow = {
  id: number;
  identifier: string;
  kind: 'direct' | 'group';
  name: string | null;
  services: string;
  createdAt: number | null;
  lastMessageAt: number | null;
  messageCount: number;
};

/** Each of these chats for itself, by id; one that is not there is left out. */
export function readChatItems(db: Database, ids: readonly number[]): Map<number, ChatItem> {
  const json = JSON.stringify(ids);
  const rows = db.all<ChatRow>(
    `SELECT id, identifier, kind, name, services, created_at AS createdAt, last_message_at AS lastMessageAt,
       message_count AS messageCount
     FROM chats WHERE id IN (SELECT value FROM json_each(?))`,
    json,
  );
  const people = participantsOf(db, json);
  const active = conversationsOfChats(db, ids, 'active');
  const last = lastMessages(db, ids);
  return new Map(
    rows.map((row) => {
      const participants = people.get(row.id) ?? [];
      const item: ChatItem = {
        id: row.id,
        identifier: row.identifier,
        kind: row.kind,
        name: row.name,
        title: titleOf(row, participants),
        services: JSON.parse(row.services) as string[],
        participants,
        createdAt: isoTime(row.createdAt),
        lastMessageAt: isoTime(row.lastMessageAt),
        messageCount: row.messageCount,
        lastMessage: last.get(row.id) ?? null,
        activeConversation: active.get(row.id)?.at(-1) ?? null,
        members: [row.id],
      };
      return [row.id, item] as const;
    }),
  );
}

/** Several chats as one row, under the name of one of them. One alone is what it is. */
export function combinedChat(head: ChatItem, items: readonly ChatItem[]): ChatItem {
  if (items.length === 1) return head;
  const participants = items.flatMap((item) => item.participants);
  const [createdAt = null] = items.flatMap((item) => item.createdAt ?? []).sort();
  const active = items.flatMap(({ activeConversation }) => activeConversation ?? []);
  return {
    ...head,
    title: titleOf(head, participants),
    services: [...new Set(items.flatMap(({ services }) => services))],
    participants,
    createdAt,
    messageCount: items.reduce((total, item) => total + item.messageCount, 0),
    activeConversation: active.at(-1) ?? null,
    members: items.map(({ id }) => id),
  };
}

function participantsOf(db: Database, chats: string): Map<number, ChatPerson[]> {
  const rows = db.all<ChatPerson & { chat: number }>(
    `SELECT p.chat_id AS chat, h.contact_id AS contactId, h.address, c.name
     FROM chat_participants p JOIN handles h ON h.id = p.handle_id JOIN contacts c ON c.id = h.contact_id
     WHERE p.chat_id IN (SELECT value FROM json_each(?)) ORDER BY p.chat_id, h.address`,
    chats,
  );
  const people = new Map<number, ChatPerson[]>();
  for (const { chat, contactId, address, name } of rows) {
    const person = { contactId, address, name };
    const others = people.get(chat);
    if (others === undefined) people.set(chat, [person]);
    else others.push(person);
  }
  return people;
}

/** Names in a title; the others are counted. */
const TITLE_NAMES = 4;

function titleOf(
  { kind, name, identifier }: Pick<ChatRow, 'kind' | 'name' | 'identifier'>,
  people: readonly ChatPerson[],
): string {
  if (name !== null && name !== '') return name;
  if (people.length === 0) return identifier;
  const names = [...new Set(people.map((person) => person.name ?? person.address))];
  if (kind === 'direct') return must(names[0], 'somebody takes part');
  const rest = names.length - TITLE_NAMES;
  return rest > 0 ? `${names.slice(0, TITLE_NAMES).join(', ')} +${rest}` : names.join(', ');
}

/** The title of each of these chats. */
export function chatTitles(db: Database, ids: readonly number[]): Map<number, string> {
  const json = JSON.stringify([...new Set(ids)]);
  const people = participantsOf(db, json);
  const rows = db.all<ChatRow>(
    'SELECT id, identifier, kind, name FROM chats WHERE id IN (SELECT value FROM json_each(?))',
    json,
  );
  return new Map(rows.map((row) => [row.id, titleOf(row, people.get(row.id) ?? [])] as const));
}

type LastRow = Omit<LastMessage, 'isFromMe' | 'sentAt' | 'unsentAt' | 'deletedAt'> & {
  chat: number;
  isFromMe: number;
  sentAt: number | null;
  unsentAt: number | null;
  deletedAt: number | null;
};

/** The newest thing said in each of these chats. */
function lastMessages(db: Database, chats: readonly number[]): Map<number, LastMessage> {
  const rows = db.all<LastRow>(
    `SELECT m.chat_id AS chat, m.guid, m.kind, substr(m.text, 1, 400) AS text, m.is_from_me AS isFromMe,
       p.name AS senderName, m.sent_at AS sentAt, m.unsent_at AS unsentAt, m.deleted_at AS deletedAt,
       (SELECT count(*) FROM message_attachments a WHERE a.message_id = m.id) AS attachments
     FROM json_each(?) wanted JOIN messages m ON m.id = (
         SELECT id FROM messages WHERE chat_id = wanted.value AND kind <> 'event' AND is_scheduled = 0
         ORDER BY sent_at DESC, id DESC LIMIT 1)
       LEFT JOIN handles h ON h.id = m.handle_id
       LEFT JOIN contacts p ON p.id = coalesce(m.sender_id, h.contact_id)`,
    JSON.stringify(chats),
  );
  return new Map(
    rows.map((row) => [
      row.chat,
      {
        guid: row.guid,
        kind: row.kind,
        text: beginningOf(row.text),
        isFromMe: row.isFromMe !== 0,
        senderName: row.senderName,
        sentAt: isoTime(row.sentAt),
        unsentAt: isoTime(row.unsentAt),
        deletedAt: isoTime(row.deletedAt),
        attachments: row.attachments,
      },
    ]),
  );
}
