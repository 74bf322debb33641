import type { Database } from '../sqlite/index.ts';
import { updateAttachmentJoins } from './attachments.ts';
import { attachmentChanges, type MessageChange, messageChanges, noteForSearch, type RowChange } from './changes.ts';
import type { Moment } from './conversations.ts';
import { arrivalOf, type ConversationChange, type Removal, removalOf, settleConversations } from './forward.ts';
import { mergeAttachments, mergeReactions, recordSightings, replaceEdits } from './merge.ts';
import { removeMessages } from './remove.ts';
import type { RowRange } from './rows.ts';
import { addChatServices, servicesOfNew } from './services.ts';
import { insertNew, updateChanged } from './staging.ts';
import { isElsewhere, markSharedGone, takeFacts } from './versions/index.ts';

/**
 * One batch of live changes. The rows are staged and compared; `vanished` are ids of ours whose rows are gone from the
 * source. To be called inside the transaction that also writes the events of what is answered and the position in the
 * source, so that all of it is there or nothing.
 */
export type Batch = {
  sourceId: number;
  vanished: { messages: readonly number[]; reactions: readonly number[] };
  /** Messages that count no more because a twin has taken their place. */
  removals: readonly Removal[];
  /** New messages sent before this are old news (Unix milliseconds); null while catching up. */
  historicalBeforeMs: number | null;
  /** What is deleted in the source is removed from the store. */
  mirrorDeletes: boolean;
  moment: Moment;
  /** The messages, by row ids of the source, whose lists of attachments are staged whole; without it, all of them. */
  joined?: RowRange;
};

/** Nothing yet. */
export function nothingApplied(): Applied {
  return {
    ...{ added: [], updated: [], deleted: [], reactionsAdded: [], reactionsEnded: [], attachments: [] },
    conversations: [],
  };
}

export type NewMessage = { id: number; guid: string; chat: number; counts: number; historical: number };

export type Applied = {
  added: NewMessage[];
  updated: (RowChange & { chat: number })[];
  deleted: { guid: string; chat: number; removed: boolean }[];
  reactionsAdded: ReactionFacts[];
  reactionsEnded: ReactionFacts[];
  attachments: RowChange[];
  conversations: ConversationChange[];
};

export type ReactionFacts = { guid: string; target: string; part: number | null; kind: string; chat: number | null };

export function applyBatch(db: Database, batch: Batch): Applied {
  flagHistorical(db, batch.historicalBeforeMs);
  if (batch.mirrorDeletes) leaveOutDeleted(db);
  const changes = messageChanges(db);
  insertNew(db, 'messages');
  const edited = replaceEdits(db, '1');
  updateChanged(db, 'messages');
  takeFacts(db, 'messages');
  const added = newMessages(db);
  noteForSearch(db, changes);
  const gone = goneMessages(db, batch, changes);
  const left = batch.mirrorDeletes ? removeMessages(db, gone.removed) : [];
  const kept = batch.mirrorDeletes
    ? []
    : [...markDeleted(db, gone.vanished, batch.moment.nowMs), ...namesOf(db, gone.everywhere)];

  const attachments = attachmentChanges(db);
  mergeAttachments(db);
  const rejoined = updateAttachmentJoins(db, batch.joined);
  const reactions = mergeReactions(db, batch.vanished.reactions, batch.moment.nowMs);
  recordSightings(db, batch.sourceId);
  addChatServices(db, servicesOfNew(db));

  const removed = new Set(left.map((message) => message.id));
  const moved = changes.filter((change) => change.moves && !removed.has(change.id));
  const conversations = settleConversations(
    db,
    {
      removals: [...batch.removals, ...left.flatMap(removalOf), ...moved.flatMap(removalOf)],
      arrivals: [...added.filter((message) => message.counts === 1 && !removed.has(message.id)), ...moved].flatMap(
        ({ id }) => arrivalOf(db, id),
      ),
    },
    batch.moment,
  );
  return {
    added: added.filter((message) => !removed.has(message.id)),
    updated: updatedOf(db, changes, { edits: edited, attachments: rejoined }, removed),
    deleted: [
      ...left.map(({ guid, chat }) => ({ guid, chat, removed: true })),
      ...kept.map((message) => ({ ...message, removed: false })),
      ...changes
        .filter((change) => change.isDeleted && !change.wasDeleted && !removed.has(change.id))
        .map(({ guid, chat }) => ({ guid, chat, removed: false })),
    ],
    reactionsAdded: reactionFacts(db, reactions.added),
    reactionsEnded: reactionFacts(db, reactions.ended),
    attachments,
    conversations,
  };
}

function flagHistorical(db: Database, beforeMs: number | null): void {
  if (beforeMs === null) return;
  db.run(
    `UPDATE temp.staged_messages SET historical = 1 WHERE sent_at < ?
       AND rowid IN (SELECT staged FROM temp.diff_messages WHERE id IS NULL)`,
    beforeMs,
  );
}

