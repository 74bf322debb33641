import type { MessagesDatabase } from './database.ts';
import { encodeEditInfo, type Ranges } from './edit-info.ts';
import { encodeAttributedBody } from './encode/typedstream.ts';
import type { Handles } from './history/handles.ts';
import type { Address, AttachmentDraft, JoinedAttachment } from './history/model.ts';
import type { Random } from './random.ts';
import { type MessageRow, newAttachmentRow, newMessageRow } from './rows.ts';
import { Body } from './text/body.ts';

/**
 * What Messages does to its database, one act at a time, on a live one: every function leaves the rows as Messages
 * would, and the triggers do the rest. Times are Unix milliseconds; each act is as many statements as on a Mac, not a
 * transaction.
 */
export type Pen = { database: MessagesDatabase; random: Random; handles: Handles };

/** A row of `chat` to write to. */
export type LiveChat = { rowId: number; service: string; identifier: string; isGroup: boolean };

/** A message that was sent, with what a later edit has to know of it. */
export type LiveMessage = {
  rowId: number;
  guid: string;
  chat: LiveChat;
  atMs: number;
  versions: { atMs: number; text: string }[];
};

type From = 'me' | Address;

export type SendOptions = {
  from: From;
  atMs: number;
  text?: string;
  body?: Body;
  attachments?: AttachmentDraft[];
  /** False: the row is written, but not yet joined to its chat, as Messages leaves it for a moment. */
  join?: boolean;
  fields?: Partial<MessageRow>;
};

export function send(pen: Pen, chat: LiveChat, options: SendOptions): LiveMessage {
  const body = options.body ?? Body.of(options.text ?? '');
  const row = startRow(pen, chat, options.from, options.atMs);
  row.text = pen.random.chance(pen.database.facts.bodyOnlyShare) ? null : body.text;
  row.attributedBody = body.encode();
  row.part_count = body.partCount;
  Object.assign(row, options.fields);
  const rowId = pen.database.insertMessage(row);
  const { atMs } = options;
  const message = { rowId, guid: row.guid, chat, atMs, versions: [{ atMs, text: body.text }] };
  if (options.join !== false) join(pen, message);
  for (const attachment of options.attachments ?? []) attach(pen, message, attachment);
  return message;
}

/** Puts a message into its chat, where `send` did not. */
export function join(pen: Pen, message: LiveMessage): void {
  pen.database.joinDated(message.chat.rowId, message.rowId, 0);
}

export function attach(pen: Pen, message: { rowId: number }, draft: AttachmentDraft): JoinedAttachment {
  const rowId = pen.database.insertAttachment({ ...newAttachmentRow(draft.guid), ...draft });
  pen.database.joinAttachment(message.rowId, rowId);
  return { rowId, guid: draft.guid };
}

/** A file moves on: arrives (5), fails (6), is evicted to iCloud (0 with `ck_sync_state` 1). */
export function changeTransfer(
  pen: Pen,
  attachment: JoinedAttachment,
  change: { state: number; filename?: string | null; bytes?: number; syncState?: number },
): void {
  pen.database.updateAttachment(attachment.rowId, {
    transfer_state: change.state,
    ...(change.filename === undefined ? {} : { filename: change.filename }),
    ...(change.bytes === undefined ? {} : { total_bytes: change.bytes }),
    ...(change.syncState === undefined ? {} : { ck_sync_state: change.syncState }),
  });
}

/** Marks a message as delivered to, or read by, the other side (own messages) or as read here. */
export function receipt(pen: Pen, message: LiveMessage, kind: 'delivered' | 'read', atMs: number): void {
  const date = pen.database.date(atMs);
  const change = kind === 'delivered' ? { is_delivered: 1, date_delivered: date } : { is_read: 1, date_read: date };
  pen.database.updateMessage(message.rowId, change);
}

/** Edits a message of one part. Needs macOS 13 or iOS 16. */
export function edit(pen: Pen, message: LiveMessage, text: string, atMs: number): void {
  message.versions.push({ atMs, text });
  const [original] = message.versions;
  const ranges: Ranges = { '0': { lo: 0, le: original?.text.length ?? 0 } };
  pen.database.updateMessage(message.rowId, {
    text: pen.database.facts.level >= 8 ? null : text,
    attributedBody: Body.of(text).encode(),
    date_edited: pen.database.date(atMs),
    message_summary_info: encodeEditInfo(ranges, [{ part: 0, versions: message.versions }]),
  });
}

/** Unsends a whole message, in the way of the generation. Its attachments go, too. */
export function unsend(pen: Pen, message: LiveMessage, atMs: number): void {
  const { database } = pen;
  const date = database.date(atMs);
  const length = message.versions[0]?.text.length ?? 0;
  database.updateMessage(message.rowId, {
    text: null,
    attributedBody: encodeAttributedBody('', []),
    ...(database.facts.level >= 6 ? { date_edited: date, is_empty: 1 } : { date_retracted: date }),
    message_summary_info: encodeEditInfo({ '0': { lo: 0, le: length } }, [], [0]),
  });
  database.db.run('DELETE FROM message_attachment_join WHERE message_id = ?', message.rowId);
}

/** Unsends parts of a message; `left` is what stays, with its part numbers, `ranges` what the parts were. */
export function unsendParts(
  pen: Pen,
  message: LiveMessage,
  parts: readonly number[],
  left: Body,
  ranges: Ranges,
  atMs: number,
): void {
  pen.database.updateMessage(message.rowId, {
    text: pen.database.facts.level >= 8 ? null : left.text,
    attributedBody: left.encode(),
    date_edited: pen.database.date(atMs),
    message_summary_info: encodeEditInfo(ranges, [], parts),
  });
}

