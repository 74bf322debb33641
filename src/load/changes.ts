import type { Database } from '../sqlite/index.ts';
import { type Compared, MERGES, withEntry } from './staging.ts';

/** A row that the staged one changes: what it was, and which facts will be others, by the names that export gives them. */
export type RowChange = { id: number; guid: string; changed: string[] };

export type MessageChange = RowChange & {
  chat: number;
  oldChat: number;
  conversation: number | null;
  /** The message was, or will be, in another place: another chat or time, or it begins or ceases to count. */
  moves: boolean;
  wasDeleted: boolean;
  isDeleted: boolean;
};

/** Names of columns as export has them; null for what is nobody's business, and the column itself where it says nothing else. */
const FIELDS: Readonly<Record<string, string | null>> = {
  chat_id: 'chat',
  sender_id: 'sender',
  handle_id: 'sender',
  sent_at: 'sentAt',
  is_from_me: 'isFromMe',
  delivered_at: 'deliveredAt',
  read_at: 'readAt',
  played_at: 'playedAt',
  edited_at: 'editedAt',
  unsent_at: 'unsentAt',
  unsent_parts: 'unsentParts',
  deleted_at: 'deletedAt',
  reply_to: 'replyTo',
  reply_part: 'replyTo',
  is_scheduled: 'isScheduled',
  message_guid: 'message',
  mime_type: 'mimeType',
  is_sticker: 'isSticker',
  is_hidden: 'isHidden',
  created_at: 'createdAt',
  source_rowid: null,
  source_state: null,
};

/** Columns that decide where a message stands among the others. */
export const PLACE = new Set(['chat_id', 'sent_at', 'kind', 'is_scheduled']);

type Row = Record<string, number> & { guid: string; conversation: number | null };

/** The messages that the staged rows change; to be asked before the update. */
export function messageChanges(db: Database): MessageChange[] {
  const rows = changedRows(
    db,
    'messages',
    `d.chat AS chat, m.chat_id AS oldChat, m.conversation_id AS conversation, m.deleted_at IS NOT NULL AS wasDeleted,
     (${mergeOf('messages', 'deleted_at')}) IS NOT NULL AS isDeleted`,
  );
  return rows.map((row) => ({
    ...described('messages', row),
    chat: row.chat ?? 0,
    oldChat: row.oldChat ?? 0,
    conversation: row.conversation,
    moves: MERGES.messages.some(([column], at) => PLACE.has(column) && row[`c${at}`] === 1),
    wasDeleted: row.wasDeleted === 1,
    isDeleted: row.isDeleted === 1,
  }));
}

/** What is found by its words has to be indexed anew. */
export function noteForSearch(db: Database, changes: readonly MessageChange[]): void {
  for (const { id, changed } of changes) {
    if (!changed.includes('text') && !changed.includes('subject')) continue;
    db.run('INSERT OR IGNORE INTO search_pending (message_id) VALUES (?)', id);
  }
}

/** The attachments that the staged rows bring or change; to be asked before the update. */
export function attachmentChanges(db: Database): RowChange[] {
  const fresh = db.all<{ guid: string }>(
    `SELECT s.guid FROM temp.diff_attachments d JOIN temp.staged_attachments s ON s.rowid = d.staged WHERE d.id IS NULL`,
  );
  return [
    ...fresh.map(({ guid }) => ({ id: 0, guid, changed: ['state'] })),
    ...changedRows(db, 'attachments', '0 AS chat').map((row) => described('attachments', row)),
  ];
}

function mergeOf(table: Compared, column: string): string {
  return MERGES[table].find(([name]) => name === column)?.[1] ?? 'NULL';
}

function changedRows(db: Database, table: Compared, columns: string): Row[] {
  const flags = MERGES[table].map(([column, sql], at) => `m.${column} IS NOT (${sql}) AS c${at}`);
  return db.all<Row>(
    `SELECT m.id AS id, m.guid AS guid, ${columns}, ${flags.join(', ')}
     FROM temp.diff_${table} d CROSS JOIN temp.staged_${table} s ON s.rowid = d.staged CROSS JOIN main.${table} m ON m.id = d.id ${withEntry(table)}`,
  );
}

function described(table: Compared, row: Row): RowChange {
  const changed = new Set<string>();
  for (const [at, [column]] of MERGES[table].entries()) {
    const field = FIELDS[column] === undefined ? column : FIELDS[column];
    if (row[`c${at}`] === 1 && field !== null) changed.add(field);
  }
  return { id: row.id ?? 0, guid: row.guid, changed: [...changed] };
}
