/**
 * When a row of the archive and the row of the source that it came from say the same. Every fact that export shows
 * (and what search and replies rest on) is in a table here, with how the two sides may meet; what is left out stands
 * in LEFT_OUT, with the reason. Everything else that differs is a difference.
 */

/**
 * `same`: equal, where the row came from this source; a row that came from another source is that one's to judge.
 * `filled`: as `same`, but the archive may know what this source does not say; and of a row of another source it must
 * know whether it knows anything.
 * `active`: both null or both not: whether, not when.
 */
type Meeting = 'same' | 'filled' | 'active';

export type Fact = {
  /** As export names it; for what export does not show, as the store does. */
  field: string;
  /** SQL over the row, `x` standing for its table. */
  sql: string;
  meet: Meeting;
  /** True where Apple overwrites it when a message is unsent, wholly or in part. */
  overwritten?: true;
  /** True where an edit changes it: the side that knows the later edit is right. */
  edited?: true;
};

const ADDRESS = '(SELECT h.address FROM SCHEMA.handles h WHERE h.id = x.handle_id)';

export const MESSAGE_FACTS: readonly Fact[] = [
  { field: 'sender', sql: ADDRESS, meet: 'filled' },
  { field: 'isFromMe', sql: 'x.is_from_me', meet: 'same' },
  { field: 'kind', sql: 'x.kind', meet: 'same', overwritten: true },
  { field: 'text', sql: 'x.text', meet: 'filled', overwritten: true, edited: true },
  { field: 'sentAt', sql: 'x.sent_at', meet: 'filled' },
  { field: 'service', sql: 'x.service', meet: 'filled' },
  { field: 'deliveredAt', sql: 'x.delivered_at', meet: 'filled' },
  { field: 'readAt', sql: 'x.read_at', meet: 'filled' },
  { field: 'played_at', sql: 'x.played_at', meet: 'filled' },
  { field: 'editedAt', sql: 'x.edited_at', meet: 'filled', edited: true },
  { field: 'unsentAt', sql: 'x.unsent_at', meet: 'filled' },
  { field: 'unsentParts', sql: 'x.unsent_parts', meet: 'filled' },
  { field: 'deletedAt', sql: 'x.deleted_at', meet: 'same' },
  { field: 'replyTo', sql: 'x.reply_to', meet: 'filled' },
  { field: 'reply_part', sql: 'x.reply_part', meet: 'filled' },
  { field: 'effect', sql: 'x.effect', meet: 'filled' },
  { field: 'app', sql: 'x.app', meet: 'filled' },
  { field: 'preview', sql: 'x.preview', meet: 'filled' },
  { field: 'ranges', sql: 'x.ranges', meet: 'filled', overwritten: true, edited: true },
  { field: 'subject', sql: 'x.subject', meet: 'filled' },
  { field: 'event', sql: 'x.event', meet: 'filled' },
  { field: 'is_scheduled', sql: 'x.is_scheduled', meet: 'same' },
];

export const REACTION_FACTS: readonly Fact[] = [
  { field: 'target', sql: 'x.target_guid', meet: 'same' },
  { field: 'part', sql: 'x.part', meet: 'same' },
  { field: 'kind', sql: 'x.kind', meet: 'same' },
  { field: 'emoji', sql: 'x.emoji', meet: 'filled' },
  { field: 'is_removal', sql: 'x.is_removal', meet: 'same' },
  { field: 'sender', sql: ADDRESS, meet: 'filled' },
  { field: 'isFromMe', sql: 'x.is_from_me', meet: 'same' },
  { field: 'reactedAt', sql: 'x.reacted_at', meet: 'filled' },
  { field: 'removedAt', sql: 'x.removed_at', meet: 'active' },
  // Seen in the source, so it has not vanished.
  { field: 'vanished_at', sql: 'x.vanished_at', meet: 'same' },
];

