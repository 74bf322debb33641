import { isoTime } from '../kernel/index.ts';
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
  const rows = query === null ? pageOf(db, after, limit + 1) : found(db, after, limit + 1, foldText(query.trim()));
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

/** The rows behind a place. Identifiers are put together for those alone that are shown. */
function pageOf(db: Database, after: ContactCursor | null, limit: number): Row[] {
  return db.all<Row>(
    `${CONTACTS} WHERE c.id IN (SELECT c.id FROM contacts c WHERE ${behind(after)} ${ORDER} LIMIT ?3) ${ORDER}`,
    ...[after?.name ?? null, after?.id ?? null, limit],
  );
}

function found(db: Database, after: ContactCursor | null, limit: number, folded: string): Row[] {
  const rows: Row[] = [];
  const all = db.iterate<Row>(
    `${CONTACTS} WHERE ${behind(after)} ${ORDER}`,
    ...[after?.name ?? null, after?.id ?? null],
  );
  for (const row of all) {
    if (holds(row, folded)) rows.push(row);
    if (rows.length === limit) break;
  }
  return rows;
}

/** What comes behind a place: ?1 is its name, ?2 its id. Each form names both, because both are always given. */
function behind(after: ContactCursor | null): string {
  if (after === null) return '?1 IS ?1 AND ?2 IS ?2';
  if (after.name === null) return '?1 IS ?1 AND c.name IS NULL AND c.id > ?2';
  return '(c.name IS NULL OR (c.name COLLATE NOCASE, c.id) > (?1, ?2))';
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
  for (const { contact, id, identifier, messageCount, at } of rows) {
    const item = { id, identifier, messageCount, lastMessageAt: isoTime(at) };
    const others = chats.get(contact);
    if (others === undefined) chats.set(contact, [item]);
    else others.push(item);
  }
  return chats;
}
