import type { Database } from '../sqlite/index.ts';
import { type ChatItem, combinedChat, readChatItems } from './chat-items.ts';
import { type Cursor, cursorText } from './pages.ts';
import { PERSON_OF_CHAT } from './same-person.sql.ts';
import { foldText } from './search-fold.ts';

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

/** What a list needs to know of chats: read anew, or by whoever knows what has changed since it was read. */
export type ChatReading = {
  /** Each of these chats for itself, by id; one that is not there is left out. */
  items(db: Database, ids: readonly number[]): ReadonlyMap<number, ChatItem>;
  /** The contact whom each direct chat is with. */
  people(db: Database): ReadonlyMap<number, number>;
};

export const READ_ANEW: ChatReading = { items: readChatItems, people: readPeopleOfChats };

/** Chats by their newest message, newest first; those without any come last. */
export function chatList(
  db: Database,
  options: ChatListOptions,
  reading: ChatReading = READ_ANEW,
): { items: ChatItem[]; next: string | null } {
  const { limit, after, query, unified } = options;
  const heads =
    query === null && !unified
      ? newestChats(db, after, limit + 1)
      : headsOf(db, options, reading).filter((head) => after === null || isBehind(head, after));
  const shown = heads.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: rowsOf(db, shown, reading),
    next: heads.length > limit && last !== undefined ? cursorText(last) : null,
  };
}

/** One chat, or, unified, all direct chats with the same person as one. Null when there is no such chat. */
export function chatItem(db: Database, id: number, unified: boolean): ChatItem | null {
  const members = unified ? chatsWithSamePerson(db, id) : [id];
  return rowsOf(db, [{ id, members }], READ_ANEW)[0] ?? null;
}

function rowsOf(db: Database, heads: readonly Pick<Head, 'id' | 'members'>[], reading: ChatReading): ChatItem[] {
  const ids = heads.flatMap(({ members }) => members);
  const items = reading.items(db, ids);
  return heads.flatMap(({ id, members }) => {
    const head = items.get(id);
    return head === undefined
      ? []
      : combinedChat(
          head,
          members.flatMap((member) => items.get(member) ?? []),
        );
  });
}

function readPeopleOfChats(db: Database): Map<number, number> {
  const chats = db.all<{ id: number; person: number }>(
    `SELECT c.id, ${PERSON_OF_CHAT} AS person FROM chats c WHERE c.kind = 'direct' AND ${PERSON_OF_CHAT} IS NOT NULL`,
  );
  return new Map(chats.map(({ id, person }) => [id, person]));
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

function headsOf(db: Database, { query, unified }: ChatListOptions, reading: ChatReading): Head[] {
  const chats = db.all<Cursor>('SELECT id, last_message_at AS at FROM chats');
  const personOf = unified ? reading.people(db) : null;
  const wanted = query === null ? null : chatsHolding(db, query);
  const heads: Head[] = [];
  const people = new Map<number, Head>();
  for (const { id, at } of chats.sort(byNewest)) {
    const person = personOf?.get(id);
    const known = person === undefined ? undefined : people.get(person);
    if (known !== undefined) {
      known.members.push(id);
      continue;
    }
    const head = { id, at, members: [id] };
    if (person !== undefined) people.set(person, head);
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
