import type { Database } from '../sqlite/index.ts';
import { type Applied, applyBatch } from './apply.ts';
import { messageChanges, noteForSearch } from './changes.ts';
import type { Moment } from './conversations.ts';
import { arrivalOf, removalOf, settleConversations } from './forward.ts';
import { mergeAttachments, mergeReactions, recordSightings, replaceEdits } from './merge.ts';
import type { NewMessages } from './place-new.ts';
import type { RowRange } from './rows.ts';
import { addChatServices, servicesOfNew } from './services.ts';
import { clearDifferences, compareBatch, updateChanged } from './staging.ts';
import { foldNewTwins, resolveAliases } from './twins.ts';
import { takeFacts } from './versions/index.ts';

export type BatchOptions = {
  sourceId: number;
  /** The name under which the source is attached. */
  apple: string;
  moment: Moment;
  fresh: NewMessages;
  /** `findHeld` has been asked, and nobody else has written since. */
  found: boolean;
  /** Messages that a new row was found to be, in this import. */
  twins: Set<number>;
  /** What has changed is told to the world, as of a source that is followed; without it, an import tells of itself alone. */
  tell: ((applied: Applied) => void) | null;
};

export type Merged = { inserted: number; updated: number; conversations: number };

/** Lists of attachments are taken over when both sides are in the store. */
const NO_MESSAGES: RowRange = { from: 1, to: 0 };

/**
 * Compares the messages of a batch with what the store holds now, and takes over what differs, with conversations,
 * facts and sightings. To be called inside a transaction, which leaves the store whole.
 */
export function mergeMessages(db: Database, options: BatchOptions): Merged {
  const { sourceId, apple, moment, fresh, twins, found } = options;
  compareBatch(db, 'messages', sourceId, found);
  if (foldNewTwins(db, sourceId, apple, twins).length > 0) {
    clearDifferences(db);
    resolveAliases(db);
    compareBatch(db, 'messages', sourceId);
  }
  if (options.tell !== null) return tellMessages(db, options, options.tell);
  const changes = messageChanges(db);
  const added = fresh.insert(moment);
  replaceEdits(db, '1');
  const updated = updateChanged(db, 'messages');
  takeFacts(db, 'messages');
  noteForSearch(db, changes);
  recordSightings(db, sourceId);
  const moved = changes.filter((change) => change.moves);
  const settled = settleConversations(
    db,
    { removals: moved.flatMap(removalOf), arrivals: moved.flatMap(({ id }) => arrivalOf(db, id)) },
    moment,
  );
  if (changes.some(({ changed }) => changed.includes('sender'))) renewInitiators(db);
  addChatServices(db, servicesOfNew(db));
  return { inserted: added.messages, updated, conversations: added.conversations + settled.length };
}

/** The same, told of: as a batch of whoever follows. What comes now is caught up on, and so is nothing of it historical. */
function tellMessages(db: Database, options: BatchOptions, tell: (applied: Applied) => void): Merged {
  const applied = applyTold(db, options);
  if (applied.updated.some(({ changed }) => changed.includes('sender'))) renewInitiators(db);
  tell(applied);
  const { added, updated, conversations } = applied;
  return { inserted: added.length, updated: updated.length, conversations: conversations.length };
}

function applyTold(db: Database, { sourceId, moment }: BatchOptions): Applied {
  return applyBatch(db, {
    sourceId,
    moment,
    vanished: { messages: [], reactions: [] },
    removals: [],
    historicalBeforeMs: null,
    // What is deleted was not staged.
    mirrorDeletes: false,
    joined: NO_MESSAGES,
  });
}

/** Compares the reactions, votes or attachments of a batch, and takes over what differs. Answers how many changed. */
export function mergeOthers(
  db: Database,
  table: 'reactions' | 'poll_votes' | 'attachments',
  options: BatchOptions,
): number {
  const { sourceId, moment, tell } = options;
  compareBatch(db, table, sourceId);
  if (tell !== null) {
    const applied = applyTold(db, options);
    tell(applied);
    return applied.reactionsAdded.length + applied.reactionsEnded.length + applied.attachments.length;
  }
  const { changed } = table === 'attachments' ? mergeAttachments(db) : mergeReactions(db, [], moment.nowMs);
  recordSightings(db, sourceId);
  return changed;
}

/** Of a conversation's first message it may have come out who wrote it. */
function renewInitiators(db: Database): void {
  const sender = '(SELECT m.sender_id FROM main.messages m WHERE m.id = conversations.first_message_id)';
  db.run(
    `UPDATE main.conversations SET initiator_id = ${sender}, revision = revision + 1
     WHERE initiator_id IS NOT ${sender} AND id IN (
       SELECT m.conversation_id FROM temp.diff_messages d CROSS JOIN main.messages m ON m.id = d.id)`,
  );
}
