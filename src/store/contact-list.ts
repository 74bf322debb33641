import type { ContactOrigin } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { foldText } from './search-fold.ts';

/** A contact as export writes it, with the direct chats with them. */
export type ContactItem = {
  id: number;
  name: string | null;
  isMe: boolean;
  isOrganization: boolean;
  identifiers: string[];
  origin: ContactOrigin;
  directChats: { id: number; identifier: string; messageCount: number; lastMessageAt: string | null }[];
};

/** A place in the list: it is ordered by whether there is a name, by the name as SQLite folds it, and by the id. */
export type ContactCursor = { name: string | null; id: number };

type Row = {
  id: number;
  name: string | null;
  isMe: number;
  isOrganization: number;
  identifiers: string;
  origin: ContactOrigin;
};

const CONTACTS = `
  SELECT c.id, c.name, c.is_me AS isMe, c.is_organization AS isOrganization, c.origin,
    (SELECT json_group_array(i.value ORDER BY i.position) FROM contact_identifiers i WHERE i.contact_id = c.id)
      AS identifiers
  FROM contacts c`;
const ORDER = `ORDER BY c.name IS NULL, c.name COLLATE NOCASE, c.id`;

/** Contacts by name; those without one come last. `query`: part of a name or of an identifier, however it is spelled. */
export function contactList(
  db: Database,
  { limit, after, query }: { limit: number; after: ContactCursor | null; query: string | null },
): { items: ContactItem[]; next: ContactCursor | null } {
  const folded = query === null ? null : foldText(query.trim());
  const rows: Row[] = [];
  for (const row of pages(db, after, folded === null ? limit + 1 : -1)) {
    if (folded === null || holds(row, folded)) rows.push(row);
    if (rows.length > limit) break;
  }
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const chats = directChatsOf(
    db,
    shown.map(({ id }) => id),
  );
  return {
    items: shown.map((row) => ({
      id: row.id,
      name: row.name,
      isMe: row.isMe !== 0,
      isOrganization: row.isOrganization !== 0,
      identifiers: JSON.parse(row.identifiers) as string[],
      origin: row.origin,
      directChats: chats.get(row.id) ?? [],
    })),
    next: rows.length > limit && last !== undefined ? { name: last.name, id: last.id } : null,
  };
}

function holds({ name, identifiers }: Row, folded: string): boolean {
  return [name ?? '', ...(JSON.parse(identifiers) as string[])].some((word) => foldText(word).includes(folded));
}

function pages(db: Database, after: ContactCursor | null, limit: number): Iterable<Row> {
  if (after === null) return db.iterate<Row>(`${CONTACTS} ${ORDER} LIMIT ?`, limit);
  const behind =
    after.name === null
      ? 'c.name IS NULL AND c.id > ?2'
      : '(c.name IS NULL OR (c.name COLLATE NOCASE, c.id) > (?1, ?2))';
  return db.iterate<Row>(`${CONTACTS} WHERE ${behind} AND ?1 IS ?1 ${ORDER} LIMIT ?3`, after.name, after.id, limit);
}

function directChatsOf(db: Database, contacts: readonly number[]): Map<number, ContactItem['directChats']> {
  const rows = db.all<{ contact: number; id: number; identifier: string; messageCount: number; at: number | null }>(
    `SELECT DISTINCT h.contact_id AS contact, c.id, c.identifier, c.message_count AS messageCount,
       c.last_message_at AS at
     FROM handles h JOIN chat_participants p ON p.handle_id = h.id JOIN chats c ON c.id = p.chat_id
     WHERE h.contact_id IN (SELECT value FROM json_each(?)) AND c.kind = 'direct'
     ORDER BY h.contact_id, c.last_message_at DESC, c.id`,
    JSON.stringify(contacts),
  );
  const chats = new Map<number, ContactItem['directChats']>();
  for (const { contact, at, ...chat } of rows) {
    const item = { ...chat, lastMessageAt: at === null ? null : new Date(at).toISOString() };
    chats.set(contact, [...(chats.get(contact) ?? []), item]);
  }
  return chats;
}
