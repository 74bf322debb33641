import { iso, quantise } from '../apple-time.ts';
import type { MessagesDatabase } from '../database.ts';
import type { Random } from '../random.ts';
import { type AttachmentRow, type MessageRow, newAttachmentRow, newMessageRow } from '../rows.ts';
import { APP_MARK, Body } from '../text/body.ts';
import type { Handles } from './handles.ts';
import type {
  Address,
  AttachmentDraft,
  Chat,
  ChatRecord,
  Draft,
  JoinedAttachment,
  ReactionDraft,
  Sender,
  Sent,
} from './model.ts';
import { summaryInfo } from './summary.ts';
import type { TruthRecorder } from './truth.ts';

/** How many of a chat's latest messages are remembered for reactions and replies. */
const RECENT_LIMIT = 12;

/** From about here on, Messages leaves `text` empty on every Mac: 2026-03-01. */
const BODY_ONLY_SINCE_MS = 1_772_323_200_000;

/** Writes messages and reactions as rows, and notes the truth of them. */
export class HistoryWriter {
  readonly database: MessagesDatabase;
  readonly random: Random;
  readonly handles: Handles;
  readonly truth: TruthRecorder | null;
  readonly features: Record<string, number> = {};
  rowCount = 0;
  #nextRow = 1;

  constructor(database: MessagesDatabase, random: Random, handles: Handles, truth: TruthRecorder | null) {
    this.database = database;
    this.random = random;
    this.handles = handles;
    this.truth = truth;
  }

  /** Counts one occurrence of something worth finding in a history. */
  feature(name: string): void {
    this.features[name] = (this.features[name] ?? 0) + 1;
  }

  /** Leaves a gap in the ROWIDs, as deleted rows do. */
  skipRows(count: number): void {
    this.#nextRow += count;
  }

