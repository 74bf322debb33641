import type { Database } from '../sqlite/index.ts';
import { type Moment, resplitChat } from './conversations.ts';
import { settleAllReactions } from './reactions.ts';
import { addChatServices, servicesOfMessages } from './services.ts';
import { insertNew, updateChanged } from './staging.ts';

/**
 * Taking over what was staged and compared. Every function is one transaction's work, idempotent, and leaves the
 * store whole: a process killed between two of them has lost nothing but the work still to do.
 */
const DIFF = 'temp.diff_messages';

/** Marks what this source used to hold and holds no more, and lists the chats that have anything to take over. */
export function stagedChats(db: Database, sourceId: number): { chat: number; rows: number }[] {
  db.exec('DROP TABLE IF EXISTS temp.gone_messages');
  db.exec(`CREATE TEMP TABLE gone_messages AS SELECT m.id, m.chat_id AS chat FROM main.messages m
    WHERE m.source_id = ${sourceId} AND m.deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM temp.staged_messages s WHERE s.guid = m.guid)
      AND NOT EXISTS (SELECT 1 FROM main.sightings g WHERE g.guid = m.guid AND g.source_id <> ${sourceId})`);
  return db.all(
    `SELECT chat, sum(rows) AS rows FROM (
       SELECT chat, count(*) AS rows FROM ${DIFF} GROUP BY chat
       UNION ALL SELECT old_chat, count(*) FROM ${DIFF} WHERE old_chat <> chat GROUP BY old_chat
       UNION ALL SELECT chat, count(*) FROM temp.gone_messages GROUP BY chat
     ) GROUP BY chat ORDER BY chat`,
  );
}

/** Takes over the messages of some chats, and splits these chats anew. */
export function mergeChats(
  db: Database,
  chats: readonly number[],
  moment: Moment,
): { inserted: number; updated: number; conversations: number } {
  const result = { inserted: 0, updated: 0, conversations: 0 };
  const touched = new Set(chats);
  for (const chat of chats) {
    for (const row of db.all<{ chat: number }>(
      `SELECT DISTINCT old_chat AS chat FROM ${DIFF} WHERE chat = ? AND old_chat IS NOT NULL`,
      chat,
    )) {
      touched.add(row.chat);
    }
    result.inserted += insertNew(db, 'messages', 'd.chat = ?', chat);
    replaceEdits(db, chat);
    result.updated += updateChanged(db, 'messages', 'd.chat = ?', chat);
    db.run(
      `INSERT OR IGNORE INTO search_pending (message_id) SELECT id FROM ${DIFF} WHERE chat = ? AND id IS NOT NULL`,
      chat,
    );
    result.updated += db.run(
      'UPDATE main.messages SET deleted_at = ? WHERE id IN (SELECT id FROM temp.gone_messages WHERE chat = ?)',
      moment.nowMs,
      chat,
    ).changes;
  }
  for (const chat of touched) {
    result.conversations += resplitChat(db, chat, moment).changed.length;
    addChatServices(db, new Map([[chat, servicesOfMessages(db, chat)]]));
  }
  return result;
}

/** Versions of an edited message are replaced when a source knows a later edit than we do. Runs before the update. */
function replaceEdits(db: Database, chat: number): void {
  const edited = db.all<{ id: number; rowid: number }>(
    `SELECT m.id, s.source_rowid AS rowid
     FROM ${DIFF} d JOIN temp.staged_messages s ON s.rowid = d.staged JOIN main.messages m ON m.guid = s.guid
     WHERE d.chat = ? AND s.source_rowid IN (SELECT message_id FROM temp.staged_message_edits)
       AND (d.id IS NULL OR coalesce(s.edited_at, 0) >= coalesce(m.edited_at, 0))`,
    chat,
  );
  for (const { id, rowid } of edited) {
    db.run('DELETE FROM main.message_edits WHERE message_id = ?', id);
    db.run(
      `INSERT INTO main.message_edits (message_id, position, part, edited_at, text)
       SELECT ?, position, part, edited_at, text FROM temp.staged_message_edits WHERE message_id = ?`,
      id,
      rowid,
    );
  }
}

/** Takes over reactions and poll votes; a reaction whose row is gone has ended. */
export function mergeReactions(db: Database, sourceId: number, nowMs: number): { changed: number } {
  const targets = new Set<string>();
  const collect = (sql: string, ...params: number[]) => {
    for (const row of db.all<{ target: string }>(sql, ...params)) targets.add(row.target);
  };
  collect(
    `SELECT s.target_guid AS target FROM temp.diff_reactions d JOIN temp.staged_reactions s ON s.rowid = d.staged
     UNION SELECT m.target_guid FROM temp.diff_reactions d JOIN main.reactions m ON m.id = d.id`,
  );
  const gone = `source_id = ? AND vanished_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM temp.staged_reactions s WHERE s.guid = reactions.guid)`;
  collect(`SELECT target_guid AS target FROM main.reactions WHERE ${gone}`, sourceId);
  let changed = insertNew(db, 'reactions') + updateChanged(db, 'reactions');
  changed += db.run(`UPDATE main.reactions SET vanished_at = ? WHERE ${gone}`, nowMs, sourceId).changes;
  settleAllReactions(db, targets);
  changed += insertNew(db, 'poll_votes') + updateChanged(db, 'poll_votes');
  return { changed };
}

/** Takes over attachments; which message has which is written afterwards, when both have ids. */
export function mergeAttachments(db: Database): { changed: number } {
  return { changed: insertNew(db, 'attachments') + updateChanged(db, 'attachments') };
}

/** Records where else a message was seen, so that a deletion in one source is not taken for one in all. */
export function recordSightings(db: Database, sourceId: number): void {
  db.run('DELETE FROM main.sightings WHERE source_id = ?', sourceId);
  db.run(
    `INSERT OR IGNORE INTO main.sightings (source_id, guid, source_rowid)
     SELECT ?, s.guid, s.source_rowid FROM temp.staged_messages s JOIN main.messages m ON m.guid = s.guid
     WHERE m.source_id <> ?`,
    sourceId,
    sourceId,
  );
}

/** What was in quarantine and could be placed or decoded this time has left it. */
export function resolveQuarantine(db: Database, sourceId: number): void {
  db.run(
    `UPDATE main.quarantine SET state = 'resolved' WHERE source_id = ? AND state <> 'resolved'
       AND guid IN (SELECT guid FROM temp.staged_messages UNION SELECT guid FROM temp.staged_reactions)`,
    sourceId,
  );
}
