import type { Database } from '../sqlite/index.ts';
import { type Moment, resplitChat } from './conversations.ts';
import { Presplit } from './presplit.ts';
import { settleAllReactions } from './reactions.ts';
import { removeMessages } from './remove.ts';
import { addChatServices, servicesOfMessages } from './services.ts';
import { insertNew, insertWith, MERGES, updateChanged, withEntry } from './staging.ts';
import { isElsewhere, takeFacts } from './versions/index.ts';

/**
 * Taking over what was staged and compared. Every function is one transaction's work, idempotent, and leaves the
 * store whole: a process killed between two of them has lost nothing but the work still to do.
 */
const DIFF = 'temp.diff_messages';

/** Marks what this source used to hold and holds no more, and lists the chats that have anything to take over. */
export function stagedChats(db: Database, sourceId: number, mirrorDeletes: boolean): { chat: number; rows: number }[] {
  db.exec('DROP TABLE IF EXISTS temp.gone_messages');
  db.exec(`CREATE TEMP TABLE gone_messages AS SELECT m.id, m.chat_id AS chat FROM main.messages m
    WHERE m.source_id = ${sourceId} AND ${mirrorDeletes ? '1' : 'm.deleted_at IS NULL'}
      AND NOT EXISTS (SELECT 1 FROM temp.staged_messages s WHERE s.guid = m.guid) AND NOT ${isElsewhere(sourceId)}`);
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
  mirrorDeletes: boolean,
): { inserted: number; updated: number; conversations: number } {
  const result = { inserted: 0, updated: 0, conversations: 0 };
  const touched = new Set(chats);
  const presplit = new Presplit(db);
  for (const chat of chats) {
    for (const row of db.all<{ chat: number }>(
      `SELECT DISTINCT old_chat AS chat FROM ${DIFF} WHERE chat = ? AND old_chat IS NOT NULL`,
      chat,
    )) {
      touched.add(row.chat);
    }
    presplit.begin(chat, moment);
    const placed = { conversation_id: 'conversation_of(rowid)' };
    result.inserted += insertWith(db, 'messages', placed, 'd.chat = ?', chat);
    presplit.finish(moment);
    replaceEdits(db, 'd.chat = ?', chat);
    result.updated += updateChanged(db, 'messages', 'd.chat = ?', chat);
    takeFacts(db, 'messages', chat);
    db.run(
      `INSERT OR IGNORE INTO search_pending (message_id) SELECT id FROM ${DIFF} WHERE chat = ? AND id IS NOT NULL`,
      chat,
    );
    result.updated += mirrorDeletes ? removeGone(db, chat) : markGone(db, chat, moment.nowMs);
  }
  for (const chat of touched) {
    result.conversations += resplitChat(db, chat, moment).changed.length;
    addChatServices(db, new Map([[chat, servicesOfMessages(db, chat)]]));
  }
  return result;
}

function markGone(db: Database, chat: number, nowMs: number): number {
  return db.run(
    'UPDATE main.messages SET deleted_at = ? WHERE id IN (SELECT id FROM temp.gone_messages WHERE chat = ?)',
    nowMs,
    chat,
  ).changes;
}

function removeGone(db: Database, chat: number): number {
  const gone = db.all<{ id: number }>('SELECT id FROM temp.gone_messages WHERE chat = ?', chat);
  return removeMessages(
    db,
    gone.map((row) => row.id),
  ).length;
}

const VERSIONS = 'json_group_array(json_array(position, part, edited_at, text) ORDER BY position)';

/**
 * Versions of an edited message are replaced when a source knows no earlier edit than we do. Runs before the update;
 * `where` narrows the rows of the diff (alias `d`). Answers the ids of the messages whose versions are others now: an
 * edit of the same moment, or one that takes another back, changes no column of the message itself.
 */
export function replaceEdits(db: Database, where: string, ...params: number[]): number[] {
  const edited = db.all<{ id: number; held: string; staged: string; rowid: number }>(
    `SELECT m.id, s.source_rowid AS rowid,
       (SELECT ${VERSIONS} FROM main.message_edits WHERE message_id = m.id) AS held,
       (SELECT ${VERSIONS} FROM temp.staged_message_edits WHERE message_id = s.source_rowid) AS staged
     FROM ${DIFF} d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged CROSS JOIN main.messages m ON m.guid = s.guid
     WHERE ${where} AND s.source_rowid IN (SELECT message_id FROM temp.staged_message_edits)
       AND (d.id IS NULL OR coalesce(s.edited_at, 0) >= coalesce(m.edited_at, 0))`,
    ...params,
  );
  const others = edited.filter(({ held, staged }) => held !== staged);
  for (const { id, rowid } of others) {
    db.run('DELETE FROM main.message_edits WHERE message_id = ?', id);
    db.run(
      `INSERT INTO main.message_edits (message_id, position, part, edited_at, text)
       SELECT ?, position, part, edited_at, text FROM temp.staged_message_edits WHERE message_id = ?`,
      id,
      rowid,
    );
  }
  return others.map(({ id }) => id);
}

/** Reactions of this source that a complete reading of it did not find. */
export function goneReactions(db: Database, sourceId: number): number[] {
  return db
    .all<{ id: number }>(
      `SELECT r.id FROM main.reactions r WHERE r.source_id = ? AND r.vanished_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM temp.staged_reactions s WHERE s.guid = r.guid)
         AND NOT EXISTS (SELECT 1 FROM main.sightings g WHERE g.guid = r.guid AND g.source_id <> r.source_id)`,
      sourceId,
    )
    .map((row) => row.id);
}

