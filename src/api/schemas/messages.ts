import { z } from 'zod';
import type { MessageLine, ReactionKind } from '../../model/index.ts';
import { chatQuery, count, cursor, flag, limit, maybeTime } from './common.ts';

/** A message as export writes it; see docs/cli.md. */
export const messageLine = z.object({
  guid: z.string(),
  chat: z.string(),
  conversationId: z.int().nullable(),
  kind: z.enum(['text', 'audio', 'sticker', 'location', 'app', 'event', 'unknown']),
  sender: z.string().nullable(),
  isFromMe: z.boolean(),
  service: z.string().nullable(),
  sentAt: maybeTime,
  deliveredAt: maybeTime,
  readAt: maybeTime,
  text: z.string().nullable(),
  edits: z.array(z.object({ at: maybeTime, text: z.string().nullable() })),
  editedAt: maybeTime,
  unsentAt: maybeTime,
  unsentParts: z.array(z.int()),
  deletedAt: maybeTime,
  replyTo: z.string().nullable(),
  effect: z.string().nullable(),
  app: z.string().nullable(),
  attachments: z.array(z.string()),
  historical: z.boolean(),
}) satisfies z.ZodType<MessageLine>;

const reactionKind = z.enum([
  'loved',
  'liked',
  'disliked',
  'laughed',
  'emphasized',
  'questioned',
  'emoji',
  'sticker',
]) satisfies z.ZodType<ReactionKind>;

/** A reaction that holds: ended ones are left out. */
export const messageReaction = z.object({
  kind: reactionKind,
  emoji: z.string().nullable(),
  senderName: z.string().nullable(),
  isFromMe: z.boolean(),
  part: z.int().nullable(),
});

export const messageAttachment = z.object({
  guid: z.string(),
  name: z.string().nullable(),
  mimeType: z.string().nullable(),
  bytes: count.nullable(),
  state: z.enum(['present', 'pending', 'missing']),
  isSticker: z.boolean(),
  url: z.string().nullable().describe('where its bytes are, when they are present'),
});

/** A message with what a timeline shows beside it. */
export const timelineMessage = messageLine.omit({ attachments: true }).extend({
  id: z.int(),
  cursor: cursor.describe('its place in the timeline, for `before` and `after`'),
  chatId: z.int(),
  senderName: z.string().nullable(),
  senderId: z.int().nullable(),
  reactions: z.array(messageReaction),
  replyPreview: z
    .object({
      guid: z.string(),
      senderName: z.string().nullable(),
      isFromMe: z.boolean(),
      text: z.string().nullable().describe('the beginning of its text, 200 characters at most'),
      kind: z.string(),
    })
    .nullable(),
  attachments: z.array(messageAttachment),
  preview: z.unknown().describe('of a link or an app, as the store keeps it: {title, url, summary, …}; null for none'),
  ranges: z.unknown().describe('mentions, links and formats in the text, as the store keeps them; null for none'),
  event: z.unknown().describe('what happened to the group, of kind event; else null'),
  subject: z.string().nullable(),
  isScheduled: z.boolean(),
});
export type TimelineMessage = z.infer<typeof timelineMessage>;

export const timelineQuery = z
  .object({
    limit,
    before: cursor.optional().describe('messages before this cursor'),
    after: cursor.optional().describe('messages after this cursor'),
    around: z.string().min(1).max(200).optional().describe('messages around the one with this guid'),
    unified: flag.describe('with all direct chats of the same person'),
  })
  .refine((query) => [query.before, query.after, query.around].filter((given) => given !== undefined).length <= 1, {
    error: 'before, after and around exclude each other',
  });

/** Oldest first. `older`: what to ask `before`; `newer`: what to ask `after`; null when nothing is there now. */
export const timeline = z.object({
  items: z.array(timelineMessage),
  older: cursor.nullable(),
  newer: cursor.nullable(),
});
export type Timeline = z.infer<typeof timeline>;

/** Messages by guid, as events name them. */
export const messagesQuery = z.object({
  guids: z
    .string()
    .max(20_000)
    .transform((list) => list.split(',').filter((guid) => guid !== ''))
    .pipe(z.array(z.string().max(200)).min(1).max(200))
    .describe('guids, joined by commas; 200 at most'),
});
export const messages = z.object({ items: z.array(timelineMessage) });

export const searchQuery = z.object({
  q: z.string().min(1).max(500).describe('words, or parts of words; "in quotes" they stay together'),
  chat: chatQuery.optional(),
  limit,
});
export const searchHit = messageLine.extend({
  chatId: z.int(),
  chatTitle: z.string(),
  senderName: z.string().nullable(),
  highlights: z.array(z.tuple([z.int(), z.int()])).describe('[start, length] in UTF-16 units of the text'),
});
export type SearchItem = z.infer<typeof searchHit>;
export const search = z.object({
  items: z.array(searchHit).describe('newest first'),
  isComplete: z.boolean().describe('false when there may be more than were asked for'),
});