  post(draft: Draft): Sent {
    const { chat, from } = draft;
    const record = draft.record ?? chat.rows[0];
    const service = draft.service === undefined ? record.service : draft.service;
    const { dateUnit, readUnit } = this.database.facts;
    const atMs = quantise(draft.atMs, dateUnit);
    const guid = draft.guid ?? this.random.uuid();
    const row = newMessageRow(guid);
    row.ROWID = this.#takeRow();
    row.service = service;
    row.is_from_me = from === 'me' ? 1 : 0;
    row.handle_id = this.#handleFor(draft, service);
    this.#account(row, chat, record, service);
    const body = draft.body ?? (draft.text === null || draft.text === undefined ? null : Body.of(draft.text));
    this.#writeText(row, draft, body, atMs);
    row.date = draft.undated === undefined ? this.database.date(atMs, this.#belowMs()) : draft.undated;
    const deliveredAtMs = this.#optionalDate(draft.deliveredAtMs, this.#deliveredAt(row, draft, atMs), dateUnit);
    const readAtMs = this.#optionalDate(draft.readAtMs, this.#readAt(row, draft, atMs), readUnit);
    row.date_delivered = deliveredAtMs === null ? this.#noDate() : this.database.date(deliveredAtMs);
    row.date_read = readAtMs === null ? this.#noDate() : this.#readDate(readAtMs);
    row.is_read = readAtMs !== null || this.random.chance(0.4) ? 1 : 0;
    row.is_sent = from === 'me' ? 1 : 0;
    row.cache_roomnames = record.roomName;
    row.message_summary_info = summaryInfo(row, this.database.facts.level);
    if (draft.app !== undefined) row.balloon_bundle_id = draft.app;
    if (draft.effect !== undefined) row.expressive_send_style_id = draft.effect;
    if (draft.replyTo !== undefined) this.#thread(row, draft.replyTo);
    this.#spotlight(row);
    if (draft.fields !== undefined) Object.assign(row, draft.fields);
    const attached = (draft.attachments?.length ?? 0) + (draft.sharedAttachments?.length ?? 0) > 0;
    row.cache_has_attachments = attached ? 1 : 0;
    if (draft.alsoIn !== undefined && draft.alsoIn.length > 0) {
      const names = [record, ...draft.alsoIn.map((other) => other.record)].flatMap((r) => r.roomName ?? []);
      row.cache_roomnames = names.length === 0 ? null : names.join(',');
    }
    const rowId = this.database.insertMessage(row);
    this.rowCount += 1;
    this.#join(row, rowId, record, draft);
    const attachments = this.#attach(rowId, guid, draft, body);
    const sent: Sent = {
      rowId,
      guid,
      chat,
      record,
      atMs,
      from,
      service,
      text: body?.text ?? null,
      partCount: body?.partCount ?? 1,
      isBalloon: draft.app !== undefined,
      reactedBy: [],
      attachments: attachments.joined,
    };
    this.#note(draft, row, sent, attachments.order, deliveredAtMs, readAtMs);
    return sent;
  }

  /** Writes a reaction's row; removing rows (3000-3007) too. */
  react(draft: ReactionDraft): Sent {
    const { target, on, code } = draft;
    const { dateUnit } = this.database.facts;
    const atMs = quantise(draft.atMs, dateUnit);
    const guid = draft.guid ?? this.random.uuid();
    const row = newMessageRow(guid);
    row.ROWID = this.#takeRow();
    row.service = target.service ?? target.record.service;
    row.is_from_me = draft.from === 'me' ? 1 : 0;
    row.is_sent = row.is_from_me;
    row.handle_id = draft.from === 'me' ? 0 : this.handles.of(draft.from, row.service);
    this.#account(row, target.chat, target.record, row.service);
    const body = Body.of(REACTION_WORDS[code % 1000] ?? 'Reacted');
    this.#writeText(row, {}, body, atMs);
    row.date = this.database.date(atMs);
    row.date_read = this.#noDate();
    row.associated_message_type = code;
    const prefix = on === 'bp' ? 'bp:' : on === 'bare' ? '' : `p:${on}/`;
    row.associated_message_guid = `${prefix}${target.guid}`;
    row.associated_message_range_length = 1;
    row.associated_message_emoji = draft.emoji ?? null;
    row.cache_roomnames = target.record.roomName;
    row.message_summary_info = summaryInfo(row, this.database.facts.level);
    row.cache_has_attachments = draft.attachments === undefined ? 0 : 1;
    this.#spotlight(row);
    const rowId = this.database.insertMessage(row);
    this.rowCount += 1;
    this.database.joinMessage(target.record.rowId, rowId, row.date, row.index_state ?? 0);
    for (const attachment of draft.attachments ?? []) this.attach(rowId, guid, attachment);
    this.truth?.reaction({
      guid,
      target: target.guid,
      part: typeof on === 'number' ? on : null,
      emoji: code === 2006 ? (draft.emoji ?? null) : null,
      sender: senderName(draft.from, target.chat),
      isFromMe: draft.from === 'me',
      reactedAt: iso(atMs),
      code,
      atMs,
      rowId,
    });
    const { chat, record } = target;
    const sent = { rowId, guid, chat, record, atMs, from: draft.from, service: row.service, text: body.text };
    return { ...sent, partCount: 1, isBalloon: false, reactedBy: [], attachments: [] };
  }

  /** Writes a vote in a poll: a row of its own kind. */
  vote(draft: { target: Sent; from: 'me' | Address; atMs: number; app: string; payload: Uint8Array }): void {
    const { chat, record, guid, service } = draft.target;
    const row = newMessageRow(this.random.uuid());
    row.ROWID = this.#takeRow();
    row.service = service;
    row.is_from_me = draft.from === 'me' ? 1 : 0;
    row.handle_id = draft.from === 'me' ? 0 : this.handles.of(draft.from, service ?? record.service);
    this.#account(row, chat, record, service);
    row.date = this.database.date(quantise(draft.atMs, this.database.facts.dateUnit));
    row.balloon_bundle_id = draft.app;
    row.payload_data = draft.payload;
    row.associated_message_guid = guid;
    row.associated_message_type = 4000;
    row.cache_roomnames = record.roomName;
    this.#writeText(row, {}, Body.of(APP_MARK), draft.atMs);
    const rowId = this.database.insertMessage(row);
    this.rowCount += 1;
    this.database.joinMessage(record.rowId, rowId, row.date, row.index_state ?? 0);
    if (this.truth !== null) this.truth.pollVotes += 1;
  }

  /** Inserts an attachment and joins it; `messageId` null leaves it alone. Returns its ROWID. */
  attach(messageId: number | null, messageGuid: string | null, draft: AttachmentDraft): number {
    const row: AttachmentRow = { ...newAttachmentRow(draft.guid), ...draft };
    // What the generation has no column for is not true of the file either.
    if (!this.database.has('attachment', 'ck_sync_state')) row.ck_sync_state = 0;
    if (!this.database.has('attachment', 'is_sticker')) row.is_sticker = 0;
    const rowId = this.database.insertAttachment(row);
    if (messageId !== null) this.database.joinAttachment(messageId, rowId);
    this.truth?.attachment(row, messageGuid);
    return rowId;
  }

  #takeRow(): number {
    this.#nextRow += 1;
    return this.#nextRow - 1;
  }

