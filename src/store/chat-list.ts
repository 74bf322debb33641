import { isoTime, must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type ConversationItem, conversationsOfChats } from './conversation-list.ts';
import { beginningOf, type Cursor, cursorText } from './pages.ts';
import { PERSON_OF_CHAT } from './same-person.sql.ts';
import { foldText } from './search-fold.ts';

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

/** One row of the list before its details are read: the newest chat of its members. */
type Head = Cursor & { members: number[] };

export type ChatListOptions = {
  limit: number;
  after: Cursor | null;
  /** Part of a name or identifier. */
  query: string | null;
  /** Direct chats with one person are one. */
  unified: boolean;
};

/** Chats by their newest message, newest first; those without any come last. */
export function chatList(db: Database, options: ChatListOptions): { items: ChatItem[]; next: string | null } {
  const { limit, after, query, unified } = options;
  const heads =
    query === null && !unified
      ? newestChats(db, after, limit + 1)
      : headsOf(db, options).filter((head) => after === null || isBehind(head, after));
  const shown = heads.slice(0, limit);
  const last = shown.at(-1);
  return { items: chatItems(db, shown), next: heads.length > limit && last !== undefined ? cursorText(last) : null };
}

/** One chat, or, unified, all direct chats with the same person as one. Null when there is no such chat. */
export function chatItem(db: Database, id: number, unified: boolean): ChatItem | null {
  const members = unified ? chatsWithSamePerson(db, id) : [id];
  const at = db.value<number>('SELECT last_message_at FROM chats WHERE id = ?', id);
  return chatItems(db, [{ id, at, members }])[0] ?? null;
}

/** The direct chats with the person that this direct chat is with, itself among them; of a group, itself alone. */
export function chatsWithSamePerson(db: Database, id: number): number[] {
  const found = db.all<{ id: number }>(
    `SELECT d.id FROM handles same JOIN chats d ON d.kind = 'direct' AND d.identifier = same.address
     WHERE same.contact_id = (SELECT ${PERSON_OF_CHAT} FROM chats c WHERE c.id = ?) ORDER BY d.id`,
    id,
  );
  return found.length === 0 ? [id] : found.map((chat) => chat.id);
}

function isBehind(head: Cursor, cursor: Cursor): boolean {
  return byNewest(cursor, head) < 0;
}

function byNewest(a: Cursor, b: Cursor): number {
  return (b.at ?? Number.NEGATIVE_INFINITY) - (a.at ?? Number.NEGATIVE_INFINITY) || b.id - a.id;
}

/** The chats behind a place in the list, each for itself. Those without a message come last: NULL cannot be compared. */
function newestChats(db: Database, after: Cursor | null, limit: number): Head[] {
  const dated = after !== null && after.at === null ? [] : datedChats(db, after, limit);
  const below = after !== null && after.at === null ? after.id : Number.MAX_SAFE_INTEGER;
  const undated =
    dated.length === limit
      ? []
      : db.all<Cursor>(
          `SELECT id, NULL AS at FROM chats WHERE last_message_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?`,
          below,
          limit - dated.length,
        );
  return [...dated, ...undated].map(({ id, at }) => ({ id, at, members: [id] }));
}

const DATED_CHATS = 'SELECT id, last_message_at AS at FROM chats WHERE last_message_at IS NOT NULL';

function datedChats(db: Database, after: Cursor | null, limit: number): Cursor[] {
  const order = 'ORDER BY last_message_at DESC, id DESC LIMIT ?';
  if (after === null) return db.all<Cursor>(`${DATED_CHATS} ${order}`, limit);
  return db.all<Cursor>(`${DATED_CHATS} AND (last_message_at, id) < (?, ?) ${order}`, after.at, after.id, limit);
}

