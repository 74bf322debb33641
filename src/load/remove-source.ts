import type { Database } from '../sqlite/index.ts';
import { PLACE } from './changes.ts';
import { withdrawChat } from './chat-versions.ts';
import type { Moment } from './conversations.ts';
import { arrivalOf, type ConversationChange, removalOf, settleConversations } from './forward.ts';
import { type ContactChanges, dropBooksOf, noContactChanges, peopleChanged, settleNow } from './people/index.ts';
import { settleAllReactions } from './reactions.ts';
import { removeMessages } from './remove.ts';
import { type SharedTable, sightedAs, withdrawRows } from './versions/index.ts';

/** Rows that one transaction takes away: few enough that whoever follows messages waits for milliseconds. */
const BATCH_ROWS = 500;

type Place = { id: number; guid: string; chat: number; conversation: number | null };

export type RemovalStep = {
  removed: { guid: string; chat: number }[];
  updated: { guid: string; chat: number; changed: string[] }[];
  conversations: ConversationChange[];
};

/** How many messages a source has its say in. */
export function countSourceMessages(db: Database, sourceId: number): number {
  const own = db.value<number>('SELECT count(*) FROM messages WHERE source_id = ?', sourceId) ?? 0;
  const seen = `SELECT count(*) FROM sightings WHERE source_id = ? AND what = 'row'`;
  return own + (db.value<number>(seen, sourceId) ?? 0);
}

/**
 * Takes the next messages of a source away: those that only it has leave the store, and of the others goes what only
 * it said. The work of one transaction; null when there is nothing left.
 */
export function removeSourceMessages(db: Database, sourceId: number, moment: Moment): RemovalStep | null {
  const ids = rowsOf(db, 'messages', sourceId);
  if (ids.length === 0) return null;
  const before = placesOf(db, ids);
  const { alone, changed } = withdrawRows(db, 'messages', sourceId, ids);
  const removed = removeMessages(db, alone);
  const moved = changed.filter(({ fields }) => fields.some((field) => PLACE.has(field))).map(({ id }) => id);
  for (const { id } of changed) db.run('INSERT OR IGNORE INTO search_pending (message_id) VALUES (?)', id);
  const conversations = settleConversations(
    db,
    {
      removals: [...removed.flatMap(removalOf), ...moved.flatMap((id) => before.get(id) ?? []).flatMap(removalOf)],
      arrivals: moved.flatMap((id) => arrivalOf(db, id)),
    },
    moment,
  );
  const after = placesOf(
    db,
    changed.map(({ id }) => id),
  );
  return {
    removed: removed.map(({ guid, chat }) => ({ guid, chat })),
    updated: changed.flatMap(({ id, fields }) => {
      const place = after.get(id);
      return place === undefined ? [] : [{ guid: place.guid, chat: place.chat, changed: fields }];
    }),
    conversations,
  };
}

/** Reactions, votes and attachments, in the same way: the work of one transaction. Answers whether there was any. */
export function removeSourceExtras(db: Database, sourceId: number): boolean {
  for (const table of ['reactions', 'poll_votes', 'attachments'] as const) {
    const ids = rowsOf(db, table, sourceId);
    if (ids.length === 0) continue;
    const targets = table === 'reactions' ? ids.flatMap((id) => targetOf(db, id)) : [];
    const { alone, changed } = withdrawRows(db, table, sourceId, ids);
    if (table === 'reactions') for (const { id } of changed) targets.push(...targetOf(db, id));
    for (const id of alone) {
      if (table === 'attachments') db.run('DELETE FROM message_attachments WHERE attachment_id = ?', id);
      db.run(`DELETE FROM ${table} WHERE id = ?`, id);
    }
    settleAllReactions(db, new Set(targets));
    return true;
  }
  return false;
}

export type SourceEnd = { chatsRemoved: number[]; chatsChanged: number[]; contacts: ContactChanges };

/** Once its rows are gone: chats and people that only the source knew, and its own entry. The work of one transaction. */
export function endSource(db: Database, sourceId: number, nowMs: number): SourceEnd {
  const chats = db.all<{ id: number }>('SELECT chat_id AS id FROM source_chats WHERE source_id = ?', sourceId);
  const end: SourceEnd = { chatsRemoved: [], chatsChanged: [], contacts: noContactChanges() };
  for (const { id } of chats) {
    if (withdrawChat(db, id, sourceId)) end.chatsChanged.push(id);
    else if (
      db.run('DELETE FROM chats WHERE id = ? AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.chat_id = ?)', id, id)
        .changes > 0
    )
      end.chatsRemoved.push(id);
  }
  for (const table of [
    'sightings',
    'source_facts',
    'quarantine',
    'live_sync_state',
    'own_addresses',
    'source_handles',
  ]) {
    db.run(`DELETE FROM ${table} WHERE source_id = ?`, sourceId);
  }
  db.run('UPDATE chats SET source_id = (SELECT min(id) FROM sources WHERE id <> ?1) WHERE source_id = ?1', sourceId);
  dropBooksOf(db, sourceId);
  removeStrangers(db);
  db.run('DELETE FROM sources WHERE id = ?', sourceId);
  end.contacts = settleNow(db, nowMs);
  end.contacts.removed.push(...removeNobodies(db));
  return end;
}

/** Addresses that no source knows any more. */
function removeStrangers(db: Database): void {
  peopleChanged(db);
  db.exec(`DELETE FROM handles WHERE NOT EXISTS (SELECT 1 FROM source_handles s WHERE s.handle_id = handles.id)
    AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.handle_id = handles.id)
    AND NOT EXISTS (SELECT 1 FROM reactions r WHERE r.handle_id = handles.id)
    AND NOT EXISTS (SELECT 1 FROM chat_participants p WHERE p.handle_id = handles.id)
    AND id NOT IN (SELECT handle_id FROM poll_votes WHERE handle_id IS NOT NULL)`);
}

/** Those of whom nothing was known but such an address. */
function removeNobodies(db: Database): number[] {
  const nobodies = db.all<{ id: number }>(`DELETE FROM contacts WHERE origin = 'placeholder'
    AND NOT EXISTS (SELECT 1 FROM handles h WHERE h.contact_id = contacts.id) RETURNING id`);
  return nobodies.map(({ id }) => id);
}

function rowsOf(db: Database, table: SharedTable, sourceId: number): number[] {
  const own = db.all<{ id: number }>(
    `SELECT id FROM ${table} WHERE source_id = ? ORDER BY id LIMIT ${BATCH_ROWS}`,
    sourceId,
  );
  const seen =
    own.length === BATCH_ROWS
      ? []
      : db.all<{ id: number }>(
          `SELECT t.id FROM sightings g CROSS JOIN ${table} t ON t.guid = g.guid
           WHERE g.source_id = ? AND g.what = ? AND t.source_id <> g.source_id LIMIT ?`,
          sourceId,
          sightedAs(table),
          BATCH_ROWS - own.length,
        );
  return [...own, ...seen].map(({ id }) => id);
}

function placesOf(db: Database, ids: readonly number[]): Map<number, Place> {
  const rows = db.all<Place>(
    `SELECT id, guid, chat_id AS chat, conversation_id AS conversation FROM messages
     WHERE id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids),
  );
  return new Map(rows.map((row) => [row.id, row] as const));
}

function targetOf(db: Database, reaction: number): string[] {
  const target = db.value<string>('SELECT target_guid FROM reactions WHERE id = ?', reaction);
  return target === null ? [] : [target];
}
