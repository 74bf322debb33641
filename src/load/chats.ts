import { must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { ChatIdentity, Party } from '../transform/index.ts';
import { settleChat, writeChatVersion } from './chat-versions.ts';

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
    for (const other of others) {
      absorb(db, id, other);
      loaded.united.add(id);
    }
    for (const alias of identity.aliases) {
      db.run('INSERT INTO chat_aliases (alias, chat_id) VALUES (?, ?) ON CONFLICT DO NOTHING', alias, id);
    }
    for (const address of identity.participants) must(byAddress.get(address), 'every participant has a handle');
    writeChatVersion(db, id, identity, sourceId);
    settleChat(db, id);
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

function absorb(db: Database, id: number, other: number): void {
  for (const table of ['messages', 'conversations', 'chat_aliases']) {
    db.run(`UPDATE ${table} SET chat_id = ? WHERE chat_id = ?`, id, other);
  }
  for (const table of ['chat_participants', 'source_chats']) {
    db.run(`UPDATE OR IGNORE ${table} SET chat_id = ? WHERE chat_id = ?`, id, other);
  }
  db.run(`UPDATE source_facts SET value = ? WHERE what = 'messages' AND field = 'chat_id' AND value = ?`, id, other);
  db.run('DELETE FROM chats WHERE id = ?', other);
}
