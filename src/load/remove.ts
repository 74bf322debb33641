import type { Database } from '../sqlite/index.ts';
import { type Moment, resplitChat } from './conversations.ts';

export type RemovedMessage = { id: number; guid: string; chat: number; conversation: number | null };

/**
 * Takes messages out of the store, with their versions and the attachments that no other message has. Their
 * conversations have to be settled afterwards, in the same transaction.
 */
export function removeMessages(db: Database, ids: readonly number[]): RemovedMessage[] {
  const removed: RemovedMessage[] = [];
  for (const id of ids) {
    const attachments = db.all<{ id: number }>(
      'SELECT attachment_id AS id FROM message_attachments WHERE message_id = ?',
      id,
    );
    // Foreign keys take edits and joins along.
    const row = db.get<RemovedMessage>(
      `DELETE FROM messages WHERE id = ? RETURNING id, guid, chat_id AS chat, conversation_id AS conversation`,
      id,
    );
    if (row === undefined) continue;
    removed.push(row);
    forgetSources(db, 'messages', row.guid);
    db.run('INSERT OR IGNORE INTO search_pending (message_id) VALUES (?)', id);
    for (const attachment of attachments) {
      db.run(
        `DELETE FROM attachments WHERE id = ? AND NOT EXISTS (
           SELECT 1 FROM message_attachments j WHERE j.attachment_id = attachments.id)`,
        attachment.id,
      );
    }
  }
  return removed;
}

/** What sources said of a row goes with it. */
function forgetSources(db: Database, what: string, guid: string): void {
  db.run('DELETE FROM sightings WHERE guid = ?', guid);
  db.run('DELETE FROM source_facts WHERE what = ? AND guid = ?', what, guid);
}

/** Takes out what is marked as deleted, as in a store that mirrors deletions, and splits its conversations anew. */
export function removeDeleted(db: Database, moment: Moment): void {
  const ids = db.all<{ id: number }>('SELECT id FROM messages WHERE deleted_at IS NOT NULL').map((row) => row.id);
  const removed = removeMessages(db, ids);
  for (const chat of new Set(removed.map((message) => message.chat))) resplitChat(db, chat, moment);
}
