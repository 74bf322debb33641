import type { Database } from '../sqlite/index.ts';

export type RenamedChat = { chat: number; changed: string[] };

type Named = { id: number; kind: string; given: string | null; before: string | null };

/**
 * The name of a chat as it is shown. A group's is the one its members gave it, else it is made of theirs; a direct
 * chat bears the name of the person, where a card gives one. Who is the owner is not said, but in a chat with oneself.
 */
function chatName(db: Database, chat: Omit<Named, 'before'>): string | null {
  if (chat.given !== null) return chat.given;
  if (chat.kind === 'direct') {
    return db.value<string>(
      `SELECT c.name FROM chats t JOIN handles h ON h.address = t.identifier JOIN contacts c ON c.id = h.contact_id
       WHERE t.id = ? AND c.origin <> 'placeholder'`,
      chat.id,
    );
  }
  const names = db.all<{ name: string }>(
    `SELECT DISTINCT coalesce(c.name, h.address) AS name FROM chat_participants p
       JOIN handles h ON h.id = p.handle_id JOIN contacts c ON c.id = h.contact_id
     WHERE p.chat_id = ? AND c.is_me = 0 ORDER BY c.origin = 'placeholder', name`,
    chat.id,
  );
  return names.length === 0 ? null : names.map(({ name }) => name).join(', ');
}

/** Brings the name of a chat up to date. */
export function renameChat(db: Database, id: number): void {
  const chat = db.get<Named>('SELECT id, kind, given_name AS given, name AS before FROM chats WHERE id = ?', id);
  if (chat === undefined) return;
  const name = chatName(db, chat);
  if (name !== chat.before) db.run('UPDATE chats SET name = ? WHERE id = ?', name, id);
}

/** Brings the names of all chats in which these contacts take part up to date; answers which have changed. */
export function renameChatsOf(db: Database, contacts: Iterable<number>): RenamedChat[] {
  const chats = new Map<number, Named>();
  for (const contact of contacts) {
    const rows = db.all<Named>(
      `SELECT t.id, t.kind, t.given_name AS given, t.name AS before FROM handles h
         JOIN chat_participants p ON p.handle_id = h.id JOIN chats t ON t.id = p.chat_id WHERE h.contact_id = ?`,
      contact,
    );
    for (const row of rows) chats.set(row.id, row);
  }
  const renamed: RenamedChat[] = [];
  for (const chat of chats.values()) {
    const name = chatName(db, chat);
    if (name === chat.before) continue;
    db.run('UPDATE chats SET name = ? WHERE id = ?', name, chat.id);
    renamed.push({ chat: chat.id, changed: ['name'] });
  }
  return renamed.sort((a, b) => a.chat - b.chat);
}

/** Chats whose names are not what they should be: for whoever checks a store. */
export function misnamedChats(db: Database): number[] {
  return db
    .all<Named>('SELECT id, kind, given_name AS given, name AS before FROM chats ORDER BY id')
    .filter((chat) => chatName(db, chat) !== chat.before)
    .map(({ id }) => id);
}
