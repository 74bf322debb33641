import { stringify } from 'csv-stringify/sync';
import type { UnifiedChatLine } from '../model/index.ts';
import type { Exports } from '../store/index.ts';

/** What can be written as CSV: every kind of an export, and chats that are shown as one. */
type Lines = Exports & { unifiedChats: UnifiedChatLine };
export type CsvKind = keyof Lines;

/** The columns of each kind, in the order of the contract. The types see to it that none is missing. */
const CHAT = {
  identifier: true,
  kind: true,
  name: true,
  services: true,
  participants: true,
  createdAt: true,
  lastMessageAt: true,
  messageCount: true,
} as const;

const COLUMNS: { [K in CsvKind]: Record<keyof Lines[K], true> } = {
  messages: {
    guid: true,
    chat: true,
    conversationId: true,
    kind: true,
    sender: true,
    isFromMe: true,
    service: true,
    sentAt: true,
    deliveredAt: true,
    readAt: true,
    text: true,
    edits: true,
    editedAt: true,
    unsentAt: true,
    unsentParts: true,
    deletedAt: true,
    replyTo: true,
    effect: true,
    app: true,
    attachments: true,
    historical: true,
  },
  reactions: {
    guid: true,
    target: true,
    part: true,
    kind: true,
    emoji: true,
    sender: true,
    isFromMe: true,
    reactedAt: true,
    removedAt: true,
  },
  attachments: {
    guid: true,
    message: true,
    name: true,
    mimeType: true,
    uti: true,
    bytes: true,
    path: true,
    state: true,
    isSticker: true,
  },
  chats: CHAT,
  unifiedChats: { ...CHAT, chats: true },
  contacts: { id: true, name: true, isMe: true, identifiers: true, origin: true },
  conversations: {
    id: true,
    chat: true,
    startedAt: true,
    endedAt: true,
    messageCount: true,
    initiator: true,
    state: true,
    sealedAt: true,
    revision: true,
  },
  events: { id: true, type: true, at: true, chatId: true, data: true },
};

export function csvColumns(kind: CsvKind): string[] {
  return Object.keys(COLUMNS[kind]);
}

export function csvHeader(kind: CsvKind): string {
  return stringify([csvColumns(kind)]);
}

/** Lines of an export as CSV (RFC 4180, lines ended by \n): lists joined by a space, null and empty lists as nothing. */
export function csvRows(kind: CsvKind, lines: readonly object[]): string {
  const columns = csvColumns(kind);
  return stringify(lines.map((line) => columns.map((column) => cell((line as Record<string, unknown>)[column]))));
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cell).join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
