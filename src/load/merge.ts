import type { Database } from '../sqlite/index.ts';
import { settleAllReactions } from './reactions.ts';
import { insertNew, MERGES, updateChanged, withEntry } from './staging.ts';
import { takeFacts } from './versions/index.ts';

/**
 * Taking over what was staged and compared. Every function is part of one transaction's work, idempotent, and leaves the
 * store whole: a process killed between two transactions has lost nothing but the work still to do.
 */
const DIFF = 'temp.diff_messages';

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
  takeFacts(db, 'reactions');
  for (const id of gone) {
    changed += db.run('UPDATE main.reactions SET vanished_at = ? WHERE id = ?', nowMs, id).changes;
  }
  const settled = settleAllReactions(db, targets);
  const added = db.all<{ id: number }>(
    `SELECT r.id FROM temp.diff_reactions d CROSS JOIN temp.staged_reactions s ON s.rowid = d.staged
       CROSS JOIN main.reactions r ON r.guid = s.guid WHERE d.id IS NULL AND r.is_removal = 0`,
  );
  changed += insertNew(db, 'poll_votes') + updateChanged(db, 'poll_votes');
  takeFacts(db, 'poll_votes');
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
  takeFacts(db, 'attachments');
  return { changed };
}

/**
 * Records where else a row was seen, so that a deletion in one source is not taken for one in all, and that a row of
 * another source needs no second look.
 */
export function recordSightings(db: Database, sourceId: number): void {
  for (const [table, what] of SIGHTED) {
    const shared = `temp.shared_rows x CROSS JOIN temp.staged_${table} s ON s.rowid = x.staged
      CROSS JOIN main.${table} m ON m.id = x.id`;
    const elsewhere = `x.what = '${table}' AND m.source_id <> ?`;
    db.run(
      `INSERT OR FAIL INTO main.sightings (source_id, guid, source_rowid, source_state, what)
       SELECT ?, s.guid, s.source_rowid, s.source_state, ? FROM ${shared} WHERE ${elsewhere} AND x.known = 0`,
      ...[sourceId, what, sourceId],
    );
    // One by one: an upsert of many could fail in the middle, see `insertWith`.
    const moved = db.all<{ guid: string; rowid: number; state: number }>(
      `SELECT g.guid, s.source_rowid AS rowid, s.source_state AS state
       FROM ${shared} CROSS JOIN main.sightings g ON g.guid = m.guid AND g.source_id = ?
       WHERE ${elsewhere} AND x.known <> 0 AND (g.source_rowid <> s.source_rowid OR g.source_state <> s.source_state)`,
      ...[sourceId, sourceId],
    );
    for (const { guid, rowid, state } of moved) {
      db.run(
        'UPDATE main.sightings SET source_rowid = ?, source_state = ? WHERE guid = ? AND source_id = ?',
        ...[rowid, state, guid, sourceId],
      );
    }
  }
}

const SIGHTED = [
  ['messages', 'row'],
  ['reactions', 'row'],
  ['poll_votes', 'row'],
  ['attachments', 'attachment'],
] as const;