/**
 * What a complete reading did not find keeps no number of a row: in a file that was built anew, or came back from a
 * backup, another row may have it. Kept below zero, where no row is.
 */
export function forgetRowids(db: Database, sourceId: number): void {
  for (const [table, isGone] of GONE) {
    db.run(
      `UPDATE main.${table} SET source_rowid = -source_rowid WHERE source_id = ? AND source_rowid > 0 AND ${isGone}
         AND NOT EXISTS (SELECT 1 FROM temp.staged_${table} s WHERE s.guid = ${table}.guid)`,
      sourceId,
    );
  }
}

const GONE = [
  ['messages', 'deleted_at IS NOT NULL'],
  ['reactions', 'vanished_at IS NOT NULL'],
  ['poll_votes', '1'],
  ['attachments', '1'],
] as const;

export type MergedReactions = {
  changed: number;
  /** Ids of reactions that hold from now on: they came, came back, or say something else than before. */
  added: number[];
  ended: number[];
};

/** Takes over reactions and poll votes; a reaction whose row is `gone` has ended. */
export function mergeReactions(db: Database, gone: readonly number[], nowMs: number): MergedReactions {
  const targets = new Set<string>();
  const collect = (sql: string, ...params: number[]) => {
    for (const row of db.all<{ target: string }>(sql, ...params)) targets.add(row.target);
  };
  collect(
    `SELECT s.target_guid AS target FROM temp.diff_reactions d CROSS JOIN temp.staged_reactions s ON s.rowid = d.staged
     UNION SELECT m.target_guid FROM temp.diff_reactions d CROSS JOIN main.reactions m ON m.id = d.id`,
  );
  for (const id of gone) collect('SELECT target_guid AS target FROM main.reactions WHERE id = ?', id);
  const rewritten = rewrittenReactions(db);
  let changed = insertNew(db, 'reactions') + updateChanged(db, 'reactions');
  takeFacts(db, 'reactions', null);
  for (const id of gone) {
    changed += db.run('UPDATE main.reactions SET vanished_at = ? WHERE id = ?', nowMs, id).changes;
  }
  const settled = settleAllReactions(db, targets);
  const added = db.all<{ id: number }>(
    `SELECT r.id FROM temp.diff_reactions d CROSS JOIN temp.staged_reactions s ON s.rowid = d.staged
       CROSS JOIN main.reactions r ON r.guid = s.guid WHERE d.id IS NULL AND r.is_removal = 0`,
  );
  changed += insertNew(db, 'poll_votes') + updateChanged(db, 'poll_votes');
  takeFacts(db, 'poll_votes', null);
  const isNew = new Set(added.map((row) => row.id));
  // One that came back holds from now on as one that came does; so does one that says something else than before.
  const settledAgain = settled.filter((change) => change.removedAt === null).map((change) => change.id);
  const isOver = db.all<{ id: number }>(
    'SELECT id FROM main.reactions WHERE removed_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))',
    JSON.stringify(rewritten),
  );
  const over = new Set(isOver.map((row) => row.id));
  for (const id of [...settledAgain, ...rewritten]) if (!over.has(id)) isNew.add(id);
  // One that came and was over at once still came, and still ended.
  const ended = settled.filter((change) => change.removedAt !== null && (change.wasActive || isNew.has(change.id)));
  return { changed, added: [...isNew], ended: ended.map((change) => change.id) };
}

/** What a reaction says; the rest is bookkeeping. */
const SAID = new Set(['target_guid', 'part', 'kind', 'emoji', 'handle_id', 'is_from_me', 'reacted_at']);

/** Reactions whose row was rewritten in its place to say something else; to be asked before the update. */
function rewrittenReactions(db: Database): number[] {
  const differs = MERGES.reactions
    .filter(([column]) => SAID.has(column))
    .map(([column, sql]) => `m.${column} IS NOT (${sql})`)
    .join(' OR ');
  return db
    .all<{ id: number }>(
      `SELECT m.id FROM temp.diff_reactions d CROSS JOIN temp.staged_reactions s ON s.rowid = d.staged
         CROSS JOIN main.reactions m ON m.id = d.id ${withEntry('reactions')}
       WHERE m.is_removal = 0 AND (${differs})`,
    )
    .map((row) => row.id);
}

/** Takes over attachments; which message has which is written afterwards, when both have ids. */
export function mergeAttachments(db: Database): { changed: number } {
  const changed = insertNew(db, 'attachments') + updateChanged(db, 'attachments');
  takeFacts(db, 'attachments', null);
  return { changed };
}

/**
 * Records where else a row was seen, so that a deletion in one source is not taken for one in all, and that a row of
 * another source needs no second look.
 */
export function recordSightings(db: Database, sourceId: number): void {
  for (const [table, what] of SIGHTED) {
    db.run(
      `INSERT OR REPLACE INTO main.sightings (source_id, guid, source_rowid, source_state, what)
       SELECT ?, s.guid, s.source_rowid, s.source_state, ? FROM temp.shared_rows x
         CROSS JOIN temp.staged_${table} s ON s.rowid = x.staged CROSS JOIN main.${table} m ON m.id = x.id
       WHERE x.what = '${table}' AND m.source_id <> ?`,
      sourceId,
      what,
      sourceId,
    );
  }
}

const SIGHTED = [
  ['messages', 'row'],
  ['reactions', 'row'],
  ['poll_votes', 'row'],
  ['attachments', 'attachment'],
] as const;