export const ATTACHMENT_FACTS: readonly Fact[] = [
  { field: 'message', sql: 'x.message_guid', meet: 'filled' },
  { field: 'name', sql: 'x.name', meet: 'filled' },
  { field: 'mimeType', sql: 'x.mime_type', meet: 'filled' },
  { field: 'uti', sql: 'x.uti', meet: 'filled' },
  { field: 'bytes', sql: 'x.bytes', meet: 'filled' },
  { field: 'path', sql: 'x.path', meet: 'filled' },
  { field: 'state', sql: 'x.state', meet: 'same' },
  { field: 'isSticker', sql: 'x.is_sticker', meet: 'same' },
  { field: 'is_hidden', sql: 'x.is_hidden', meet: 'same' },
  { field: 'created_at', sql: 'x.created_at', meet: 'filled' },
];

export const VOTE_FACTS: readonly Fact[] = [
  { field: 'target', sql: 'x.target_guid', meet: 'filled' },
  { field: 'sender', sql: ADDRESS, meet: 'filled' },
  { field: 'isFromMe', sql: 'x.is_from_me', meet: 'same' },
  { field: 'votedAt', sql: 'x.voted_at', meet: 'filled' },
  { field: 'choices', sql: 'x.choices', meet: 'filled' },
];

/** What is not compared, and why. */
export const LEFT_OUT: readonly { what: string; why: string }[] = [
  { what: 'ids, conversationId', why: 'numbers of one store; conversations are compared by their members' },
  { what: 'historical', why: 'says how a row came to us, which a fresh import cannot know' },
  { what: 'source_id, source_rowid', why: 'where a row was seen; a rebuilt chat.db numbers its rows anew' },
  { what: 'sender_id, initiator', why: 'who an address stands for changes with the address book' },
  { what: 'removedAt, the moment', why: 'a later act may have vanished from the source; that it ended is compared' },
  { what: 'text, ranges, edits, attachments, kind of what was unsent', why: 'Apple overwrites them; we keep ours' },
  { what: 'text, ranges, edits, editedAt where we know a later edit', why: 'an older copy of a source is older' },
  { what: 'order of attachments that the source has let go of', why: 'they stand behind the others' },
  { what: "quarantine's times and state held", why: 'they depend on when the rows were seen' },
  { what: 'identifier of a chat known by an alias', why: 'a chat keeps the name under which it came' },
  { what: 'first_seen_at and the like, events, search index', why: 'they are about the archive, not the source' },
];

export type Value = string | number | null;
export type Pair = { ours: Value; theirs: Value };

/** What has to be known of a message to judge its facts. */
export type Circumstances = {
  /** The row came from this source, and not from another that has it too. */
  isOwn: boolean;
  /** The source says it was unsent, wholly or in part. */
  isUnsent: boolean;
  /** We know a later edit than the source. */
  isEditedSince: boolean;
  /** Unsent as a whole: parts are not told any more. */
  isUnsentWhole: boolean;
};

export const PLAIN: Omit<Circumstances, 'isOwn'> = { isUnsent: false, isEditedSince: false, isUnsentWhole: false };

/** Whether the two sides of one fact are a difference, after what LEFT_OUT says is set aside. */
export function isDifference(fact: Fact, { ours, theirs }: Pair, about: Circumstances): boolean {
  if (ours === theirs) return false;
  if (fact.edited === true && about.isEditedSince) return false;
  // What was overwritten may differ, but not be missing here while it stands there.
  if (fact.overwritten === true && about.isUnsent && ours !== null) return false;
  if (fact.field === 'unsentParts' && about.isUnsentWhole) return false;
  if (fact.meet === 'active') return (ours === null) !== (theirs === null);
  if (fact.meet === 'same') return about.isOwn;
  if (theirs === null) return false;
  return about.isOwn || ours === null;
}

/**
 * Whether two lists, as JSON, are a difference. Of versions of a text: an unsent message may have lost its own in the
 * source. Of attachments: the source's come first, in their order; what it has let go of stays behind them.
 */
export function isListDifference(list: 'edits' | 'attachments', pair: Pair, about: Circumstances): boolean {
  const { ours, theirs } = pair;
  if (ours === theirs || theirs === '[]') return false;
  if (list === 'edits' && (about.isEditedSince || about.isUnsent || !about.isOwn)) return ours === '[]';
  if (list === 'edits') return true;
  const held = JSON.parse(String(ours)) as string[];
  const said = JSON.parse(String(theirs)) as string[];
  const inOrder = about.isOwn ? said.every((guid, at) => held[at] === guid) : said.every((guid) => held.includes(guid));
  return !inOrder;
}
