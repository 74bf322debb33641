import { isoTime } from '../kernel/index.ts';
import type {
  AttachmentLine,
  ChatLine,
  ContactLine,
  ConversationLine,
  EventLine,
  MessageLine,
  ReactionLine,
  UnifiedChatLine,
} from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  EXPORT_ATTACHMENTS,
  EXPORT_CHATS,
  EXPORT_CONTACTS,
  EXPORT_CONVERSATIONS,
  EXPORT_EVENTS,
  EXPORT_MESSAGES,
  EXPORT_MESSAGES_ORDER,
  EXPORT_REACTIONS,
  UNIFIED_CHATS,
} from './export.sql.ts';

/** The public lines of everything in the store, one generator per kind, oldest first; nothing is held in memory. */
export type Exports = {
  messages: MessageLine;
  reactions: ReactionLine;
  attachments: AttachmentLine;
  chats: ChatLine;
  contacts: ContactLine;
  conversations: ConversationLine;
  events: EventLine;
};
export type ExportKind = keyof Exports;
export const EXPORT_KINDS: readonly ExportKind[] = [
  'messages',
  'reactions',
  'attachments',
  'chats',
  'contacts',
  'conversations',
  'events',
];

export function exportLines<K extends ExportKind>(db: Database, kind: K): Iterable<Exports[K]> {
  return READERS[kind](db);
}

/**
 * The chats, with those with one person, over however many addresses, as one: its identifier is that of the chat with
 * the newest message, its name the person's, and `chats` names all. Nothing in the store is merged for it.
 */
export function* unifiedChatLines(db: Database): Generator<UnifiedChatLine> {
  const groups = new Map<string, UnifiedChatLine[]>();
  for (const line of map(db.iterate<ChatRow & { person: number | null }>(UNIFIED_CHATS), (row) => ({
    key: row.person !== null ? `person ${row.person}` : `${row.kind} ${row.identifier}`,
    line: { ...chatLine(row), chats: [row.identifier] },
  }))) {
    groups.set(line.key, [...(groups.get(line.key) ?? []), line.line]);
  }
  for (const group of groups.values()) yield group.reduce(unifyChats);
}

function unifyChats(one: UnifiedChatLine, other: UnifiedChatLine): UnifiedChatLine {
  const both = [one, other];
  const times = (field: 'createdAt' | 'lastMessageAt') => both.flatMap((line) => line[field] ?? []).sort();
  const latest = (other.lastMessageAt ?? '') > (one.lastMessageAt ?? '') ? other : one;
  const all = (field: 'services' | 'participants' | 'chats') =>
    [...new Set(both.flatMap((line) => line[field]))].sort();
  return {
    identifier: latest.identifier,
    kind: one.kind,
    name: latest.name ?? one.name ?? other.name,
    services: all('services'),
    participants: all('participants'),
    createdAt: times('createdAt')[0] ?? null,
    lastMessageAt: times('lastMessageAt').at(-1) ?? null,
    messageCount: one.messageCount + other.messageCount,
    chats: all('chats'),
  };
}

function chatLine(row: ChatRow): ChatLine {
  return {
    identifier: row.identifier,
    kind: row.kind,
    name: row.name,
    services: list(row.services),
    participants: list(row.participants),
    createdAt: isoTime(row.createdAt),
    lastMessageAt: isoTime(row.lastMessageAt),
    messageCount: row.messageCount,
  };
}

