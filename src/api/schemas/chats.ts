import { z } from 'zod';
import { analysisResult } from './analysis.ts';
import { count, flag, maybeTime, page, pageQuery, time } from './common.ts';

/** Somebody who takes part in a chat, or wrote something. `name` is null for whom no address book knows. */
export const person = z.object({ contactId: z.int(), address: z.string(), name: z.string().nullable() });
export type Person = z.infer<typeof person>;

export const conversationState = z.enum(['active', 'sealed', 'ready']);

/** A conversation as export writes it, with the names that a page shows. */
export const conversation = z.object({
  id: z.int(),
  chat: z.string(),
  chatId: z.int(),
  startedAt: maybeTime,
  endedAt: maybeTime,
  messageCount: count,
  initiator: z.string().nullable(),
  initiatorName: z.string().nullable(),
  state: conversationState,
  sealedAt: maybeTime,
  revision: count,
  sealsAt: maybeTime.describe('when an active one will be sealed, should nobody say more; else null'),
});
export type Conversation = z.infer<typeof conversation>;

/** The newest thing said in a chat, to be shown in a list. */
export const lastMessage = z.object({
  guid: z.string(),
  kind: z.string(),
  text: z.string().nullable().describe('the beginning of the text, 200 characters at most'),
  isFromMe: z.boolean(),
  senderName: z.string().nullable(),
  sentAt: maybeTime,
  unsentAt: maybeTime,
  deletedAt: maybeTime,
  attachments: count,
});

export const chat = z.object({
  id: z.int(),
  identifier: z.string(),
  kind: z.enum(['direct', 'group']),
  name: z.string().nullable().describe('the name it was given'),
  title: z.string().describe('what to call it: its name, else the names or addresses of those who take part'),
  services: z.array(z.string()),
  participants: z.array(person),
  createdAt: maybeTime,
  lastMessageAt: maybeTime,
  messageCount: count,
  lastMessage: lastMessage.nullable(),
  activeConversation: conversation.nullable(),
  members: z
    .array(z.int())
    .describe(
      'the ids of all chats that this row stands for: itself, and with unified=true those with the same person',
    ),
});
export type Chat = z.infer<typeof chat>;

export const chatsQuery = pageQuery.extend({
  q: z.string().max(200).optional().describe('part of a name, of an identifier or of the name of somebody in it'),
  unified: flag.describe('direct chats with one person (by phone and by mail) as one'),
});
export const chats = page(chat).describe('newest message first');

export const unifiedQuery = z.object({ unified: flag.describe('with all direct chats of the same person') });

export const conversationsQuery = pageQuery.extend({
  unified: flag.describe('of all direct chats with the same person'),
});
export const conversations = page(conversation).describe('newest first');

/** One conversation: what is known of it, and who said how much. */
export const conversationDetail = conversation.extend({
  chatTitle: z.string(),
  firstMessage: z.string().nullable().describe('the guid of its first message'),
  lastMessage: z.string().nullable().describe('the guid of its last message'),
  people: z.array(
    z.object({ contactId: z.int().nullable(), name: z.string().nullable(), isFromMe: z.boolean(), messages: count }),
  ),
  analysis: z.array(analysisResult).describe('what passes found in it'),
});
export type ConversationDetail = z.infer<typeof conversationDetail>;

export const contact = z.object({
  id: z.int(),
  name: z.string().nullable(),
  isMe: z.boolean(),
  isOrganization: z.boolean(),
  identifiers: z.array(z.string()),
  origin: z.enum(['address-book', 'placeholder', 'me']),
  directChats: z.array(
    z.object({ id: z.int(), identifier: z.string(), messageCount: count, lastMessageAt: time.nullable() }),
  ),
});
export type Contact = z.infer<typeof contact>;

export const contactsQuery = pageQuery.extend({
  q: z.string().max(200).optional().describe('part of a name or of an identifier'),
});
export const contacts = page(contact).describe('those with a name first, by name');
