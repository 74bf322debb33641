import type { Edit, MessageKind } from '../../model/index.ts';
import type { AttachmentRow, MessageRow } from '../rows.ts';
import type { Body } from '../text/body.ts';

/** An address as Messages stores it in `handle`, and as it reads when normalised. */
export type Address = { id: string; normal: string; country: string | null; uncanonical: string | null };

/** One row of `chat`. */
export type ChatRecord = { rowId: number; service: string; identifier: string; roomName: string | null };

/** A chat as a person sees it: one or several rows of `chat`. `rows[0]` has the lowest ROWID. */
export type Chat = {
  rows: [ChatRecord, ...ChatRecord[]];
  /** The identifier of export lines: normalised address, or the group's chat_identifier. */
  identifier: string;
  kind: 'direct' | 'group';
  name: string | null;
  isSelf: boolean;
  /** The others; never the owner, but in a self chat the owner's own address. */
  members: Address[];
  language: string;
  /** Every service that its rows, joins and messages name. */
  services: Set<string>;
  /** The latest messages, for reactions and replies. */
  recent: Sent[];
};

/** Who a message is from: the owner, an address, or nobody (received without a handle). */
export type Sender = 'me' | 'nobody' | Address;

export type Sent = {
  rowId: number;
  guid: string;
  chat: Chat;
  record: ChatRecord;
  atMs: number;
  from: Sender;
  service: string | null;
  text: string | null;
  partCount: number;
  isBalloon: boolean;
  /** Addresses that have reacted to it. */
  reactedBy: string[];
  attachments: JoinedAttachment[];
};

/** An attachment in the database. */
export type JoinedAttachment = { rowId: number; guid: string };

export type AttachmentDraft = Partial<AttachmentRow> & { guid: string };

/** A message to be written, as it stands at the end of its life. Times in Unix milliseconds. */
export type Draft = {
  chat: Chat;
  atMs: number;
  from: Sender;
  /** Null: the column is NULL. Default: the service of the chat's first row. */
  service?: string | null;
  record?: ChatRecord;
  /** The text in words; `body` goes before it. Null: neither text nor body. */
  text?: string | null;
  body?: Body;
  /** Bytes for attributedBody in place of what the body encodes to: damaged ones, mostly. */
  rawBody?: Uint8Array | null;
  /** Where the text goes: both columns, only one of them. Default: as the generation does. */
  textIn?: 'both' | 'body' | 'column';
  /** What an export has to say, where it differs from the text. */
  truthText?: string | null;
  kind?: MessageKind;
  app?: string;
  effect?: string;
  replyTo?: Sent;
  attachments?: AttachmentDraft[];
  /** Attachments that were inserted for another message before. */
  sharedAttachments?: JoinedAttachment[];
  edits?: Edit[];
  editedAtMs?: number;
  unsentAtMs?: number;
  unsentParts?: number[];
  deletedAtMs?: number;
  deliveredAtMs?: number | null;
  readAtMs?: number | null;
  /** NULL or 0 in `date`. */
  undated?: null | 0;
  /** False: a scheduled message that waits. */
  isCounted?: boolean;
  /** Chats it is joined to after its own. */
  alsoIn?: { chat: Chat; record: ChatRecord }[];
  /** `none`: in no chat at all. */
  join?: 'chat' | 'none';
  guid?: string;
  fields?: Partial<MessageRow>;
};

export type ReactionDraft = {
  target: { guid: string; chat: Chat; record: ChatRecord; service: string | null };
  /** `bp`: the whole balloon; `bare`: the guid alone. */
  on: number | 'bp' | 'bare';
  from: 'me' | Address;
  /** associated_message_type: 1000, 2000-2007, 3000-3007. */
  code: number;
  emoji?: string;
  atMs: number;
  attachments?: AttachmentDraft[];
  guid?: string;
};
