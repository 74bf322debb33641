/**
 * How what a source says now follows what it said before: `m` is what we hold of it, `s` what it says. It is believed,
 * but nothing we hold is given up because Apple let go of it: the text of what was unsent stays. How what several
 * sources say meets is the affair of `versions`.
 */
const NOT_OLDER = 'coalesce(s.edited_at, 0) >= coalesce(m.edited_at, 0)';
const SAME_VERSION = 's.edited_at IS m.edited_at';

const KEEP_TEXT = `(m.text IS NOT NULL AND (s.text IS NULL OR s.unsent_at IS NOT NULL OR NOT (${NOT_OLDER})
  OR (${SAME_VERSION} AND s.unsent_parts IS NOT NULL)))`;

const believed = (column: string) => `s.${column}`;
const added = (column: string) => `coalesce(s.${column}, m.${column})`;
const withText = (column: string) => `CASE WHEN ${KEEP_TEXT} THEN m.${column} ELSE s.${column} END`;

/** Every column of `messages` that may change, with the value it has once both sides are heard. */
export const MESSAGE_MERGE: readonly (readonly [column: string, sql: string])[] = [
  ['chat_id', believed('chat_id')],
  ['sender_id', 'CASE WHEN s.is_from_me THEN s.sender_id ELSE coalesce(s.sender_id, m.sender_id) END'],
  ['handle_id', 'CASE WHEN s.is_from_me THEN NULL ELSE coalesce(s.handle_id, m.handle_id) END'],
  ['kind', 'CASE WHEN s.unsent_at IS NULL THEN s.kind ELSE m.kind END'],
  ['text', withText('text')],
  // Where it stands among the others, and so which conversations there are, is what a fresh import would say.
  ['sent_at', believed('sent_at')],
  ['is_from_me', believed('is_from_me')],
  ['service', added('service')],
  ['delivered_at', added('delivered_at')],
  ['read_at', added('read_at')],
  ['played_at', added('played_at')],
  ['edited_at', `CASE WHEN ${NOT_OLDER} THEN coalesce(s.edited_at, m.edited_at) ELSE m.edited_at END`],
  ['unsent_at', added('unsent_at')],
  [
    'unsent_parts',
    `CASE WHEN coalesce(s.unsent_at, m.unsent_at) IS NULL THEN coalesce(s.unsent_parts, m.unsent_parts) END`,
  ],
  ['deleted_at', believed('deleted_at')],
  ['reply_to', added('reply_to')],
  ['reply_part', added('reply_part')],
  ['effect', added('effect')],
  ['app', added('app')],
  ['preview', added('preview')],
  ['ranges', withText('ranges')],
  ['subject', added('subject')],
  ['event', added('event')],
  ['is_scheduled', believed('is_scheduled')],
];

export const REACTION_MERGE: readonly (readonly [column: string, sql: string])[] = [
  ['target_guid', believed('target_guid')],
  ['part', believed('part')],
  ['kind', believed('kind')],
  ['emoji', added('emoji')],
  ['is_removal', believed('is_removal')],
  ['sender_id', added('sender_id')],
  ['handle_id', added('handle_id')],
  ['is_from_me', believed('is_from_me')],
  ['reacted_at', added('reacted_at')],
  ['vanished_at', 'NULL'],
];

export const ATTACHMENT_MERGE: readonly (readonly [column: string, sql: string])[] = [
  ['message_guid', added('message_guid')],
  ['name', added('name')],
  ['mime_type', added('mime_type')],
  ['uti', added('uti')],
  ['bytes', added('bytes')],
  ['path', added('path')],
  ['state', believed('state')],
  ['is_sticker', believed('is_sticker')],
  ['is_hidden', believed('is_hidden')],
  ['created_at', added('created_at')],
];

export const VOTE_MERGE: readonly (readonly [column: string, sql: string])[] = [
  ['target_guid', added('target_guid')],
  ['choices', added('choices')],
  ['voted_at', added('voted_at')],
];