export type LiveReaction = { rowId: number; guid: string; target: LiveMessage; part: number; code: number };

/** Reacts with a tapback (2000-2007). A reaction that it replaces is deleted, as Messages does. */
export function react(
  pen: Pen,
  target: LiveMessage,
  options: {
    from: From;
    code: number;
    atMs: number;
    part?: number;
    emoji?: string;
    replaces?: LiveReaction;
    guid?: string;
  },
): LiveReaction {
  const part = options.part ?? 0;
  if (options.replaces !== undefined) deleteForGood(pen, options.replaces);
  const row = startRow(pen, target.chat, options.from, options.atMs);
  row.guid = options.guid ?? row.guid;
  row.attributedBody = Body.of('Reacted').encode();
  row.associated_message_type = options.code;
  row.associated_message_guid = `p:${part}/${target.guid}`;
  row.associated_message_range_length = target.versions.at(-1)?.text.length ?? 0;
  row.associated_message_emoji = options.emoji ?? null;
  const rowId = pen.database.insertMessage(row);
  pen.database.joinMessage(target.chat.rowId, rowId, row.date, 0);
  return { rowId, guid: row.guid, target, part, code: options.code };
}

/** Takes a reaction back: its row goes and a removing one comes. */
export function unreact(pen: Pen, reaction: LiveReaction, from: From, atMs: number): LiveReaction {
  const { target, part, code } = reaction;
  return react(pen, target, { from, code: code + 1000, atMs, part, replaces: reaction });
}

/** Deletes a message for the time being: it moves to Recently Deleted (macOS 13, iOS 16), else it goes for good. */
export function deleteRecently(pen: Pen, message: LiveMessage, atMs: number): void {
  const { database } = pen;
  if (!database.has('chat_recoverable_message_join')) {
    deleteForGood(pen, message);
    return;
  }
  database.addRecoverable(message.chat.rowId, message.rowId, database.date(atMs));
  database.db.run(
    'DELETE FROM chat_message_join WHERE chat_id = ? AND message_id = ?',
    message.chat.rowId,
    message.rowId,
  );
}

/** Brings a recently deleted message back. */
export function restore(pen: Pen, message: LiveMessage): void {
  join(pen, message);
  pen.database.db.run('DELETE FROM chat_recoverable_message_join WHERE message_id = ?', message.rowId);
}

/** Deletes a row of `message`: its joins go, and the triggers take the row and note its guid. */
export function deleteForGood(pen: Pen, message: { rowId: number }): void {
  const { db } = pen.database;
  if (pen.database.has('chat_recoverable_message_join')) {
    db.run('DELETE FROM chat_recoverable_message_join WHERE message_id = ?', message.rowId);
  }
  db.run('DELETE FROM message_attachment_join WHERE message_id = ?', message.rowId);
  db.run('DELETE FROM chat_message_join WHERE message_id = ?', message.rowId);
  // The oldest generation has no trigger for this.
  db.run('DELETE FROM message WHERE ROWID = ?', message.rowId);
}

/** Renames a group; null takes its name away. */
export function rename(pen: Pen, chat: LiveChat, name: string | null, from: From, atMs: number): LiveMessage {
  pen.database.updateChat(chat.rowId, { display_name: name });
  return event(pen, chat, from, atMs, { item_type: 2, group_title: name });
}

/** Somebody comes into a group, brought by `from`. */
export function addMember(pen: Pen, chat: LiveChat, member: Address, from: From, atMs: number): LiveMessage {
  const handle = pen.handles.of(member, chat.service);
  pen.database.joinHandle(chat.rowId, handle);
  return event(pen, chat, from, atMs, { item_type: 1, group_action_type: 0, other_handle: handle });
}

/** Somebody leaves a group. */
export function leave(pen: Pen, chat: LiveChat, member: Address, atMs: number): LiveMessage {
  const handle = pen.handles.of(member, chat.service);
  const left = event(pen, chat, member, atMs, { item_type: 3, group_action_type: 0 });
  pen.database.db.run('DELETE FROM chat_handle_join WHERE chat_id = ? AND handle_id = ?', chat.rowId, handle);
  return left;
}

function event(pen: Pen, chat: LiveChat, from: From, atMs: number, fields: Partial<MessageRow>): LiveMessage {
  const row = startRow(pen, chat, from, atMs);
  Object.assign(row, { part_count: null, ...fields });
  const rowId = pen.database.insertMessage(row);
  pen.database.joinMessage(chat.rowId, rowId, row.date, 0);
  return { rowId, guid: row.guid, chat, atMs, versions: [] };
}

function startRow(pen: Pen, chat: LiveChat, from: From, atMs: number): MessageRow {
  const row = newMessageRow(pen.random.uuid());
  row.service = chat.service;
  row.account = pen.handles.owner.account;
  row.destination_caller_id = pen.handles.owner.phone;
  row.date = pen.database.date(atMs);
  row.is_from_me = from === 'me' ? 1 : 0;
  row.is_sent = row.is_from_me;
  row.is_read = 0;
  row.is_delivered = from === 'me' ? 0 : 1;
  row.handle_id = from === 'me' ? 0 : pen.handles.of(from, chat.service);
  row.index_state = 0;
  if (pen.database.facts.anyService) {
    row.ck_chat_id = `${chat.service};${chat.isGroup ? '+' : '-'};${chat.identifier}`;
  }
  return row;
}