const READERS: { [K in ExportKind]: (db: Database) => Iterable<Exports[K]> } = {
  messages: (db) => map(db.iterate<MessageRow>(`${EXPORT_MESSAGES} ${EXPORT_MESSAGES_ORDER}`), messageLine),
  reactions: (db) =>
    map(db.iterate<ReactionRow>(EXPORT_REACTIONS), ({ address, ...row }) => ({
      guid: row.guid,
      target: row.target,
      part: row.part,
      kind: row.kind,
      emoji: row.emoji,
      sender: sender(row.isFromMe, address),
      isFromMe: row.isFromMe !== 0,
      reactedAt: isoTime(row.reactedAt),
      removedAt: isoTime(row.removedAt),
    })),
  attachments: (db) =>
    map(db.iterate<Stored<AttachmentLine, 'isSticker'>>(EXPORT_ATTACHMENTS), (row) => ({
      ...row,
      isSticker: row.isSticker !== 0,
    })),
  chats: (db) => map(db.iterate<ChatRow>(EXPORT_CHATS), chatLine),
  contacts: (db) =>
    map(db.iterate<ContactRow>(EXPORT_CONTACTS), (row) => ({
      id: row.id,
      name: row.name,
      isMe: row.isMe !== 0,
      identifiers: list(row.identifiers),
      origin: row.origin,
    })),
  conversations: (db) =>
    map(db.iterate<ConversationRow>(EXPORT_CONVERSATIONS), (row) => ({
      id: row.id,
      chat: row.chat,
      startedAt: isoTime(row.startedAt),
      endedAt: isoTime(row.endedAt),
      messageCount: row.messageCount,
      initiator: sender(row.isFromMe, row.address),
      state: row.state,
      sealedAt: isoTime(row.sealedAt),
      revision: row.revision,
    })),
  events: (db) =>
    map(db.iterate<EventRow>(EXPORT_EVENTS), (row) => ({
      id: row.id,
      type: row.type,
      at: isoTime(row.at),
      chatId: row.chatId,
      data: JSON.parse(row.data) as unknown,
    })),
};

/** A line as the database gives it: flags as numbers, times as numbers, lists as JSON. */
type Stored<T, Flags extends keyof T> = { [K in keyof T]: K extends Flags ? number : T[K] };
type Times<T, Keys extends keyof T> = { [K in keyof T]: K extends Keys ? number | null : T[K] };

type MessageTimes = 'sentAt' | 'deliveredAt' | 'readAt' | 'editedAt' | 'unsentAt' | 'deletedAt';
export type MessageRow = Omit<
  Times<Stored<MessageLine, 'isFromMe' | 'historical'>, MessageTimes>,
  'sender' | 'edits' | 'attachments' | 'unsentParts'
> & { address: string | null; edits: string; attachments: string; unsentParts: string | null };
type ReactionRow = Omit<Times<Stored<ReactionLine, 'isFromMe'>, 'reactedAt' | 'removedAt'>, 'sender'> & {
  address: string | null;
};
type ChatRow = Omit<Times<ChatLine, 'createdAt' | 'lastMessageAt'>, 'services' | 'participants'> & {
  services: string;
  participants: string;
};
type ContactRow = Omit<Stored<ContactLine, 'isMe'>, 'identifiers'> & { identifiers: string };
type ConversationRow = Omit<Times<ConversationLine, 'startedAt' | 'endedAt' | 'sealedAt'>, 'initiator'> & {
  isFromMe: number | null;
  address: string | null;
};
type EventRow = Omit<EventLine, 'at' | 'data'> & { at: number; data: string };

export function messageLine(row: MessageRow): MessageLine {
  return {
    guid: row.guid,
    chat: row.chat,
    conversationId: row.conversationId,
    kind: row.kind,
    sender: sender(row.isFromMe, row.address),
    isFromMe: row.isFromMe !== 0,
    service: row.service,
    sentAt: isoTime(row.sentAt),
    deliveredAt: isoTime(row.deliveredAt),
    readAt: isoTime(row.readAt),
    text: row.text,
    edits:
      row.edits === '[]'
        ? []
        : (JSON.parse(row.edits) as [number | null, string | null][]).map(([at, text]) => ({ at: isoTime(at), text })),
    editedAt: isoTime(row.editedAt),
    unsentAt: isoTime(row.unsentAt),
    unsentParts: row.unsentParts === null ? [] : (JSON.parse(row.unsentParts) as number[]),
    deletedAt: isoTime(row.deletedAt),
    replyTo: row.replyTo,
    effect: row.effect,
    app: row.app,
    attachments: list(row.attachments),
    historical: row.historical !== 0,
  };
}

function sender(isFromMe: number | null, address: string | null): string | null {
  return isFromMe !== null && isFromMe !== 0 ? 'me' : address;
}

function list(json: string): string[] {
  return json === '[]' ? [] : (JSON.parse(json) as string[]);
}

function* map<A, B>(rows: Iterable<A>, turn: (row: A) => B): Generator<B> {
  for (const row of rows) yield turn(row);
}