/** What was deleted before we ever heard of it does not come, and nobody is told that it went. */
function leaveOutDeleted(db: Database): void {
  const unheard = `temp.diff_messages d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged
    WHERE d.id IS NULL AND s.deleted_at IS NOT NULL`;
  db.run(`DELETE FROM temp.diff_attachments WHERE id IS NULL AND staged IN (
    SELECT a.rowid FROM temp.staged_attachments a WHERE a.message_guid IN (SELECT s.guid FROM ${unheard}))`);
  db.run(`DELETE FROM temp.diff_messages WHERE staged IN (SELECT d.staged FROM ${unheard})`);
}

function newMessages(db: Database): NewMessage[] {
  return db.all<NewMessage>(
    `SELECT m.id, m.guid, m.chat_id AS chat, m.kind <> 'event' AND m.is_scheduled = 0 AS counts, m.historical
     FROM temp.diff_messages d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged CROSS JOIN main.messages m ON m.guid = s.guid
     WHERE d.id IS NULL ORDER BY m.id`,
  );
}

/**
 * Messages that a further source still holds are not gone, and neither are those that a staged row speaks for: a twin.
 * Recently deleted ones leave a mirrored store, too.
 */
function goneMessages(db: Database, batch: Batch, changes: readonly MessageChange[]) {
  const vanished: number[] = [];
  const shared: number[] = [];
  for (const id of batch.vanished.messages) {
    const isShared = db.value<number>(
      `SELECT ${isElsewhere(batch.sourceId)} FROM messages m WHERE m.id = ?
         AND NOT EXISTS (SELECT 1 FROM temp.diff_messages d WHERE d.id = m.id)`,
      id,
    );
    if (isShared !== null) (isShared === 0 ? vanished : shared).push(id);
  }
  const { sourceId, moment } = batch;
  const everywhere = markSharedGone(db, 'messages', { sourceId, ids: shared, nowMs: moment.nowMs });
  const recently = db
    .all<{ id: number }>(
      // Temporary tables have no statistics: unforced, the planner begins with all the messages of the source.
      `SELECT m.id FROM temp.diff_messages d CROSS JOIN temp.staged_messages s ON s.rowid = d.staged
         CROSS JOIN main.messages m ON m.guid = s.guid WHERE m.deleted_at IS NOT NULL AND m.source_id = ?`,
      batch.sourceId,
    )
    .map((row) => row.id);
  const deleted = changes.filter((change) => change.isDeleted).map((change) => change.id);
  return { vanished, everywhere, removed: [...new Set([...vanished, ...everywhere, ...recently, ...deleted])] };
}

function markDeleted(db: Database, ids: readonly number[], nowMs: number): { guid: string; chat: number }[] {
  return ids.flatMap(
    (id) =>
      db.get<{ guid: string; chat: number }>(
        `UPDATE messages SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL RETURNING guid, chat_id AS chat`,
        nowMs,
        id,
      ) ?? [],
  );
}

function namesOf(db: Database, ids: readonly number[]): { guid: string; chat: number }[] {
  return ids.flatMap(
    (id) => db.get<{ guid: string; chat: number }>('SELECT guid, chat_id AS chat FROM messages WHERE id = ?', id) ?? [],
  );
}

/**
 * What changed of messages that stay, apart from being deleted, which is told by itself. `lists`: the messages of which
 * another table has changed.
 */
function updatedOf(
  db: Database,
  changes: readonly MessageChange[],
  lists: Readonly<Record<'edits' | 'attachments', readonly number[]>>,
  removed: ReadonlySet<number>,
): Applied['updated'] {
  const updated = new Map<number, RowChange & { chat: number }>();
  for (const { id, guid, chat, changed, isDeleted, wasDeleted } of changes) {
    const told = isDeleted && !wasDeleted ? changed.filter((field) => field !== 'deletedAt') : changed;
    if (told.length > 0 && !removed.has(id)) updated.set(id, { id, guid, chat, changed: told });
  }
  const isNew = new Set(newMessages(db).map((message) => message.id));
  for (const [field, ids] of Object.entries(lists)) {
    for (const id of ids) {
      if (isNew.has(id) || removed.has(id)) continue;
      const known = updated.get(id);
      if (known !== undefined) known.changed.push(field);
      else for (const message of messagesWith(db, [id], field)) updated.set(id, message);
    }
  }
  return [...updated.values()];
}

/** Messages, by their ids, of which a list beside the row has changed. */
export function messagesWith(db: Database, ids: readonly number[], field: string): Applied['updated'] {
  return ids.flatMap((id) => namesOf(db, [id]).map((names) => ({ id, ...names, changed: [field] })));
}

/** Of reactions, by their ids, what there is to tell. */
export function reactionFacts(db: Database, ids: readonly number[]): ReactionFacts[] {
  return ids.flatMap(
    (id) =>
      db.get<ReactionFacts>(
        `SELECT r.guid, r.target_guid AS target, r.part, r.kind, m.chat_id AS chat
         FROM reactions r LEFT JOIN messages m ON m.guid = r.target_guid WHERE r.id = ?`,
        id,
      ) ?? [],
  );
}