function headsOf(db: Database, { query, unified }: ChatListOptions): Head[] {
  const chats = db.all<Cursor & { kind: string; person: number | null }>(
    `SELECT c.id, c.last_message_at AS at, c.kind,
       ${unified ? PERSON_OF_CHAT : 'NULL'} AS person
     FROM chats c`,
  );
  const wanted = query === null ? null : chatsHolding(db, query);
  const heads: Head[] = [];
  const people = new Map<number, Head>();
  for (const { id, at, person } of chats.sort(byNewest)) {
    const known = person === null ? undefined : people.get(person);
    if (known !== undefined) {
      known.members.push(id);
      continue;
    }
    const head = { id, at, members: [id] };
    if (person !== null) people.set(person, head);
    heads.push(head);
  }
  return wanted === null ? heads : heads.filter((head) => head.members.some((id) => wanted.has(id)));
}

/** Chats whose name, identifier, participants' addresses or names hold the query, however it is spelled. */
function chatsHolding(db: Database, query: string): Set<number> {
  const folded = foldText(query.trim());
  const found = new Set<number>();
  const rows = db.all<{ id: number; words: string | null }>(
    `SELECT id, identifier || char(10) || coalesce(name, '') AS words FROM chats
     UNION ALL
     SELECT p.chat_id, h.address || char(10) || coalesce(c.name, '')
     FROM chat_participants p JOIN handles h ON h.id = p.handle_id JOIN contacts c ON c.id = h.contact_id`,
  );
  for (const { id, words } of rows) if (!found.has(id) && foldText(words ?? '').includes(folded)) found.add(id);
  return found;
}

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

function chatItems(db: Database, heads: readonly Head[]): ChatItem[] {
  const members = heads.flatMap((head) => head.members);
  const json = JSON.stringify(members);
  const rows = new Map<number, ChatRow>();
  const chats = db.all<ChatRow>(
    `SELECT id, identifier, kind, name, services, created_at AS createdAt, last_message_at AS lastMessageAt,
       message_count AS messageCount
     FROM chats WHERE id IN (SELECT value FROM json_each(?))`,
    json,
  );
  for (const row of chats) rows.set(row.id, row);
  const people = participantsOf(db, json);
  const active = conversationsOfChats(db, members, 'active');
  const last = lastMessages(
    db,
    heads.map(({ id }) => id),
  );
  const items: ChatItem[] = [];
  for (const { id, members: ids } of heads) {
    const row = rows.get(id);
    if (row === undefined) continue;
    const own = ids.length === 1 ? [row] : ids.flatMap((member) => rows.get(member) ?? []);
    const participants = ofAll(ids, people);
    items.push({
      id: row.id,
      identifier: row.identifier,
      kind: row.kind,
      name: row.name,
      title: titleOf(row, participants),
      services: servicesOf(own),
      participants,
      createdAt: isoTime(own.length === 1 ? row.createdAt : smallest(own.map(({ createdAt }) => createdAt))),
      lastMessageAt: isoTime(row.lastMessageAt),
      messageCount: own.length === 1 ? row.messageCount : own.reduce((total, chat) => total + chat.messageCount, 0),
      lastMessage: last.get(row.id) ?? null,
      activeConversation: ofAll(ids, active).at(-1) ?? null,
      members: ids,
    });
  }
  return items;
}

/** What there is of some chats, one after another. Most rows of a list are one chat, which needs no copy. */
function ofAll<T>(ids: readonly number[], byChat: ReadonlyMap<number, T[]>): T[] {
  const [id] = ids;
  return id !== undefined && ids.length === 1
    ? (byChat.get(id) ?? [])
    : ids.flatMap((member) => byChat.get(member) ?? []);
}

function servicesOf(chats: readonly ChatRow[]): string[] {
  const [first] = chats;
  if (first !== undefined && chats.length === 1) return JSON.parse(first.services) as string[];
  return [...new Set(chats.flatMap(({ services }) => JSON.parse(services) as string[]))];
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

function titleOf({ kind, name, identifier }: ChatRow, people: readonly ChatPerson[]): string {
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

function smallest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}