  #handleFor(draft: Draft, service: string | null): number {
    const { chat, from } = draft;
    const on = service ?? 'iMessage';
    if (from === 'nobody') return 0;
    if (from !== 'me') return this.handles.of(from, on);
    const other = chat.members[0];
    if (chat.kind === 'group' || other === undefined) return 0;
    // Up to iOS 14 an own row always named the other person; later about half of them do.
    if (this.database.facts.level > 2 && this.random.chance(0.5)) return 0;
    return this.handles.of(other, on);
  }

  #account(row: MessageRow, chat: Chat, record: ChatRecord, service: string | null): void {
    const { phone, account, accountGuid } = this.handles.owner;
    row.account = account;
    row.account_guid = accountGuid;
    const bare = service === 'SMS' && this.random.chance(0.5);
    row.destination_caller_id = bare ? phone.slice(2) : phone;
    const style = chat.kind === 'group' ? '+' : '-';
    if (this.database.facts.anyService) row.ck_chat_id = `${service ?? record.service};${style};${record.identifier}`;
    row.ck_sync_state = 1;
  }

  #writeText(row: MessageRow, draft: Pick<Draft, 'textIn' | 'rawBody'>, body: Body | null, atMs: number): void {
    if (body === null && draft.rawBody === undefined) return;
    const usual = this.#textPlace(atMs, row.service);
    // Without a body nothing would say which mark is which attachment.
    const where = draft.textIn ?? (usual === 'column' && body?.attachmentGuids.length !== 0 ? 'both' : usual);
    if (where !== 'body') row.text = body?.text ?? null;
    if (draft.rawBody !== undefined) row.attributedBody = draft.rawBody;
    else if (where !== 'column' && body !== null) row.attributedBody = body.encode(this.random.chance(0.64));
    row.part_count = body?.partCount ?? 1;
  }

  #textPlace(atMs: number, service: string | null): 'both' | 'body' | 'column' {
    const { level, bodyOnlyShare } = this.database.facts;
    if (level >= 8 && atMs >= BODY_ONLY_SINCE_MS) return 'body';
    if (this.random.chance(bodyOnlyShare)) return 'body';
    return level < 8 && service === 'SMS' && this.random.chance(0.1) ? 'column' : 'both';
  }

  #deliveredAt(row: MessageRow, draft: Draft, atMs: number): number | null {
    if (row.is_from_me === 0 || row.service === 'SMS' || draft.undated !== undefined) return null;
    return this.random.chance(0.9) ? atMs + this.random.between(200, 4000) : null;
  }

  #readAt(row: MessageRow, draft: Draft, atMs: number): number | null {
    if (draft.undated !== undefined) return null;
    const share = row.is_from_me === 1 ? 0.35 : 0.8;
    return this.random.chance(share) ? atMs + 5000 + Math.floor(this.random.exponential(600_000)) : null;
  }

  #optionalDate(wanted: number | null | undefined, usual: number | null, unit: 's' | 'ns'): number | null {
    const atMs = wanted === undefined ? usual : wanted;
    return atMs === null ? null : quantise(atMs, unit);
  }

  #readDate(atMs: number): number | bigint {
    const { dateUnit, readUnit } = this.database.facts;
    return readUnit === dateUnit ? this.database.date(atMs) : this.handles.seconds(atMs);
  }

  /** Unset dates are NULL in some rows and 0 in others. */
  #noDate(): 0 | null {
    return this.random.chance(0.3) ? null : 0;
  }

  /** Nanoseconds below the millisecond, too few to round up. */
  #belowMs(): number {
    return this.random.chance(0.5) ? 0 : this.random.int(499) * 1000;
  }

  #thread(row: MessageRow, to: Sent): void {
    row.thread_originator_guid = to.guid;
    const length = to.text?.length ?? 1;
    row.thread_originator_part = this.random.chance(0.05) ? `18446744073709551615:0:${length}` : `0:0:${length}`;
  }

  /** Spotlight's bookkeeping, which says nothing about the message. */
  #spotlight(row: MessageRow): void {
    if (this.database.facts.level < 8) return;
    row.index_state = this.random.chance(0.95) ? 2 : this.random.int(4);
  }

  #join(row: MessageRow, rowId: number, record: ChatRecord, draft: Draft): void {
    if (draft.join === 'none') return;
    const state = row.index_state ?? 0;
    if (draft.deletedAtMs !== undefined) {
      this.database.addRecoverable(record.rowId, rowId, this.database.date(draft.deletedAtMs));
      return;
    }
    this.database.joinMessage(record.rowId, rowId, row.date, state);
    for (const other of draft.alsoIn ?? []) {
      this.database.joinMessage(other.record.rowId, rowId, row.date, state);
    }
  }

  #attach(
    rowId: number,
    guid: string,
    draft: Draft,
    body: Body | null,
  ): { joined: JoinedAttachment[]; order: string[] } {
    const joined: JoinedAttachment[] = [];
    for (const attachment of draft.attachments ?? []) {
      joined.push({ rowId: this.attach(rowId, guid, attachment), guid: attachment.guid });
    }
    for (const shared of draft.sharedAttachments ?? []) {
      this.database.joinAttachment(rowId, shared.rowId);
      joined.push(shared);
    }
    if (joined.length === 0) return { joined, order: [] };
    joined.sort((a, b) => a.rowId - b.rowId);
    const inBody = (body?.attachmentGuids ?? []).filter((g) => joined.some((j) => j.guid === g));
    const order = [...inBody, ...joined.map((j) => j.guid).filter((g) => !inBody.includes(g))];
    return { joined, order };
  }

  #note(
    draft: Draft,
    row: MessageRow,
    sent: Sent,
    attachments: string[],
    deliveredAtMs: number | null,
    readAtMs: number | null,
  ): void {
    const { chat, guid, atMs, rowId } = sent;
    const kind = draft.kind ?? 'text';
    if (row.service !== null && draft.join !== 'none') chat.services.add(row.service);
    if (kind !== 'event' && draft.join !== 'none' && draft.undated === undefined) {
      if (chat.recent.length === RECENT_LIMIT) chat.recent.shift();
      if (draft.isCounted !== false && draft.unsentAtMs === undefined) chat.recent.push(sent);
    }
    if (this.truth === null) return;
    if (draft.join === 'none') {
      this.truth.orphans += 1;
      return;
    }
    const isDated = draft.undated === undefined;
    this.truth.message({
      guid,
      chat: chat.identifier,
      kind,
      sender: senderName(draft.from, chat),
      isFromMe: draft.from === 'me',
      service: row.service,
      sentAt: isDated ? iso(atMs) : null,
      deliveredAt: deliveredAtMs === null ? null : iso(deliveredAtMs),
      readAt: readAtMs === null ? null : iso(readAtMs),
      text: draft.truthText === undefined ? sent.text : draft.truthText,
      edits: draft.edits ?? [],
      editedAt: draft.editedAtMs === undefined ? null : iso(draft.editedAtMs),
      unsentAt: draft.unsentAtMs === undefined ? null : iso(draft.unsentAtMs),
      unsentParts: draft.unsentParts ?? [],
      deletedAt: draft.deletedAtMs === undefined ? null : iso(draft.deletedAtMs),
      replyTo: this.database.has('message', 'thread_originator_guid') ? row.thread_originator_guid : null,
      effect: this.database.has('message', 'expressive_send_style_id') ? row.expressive_send_style_id : null,
      app: this.database.has('message', 'balloon_bundle_id') ? row.balloon_bundle_id : null,
      attachments,
      historical: false,
    });
    if (kind !== 'event' && draft.isCounted !== false) this.truth.counts(chat, guid, isDated ? atMs : null, rowId);
  }
}

const REACTION_WORDS: readonly string[] = ['Loved', 'Liked', 'Disliked', 'Laughed at', 'Emphasized', 'Questioned'];

function senderName(from: Sender, chat: Chat): string | null {
  if (from === 'me') return 'me';
  if (from === 'nobody') return chat.isSelf ? chat.identifier : null;
  return from.normal;
}
