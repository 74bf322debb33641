import { must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { ChatIdentity, Party } from '../transform/index.ts';
import { renameChat } from './chat-names.ts';

export type LoadedChats = {
  /** Our chat's id by row id of Apple's `chat`. */
  chatOfRow: Map<number, number>;
  /** Chats whose conversations have to be split again because rows of another chat joined them. */
  united: Set<number>;
  created: number[];
  /** Chats that were there, and what changed of them. */
  updated: { chat: number; changed: string[] }[];
};

/**
 * Writes chats with their aliases and participants. A chat that is known by any of its aliases is the same chat; where
 * Apple has meanwhile united two that we hold apart, the older one takes over everything of the other.
 */
export function loadChats(
  db: Database,
  identities: readonly ChatIdentity[],
  byAddress: ReadonlyMap<string, Party>,
  sourceId: number,
): LoadedChats {
  const loaded: LoadedChats = { chatOfRow: new Map(), united: new Set(), created: [], updated: [] };
  for (const identity of identities) {
    const [first, ...others] = knownChats(db, identity);
    const id = first ?? insertChat(db, identity, sourceId);
    const before = first === undefined ? null : describeChat(db, id);
    const believed = updateChat(db, id, identity, sourceId);
    for (const other of others) {
      absorb(db, id, other);
      loaded.united.add(id);
    }
    for (const alias of identity.aliases) {
      db.run('INSERT INTO chat_aliases (alias, chat_id) VALUES (?, ?) ON CONFLICT DO NOTHING', alias, id);
    }
    if (believed) db.run('DELETE FROM chat_participants WHERE chat_id = ?', id);
    for (const address of identity.participants) {
      const party = must(byAddress.get(address), 'every participant has a handle');
      db.run('INSERT OR IGNORE INTO chat_participants (chat_id, handle_id) VALUES (?, ?)', id, party.handle);
    }
    renameChat(db, id);
    for (const rowid of identity.rowids) loaded.chatOfRow.set(rowid, id);
    if (before === null) loaded.created.push(id);
    else {
      const now = describeChat(db, id);
      const changed = CHAT_FIELDS.filter((field) => before[field] !== now[field]);
      if (changed.length > 0) loaded.updated.push({ chat: id, changed });
    }
  }
  return loaded;
}

const CHAT_FIELDS = ['name', 'services', 'participants'] as const;
type ChatDescription = Record<(typeof CHAT_FIELDS)[number], string | null>;

function describeChat(db: Database, id: number): ChatDescription {
  return must(
    db.get<ChatDescription>(
      `SELECT name, services, (SELECT group_concat(handle_id ORDER BY handle_id) FROM chat_participants
         WHERE chat_id = chats.id) AS participants FROM chats WHERE id = ?`,
      id,
    ),
    'the chat was found or made',
  );
}

function knownChats(db: Database, identity: ChatIdentity): number[] {
  const ids = new Set<number>();
  for (const alias of identity.aliases) {
    const id = db.value<number>('SELECT chat_id FROM chat_aliases WHERE alias = ?', alias);
    if (id !== null) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

function insertChat(db: Database, identity: ChatIdentity, sourceId: number): number {
  return db.run(
    'INSERT INTO chats (identifier, kind, source_id) VALUES (?, ?, ?)',
    identity.identifier,
    identity.kind,
    sourceId,
  ).lastId;
}

/** The source a chat came from is believed about its name and members; a further one only adds. Answers which it is. */
function updateChat(db: Database, id: number, identity: ChatIdentity, sourceId: number): boolean {
  const before = must(
    db.get<{ services: string; given: string | null; source: number }>(
      'SELECT services, given_name AS given, source_id AS source FROM chats WHERE id = ?',
      id,
    ),
    'the chat was found or made',
  );
  const believed = before.source === sourceId;
  const services = new Set([...(JSON.parse(before.services) as string[]), ...identity.services]);
  db.run(
    'UPDATE chats SET given_name = ?, services = ? WHERE id = ?',
    believed ? identity.name : (before.given ?? identity.name),
    JSON.stringify([...services].sort()),
    id,
  );
  return believed;
}

function absorb(db: Database, id: number, other: number): void {
  for (const table of ['messages', 'conversations', 'chat_aliases']) {
    db.run(`UPDATE ${table} SET chat_id = ? WHERE chat_id = ?`, id, other);
  }
  db.run('UPDATE OR IGNORE chat_participants SET chat_id = ? WHERE chat_id = ?', id, other);
  db.run('DELETE FROM chats WHERE id = ?', other);
}
