import type { Database } from '../sqlite/index.ts';
import { messageChanges, noteForSearch } from './changes.ts';
import type { Moment } from './conversations.ts';
import { arrivalOf, removalOf, settleConversations } from './forward.ts';
import { mergeAttachments, mergeReactions, recordSightings, replaceEdits } from './merge.ts';
import type { NewMessages } from './place-new.ts';
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
};

export type Merged = { inserted: number; updated: number; conversations: number };

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

/** Compares the reactions, votes or attachments of a batch, and takes over what differs. Answers how many changed. */
export function mergeOthers(
  db: Database,
  table: 'reactions' | 'poll_votes' | 'attachments',
  { sourceId, moment }: BatchOptions,
): number {
  compareBatch(db, table, sourceId);
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
