import type { Database } from '../sqlite/index.ts';
import type { Applied } from './apply.ts';
import type { Moment } from './conversations.ts';
import { removalOf, settleConversations } from './forward.ts';
import { type MergedReactions, mergeReactions } from './merge.ts';
import { settleAllReactions } from './reactions.ts';
import { removeMessages } from './remove.ts';
import type { Compared } from './staging.ts';
import { isElsewhere, markSharedGone } from './versions/index.ts';

/** When a row that its source has no more is said to have gone; votes and attachments are said nothing of. */
const GONE_AT: Readonly<Partial<Record<Compared, string>>> = { messages: 'deleted_at', reactions: 'vanished_at' };

const isUnseen = (table: Compared): string => `NOT EXISTS (SELECT 1 FROM temp.staged_${table} s WHERE s.guid = m.guid)`;

/** Rows that this source had, and that a complete reading of it did not find: by our ids. */
export function unseenRows(db: Database, table: Compared, sourceId: number, mirrorDeletes: boolean): number[] {
  const gone = GONE_AT[table];
  const isNoted = gone === undefined ? '1' : `m.${gone} IS NOT NULL AND ${mirrorDeletes ? '0' : '1'}`;
  return db
    .all<{ id: number }>(
      `SELECT m.id FROM main.${table} m
       WHERE m.source_id = ?1 AND NOT (m.source_rowid < 0 AND ${isNoted}) AND ${isUnseen(table)}
       UNION SELECT m.id FROM main.sightings v CROSS JOIN main.${table} m ON m.guid = v.guid
         WHERE v.source_id = ?1 AND v.source_rowid > 0 AND ${isUnseen(table)}`,
      sourceId,
    )
    .map(({ id }) => id);
}

export type TakeAway = { sourceId: number; ids: readonly number[]; mirrorDeletes: boolean; moment: Moment };

/** What came of it; reactions by their ids. */
export type TakenAway = Pick<Applied, 'deleted' | 'conversations'> & { reactions: MergedReactions };

/**
 * Notes that rows are gone from a source. One that is in another source too has gone from this one only. Their numbers
 * are kept below zero, where no row is: in a file that was built anew, or came back from a backup, another row may have
 * them.
 */
export function takeAway(db: Database, table: Compared, options: TakeAway): TakenAway {
  const { sourceId, moment, mirrorDeletes } = options;
  const { nowMs } = moment;
  const { alone, shared } = sortUnseen(db, table, options);
  forgetRowids(db, table, sourceId, alone);
  const taken: TakenAway = { deleted: [], conversations: [], reactions: { changed: 0, added: [], ended: [] } };
  if (table === 'messages') {
    const everywhere = markSharedGone(db, table, { sourceId, ids: shared, nowMs });
    if (mirrorDeletes) return { ...taken, ...removeGone(db, [...alone, ...everywhere], moment) };
    return { ...taken, deleted: [...markDeleted(db, alone, nowMs), ...placesOf(db, everywhere)] };
  }
  if (table === 'reactions') {
    const targets = targetsOf(db, markSharedGone(db, table, { sourceId, ids: shared, nowMs }));
    const settled = settleAllReactions(db, targets);
    const { changed, added, ended } = mergeReactions(db, alone, nowMs);
    // What one source says no more may end a reaction of it, or let an earlier one hold again.
    const isOver = (change: (typeof settled)[number]) => change.removedAt !== null;
    return {
      ...taken,
      reactions: {
        changed: changed + settled.length,
        added: [...added, ...settled.filter((change) => !isOver(change)).map(({ id }) => id)],
        ended: [...ended, ...settled.filter((change) => isOver(change) && change.wasActive).map(({ id }) => id)],
      },
    };
  }
  forgetRowids(db, table, sourceId, shared);
  return taken;
}

/** One that has meanwhile been found to live on under another guid is not among them. */
function sortUnseen(db: Database, table: Compared, { sourceId, ids }: TakeAway): { alone: number[]; shared: number[] } {
  const rows = db.all<{ id: number; isShared: number }>(
    `SELECT m.id, ${isElsewhere(sourceId)} AS isShared FROM json_each(?) i CROSS JOIN main.${table} m ON m.id = i.value
     WHERE ${isUnseen(table)}`,
    JSON.stringify(ids),
  );
  const [shared, alone] = [
    rows.filter(({ isShared }) => isShared !== 0),
    rows.filter(({ isShared }) => isShared === 0),
  ];
  return { alone: alone.map(({ id }) => id), shared: shared.map(({ id }) => id) };
}

function forgetRowids(db: Database, table: Compared, sourceId: number, ids: readonly number[]): void {
  db.run(
    `UPDATE main.${table} SET source_rowid = -abs(source_rowid)
     WHERE source_id = ? AND id IN (SELECT value FROM json_each(?))`,
    ...[sourceId, JSON.stringify(ids)],
  );
}

function removeGone(
  db: Database,
  ids: readonly number[],
  moment: Moment,
): Pick<TakenAway, 'deleted' | 'conversations'> {
  const removed = removeMessages(db, ids);
  const conversations = settleConversations(db, { removals: removed.flatMap(removalOf), arrivals: [] }, moment);
  return { deleted: removed.map(({ guid, chat }) => ({ guid, chat, removed: true })), conversations };
}

function markDeleted(db: Database, ids: readonly number[], nowMs: number): TakenAway['deleted'] {
  return deletedOf(
    db.all<Gone>(
      `UPDATE main.messages SET deleted_at = ? WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?))
       RETURNING guid, chat_id AS chat`,
      ...[nowMs, JSON.stringify(ids)],
    ),
  );
}

function placesOf(db: Database, ids: readonly number[]): TakenAway['deleted'] {
  return deletedOf(
    db.all<Gone>(
      'SELECT guid, chat_id AS chat FROM main.messages WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(ids),
    ),
  );
}

type Gone = { guid: string; chat: number };

/** Marked as deleted, and still there. */
function deletedOf(rows: readonly Gone[]): TakenAway['deleted'] {
  return rows.map((row) => ({ ...row, removed: false }));
}

function targetsOf(db: Database, reactions: readonly number[]): string[] {
  return db
    .all<{ target: string }>(
      'SELECT DISTINCT target_guid AS target FROM main.reactions WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(reactions),
    )
    .map(({ target }) => target);
}
