/**
 * The lines of `chatstats export`, one type per kind: the public shape of everything in the store.
 * Times are ISO 8601 UTC with milliseconds, addresses are normalised, absent values are null.
 */
export type Edit = { at: string | null; text: string | null };

export type MessageKind = 'text' | 'audio' | 'sticker' | 'location' | 'app' | 'event' | 'unknown';

export type MessageLine = {
  guid: string;
  chat: string;
  conversationId: number | null;
  kind: MessageKind;
  sender: string | null;
  isFromMe: boolean;
  service: string | null;
  sentAt: string | null;
  deliveredAt: string | null;
  readAt: string | null;
  text: string | null;
  edits: Edit[];
  editedAt: string | null;
  unsentAt: string | null;
  unsentParts: number[];
  deletedAt: string | null;
  replyTo: string | null;
  effect: string | null;
  app: string | null;
  attachments: string[];
  historical: boolean;
};

export type ReactionKind =
  | 'loved'
  | 'liked'
  | 'disliked'
  | 'laughed'
  | 'emphasized'
  | 'questioned'
  | 'emoji'
  | 'sticker';

export type ReactionLine = {
  guid: string;
  target: string;
  part: number | null;
  kind: ReactionKind;
  emoji: string | null;
  sender: string | null;
  isFromMe: boolean;
  reactedAt: string | null;
  removedAt: string | null;
};

export type AttachmentState = 'present' | 'pending' | 'missing';

export type AttachmentLine = {
  guid: string;
  message: string | null;
  name: string | null;
  mimeType: string | null;
  uti: string | null;
  bytes: number | null;
  path: string | null;
  state: AttachmentState;
  isSticker: boolean;
};

export type ChatLine = {
  identifier: string;
  kind: 'direct' | 'group';
  name: string | null;
  services: string[];
  participants: string[];
  createdAt: string | null;
  lastMessageAt: string | null;
  messageCount: number;
};

/** `chats`: the identifiers of all that are shown as one. */
export type UnifiedChatLine = ChatLine & { chats: string[] };

export type ContactOrigin = 'address-book' | 'placeholder' | 'me';

export type ContactLine = {
  id: number;
  name: string | null;
  isMe: boolean;
  identifiers: string[];
  origin: ContactOrigin;
};

export type ConversationState = 'active' | 'sealed' | 'ready';

export type ConversationLine = {
  id: number;
  chat: string;
  startedAt: string | null;
  endedAt: string | null;
  messageCount: number;
  initiator: string | null;
  state: ConversationState;
  sealedAt: string | null;
  revision: number;
};

export type EventLine = { id: number; type: string; at: string; chatId: number | null; data: unknown };
