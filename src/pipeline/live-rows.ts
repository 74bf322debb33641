import type { SparseInts } from '../kernel/index.ts';
import {
  adoptRows,
  clearDifferences,
  clearStaging,
  compareStaged,
  foldNewTwins,
  insertListedRows,
  listRows,
  type Misfit,
  type QuarantineReason,
  resolveAliases,
  STAGED,
} from '../load/index.ts';
import type { AttachmentJoinRow, MessagesSchema } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  attachmentKind,
  attachmentProjection,
  type Columns,
  ROW_CLASS,
  type RowContext,
  reactionProjection,
  registerRowFunctions,
  rowClassSql,
  sentAtSql,
  voteProjection,
} from '../transform/index.ts';
import { AttachmentJoiner } from './attachment-joins.ts';
import { HOLD_ORPHANS_MS } from './options.ts';
import { isMessageClass } from './placements.ts';
import { messageColumns, SliceCopier } from './slice-copier.ts';
import { APPLE } from './source-run.ts';

export type RecentlyDeleted = ReadonlyMap<number, { chat: number; deletedAt: number | null }>;

/** Rows that could not become anything of ours, by reason. */
export type Misfits = Map<QuarantineReason, Misfit[]>;

/**
 * Reads single rows of a followed source by the rules of an import, into the tables aside, and compares them with what
 * we hold. The look-ups that an import fills for all rows are filled here for these alone.
 */
export class LiveRows {
  readonly #db: Database;
  readonly #schema: MessagesSchema;
  readonly #context: RowContext;
  readonly #sourceId: number;
  readonly #chatOfRow: ReadonlyMap<number, number>;
  /** Where the listed rows belong; the context asks it. */
  readonly #chats: SparseInts;
  readonly #owners = new Map<number, number>();
  readonly #joiner: AttachmentJoiner;
  #copier: SliceCopier | null = null;

  constructor(
    db: Database,
    schema: MessagesSchema,
    context: RowContext,
    sourceId: number,
    chatOfRow: ReadonlyMap<number, number>,
    chats: SparseInts,
  ) {
    this.#db = db;
    this.#schema = schema;
    this.#context = context;
    this.#chats = chats;
    this.#sourceId = sourceId;
    this.#chatOfRow = chatOfRow;
    // Comparing needs them before the first row is read.
    registerRowFunctions(db, context);
    this.#joiner = new AttachmentJoiner(db, APPLE);
    db.function('owner_of', (rowid: number) => this.#owners.get(rowid) ?? null);
  }

  /** Stages and compares; answers what did not fit. `attachments` are read beside those of the messages. */
  stage(rows: Iterable<number>, attachments: Iterable<number>, deleted: RecentlyDeleted, nowMs: number): Misfits {
    clearStaging(this.#db);
    this.#clearContext();
    const list = listRows(this.#db, 'live_rows', rows);
    const joined = this.#readAttachments(list);
    const misfits: Misfits = new Map();
    const { reactions, votes } = this.#place(list, deleted, nowMs, misfits);
    this.#copyMessages(list, misfits);
    this.#copy(STAGED.reactions, reactionProjection(this.#columns, this.#sourceId, this.#me), reactions);
    this.#copy(STAGED.votes, voteProjection(this.#columns, this.#sourceId), votes);
    this.#copyAttachments(new Set([...joined, ...attachments]));
    resolveAliases(this.#db);
    adoptRows(this.#db, this.#sourceId);
    compareStaged(this.#db, this.#sourceId);
    if (foldNewTwins(this.#db, this.#sourceId, APPLE).length > 0) this.#compareAgain();
    return misfits;
  }

  get #columns(): Columns {
    return messageColumns(this.#schema);
  }

  get #me(): number {
    return this.#context.meContact;
  }

  #compareAgain(): void {
    clearDifferences(this.#db);
    resolveAliases(this.#db);
    compareStaged(this.#db, this.#sourceId);
  }

  #clearContext(): void {
    this.#chats.clear();
    this.#context.attachmentKindOf.clear();
    this.#context.severalAttachments.clear();
    this.#context.deletedAtOf.clear();
    this.#owners.clear();
  }

  /** Kinds and owners of the attachments of the listed rows; answers their row ids. */
  #readAttachments(list: string): number[] {
    if (!this.#schema.has('attachment') || !this.#schema.has('message_attachment_join')) return [];
    const column = (name: string) => this.#schema.column('a', 'attachment', name);
    const byMessage = new Map<number, AttachmentJoinRow[]>();
    const rows = this.#db.all<AttachmentJoinRow>(
      `SELECT j.message_id AS message, a.ROWID AS attachment,
         coalesce(CAST(${column('is_sticker')} AS INTEGER), 0) <> 0 AS isSticker,
         CAST(${column('uti')} AS TEXT) AS uti, CAST(${column('transfer_name')} AS TEXT) AS name
       FROM ${list} l CROSS JOIN ${APPLE}.message_attachment_join j ON j.message_id = l.rowid_listed
         JOIN ${APPLE}.attachment a ON a.ROWID = j.attachment_id
       WHERE a.guid IS NOT NULL ORDER BY j.message_id, a.ROWID`,
    );
    for (const row of rows) byMessage.set(row.message, [...(byMessage.get(row.message) ?? []), row]);
    for (const [message, attachments] of byMessage) {
      const kind = attachmentKind(attachments);
      if (kind !== null) this.#context.attachmentKindOf.set(message, kind);
      if (attachments.length > 1) this.#context.severalAttachments.add(message);
    }
    return rows.map((row) => row.attachment);
  }

  /** Where each row belongs. Rows that are no messages have no chat, as in an import. */
  #place(list: string, deleted: RecentlyDeleted, nowMs: number, misfits: Misfits) {
    const chats = new Map<number, number>();
    const joins = this.#db.all<{ message: number; chat: number }>(
      `SELECT j.message_id AS message, j.chat_id AS chat
       FROM ${list} l CROSS JOIN ${APPLE}.chat_message_join j ON j.message_id = l.rowid_listed
       WHERE typeof(j.chat_id) = 'integer' ORDER BY j.ROWID`,
    );
    for (const { message, chat } of joins) {
      const id = this.#chatOfRow.get(chat);
      if (id !== undefined && !chats.has(message)) chats.set(message, id);
    }
    const reactions: number[] = [];
    const votes: number[] = [];
    const rows = this.#db.all<{ rowid: number; time: number | null; class: number }>(
      `SELECT m.ROWID AS rowid, ${sentAtSql(this.#columns)} AS time, ${rowClassSql(this.#columns)} AS class
       FROM ${list} l CROSS JOIN ${APPLE}.message m ON m.ROWID = l.rowid_listed`,
    );
    for (const row of rows) {
      if (row.class === ROW_CLASS.reaction) reactions.push(row.rowid);
      else if (row.class === ROW_CLASS.vote) votes.push(row.rowid);
      else if (!isMessageClass(row.class)) add(misfits, 'row_unreadable', { rowid: row.rowid });
      else if (!this.#placeMessage(row.rowid, chats.get(row.rowid), deleted)) {
        add(misfits, 'no_chat', { rowid: row.rowid, held: nowMs - (row.time ?? 0) < HOLD_ORPHANS_MS });
      }
    }
    return { reactions, votes };
  }

  #placeMessage(rowid: number, joined: number | undefined, deleted: RecentlyDeleted): boolean {
    const recently = joined === undefined ? deleted.get(rowid) : undefined;
    const chat = joined ?? (recently === undefined ? undefined : this.#chatOfRow.get(recently.chat));
    if (chat === undefined) return false;
    this.#chats.set(rowid, chat);
    if (recently !== undefined && recently.deletedAt !== null) this.#context.deletedAtOf.set(rowid, recently.deletedAt);
    return true;
  }

  #copyMessages(list: string, misfits: Misfits): void {
    // Made once: its functions stay with the connection.
    this.#copier ??= new SliceCopier(this.#db, this.#schema, this.#context, this.#sourceId, STAGED);
    this.#copier.copyListed(list);
    const { attachmentOrder, undecodable } = this.#copier.findings;
    for (const rowid of undecodable) add(misfits, 'body_undecodable', { rowid });
    if (this.#schema.has('message_attachment_join') && this.#schema.has('attachment')) {
      const joins = `${list} l CROSS JOIN ${APPLE}.message_attachment_join j ON j.message_id = l.rowid_listed`;
      this.#joiner.insert(STAGED.attachmentJoins, joins, attachmentOrder);
    }
    attachmentOrder.clear();
    undecodable.length = 0;
  }

  #copy(into: string, projection: ReturnType<typeof voteProjection>, rowids: readonly number[]): void {
    if (rowids.length === 0) return;
    const list = listRows(this.#db, 'live_others', rowids);
    insertListedRows(this.#db, into, projection, { table: `${APPLE}.message`, alias: 'm', list, id: false });
  }

  #copyAttachments(rowids: ReadonlySet<number>): void {
    if (rowids.size === 0 || !this.#schema.has('attachment')) return;
    const list = listRows(this.#db, 'live_attachments', rowids);
    if (this.#schema.has('message_attachment_join')) {
      const owners = this.#db.all<{ attachment: number; message: number }>(
        `SELECT j.attachment_id AS attachment, min(j.message_id) AS message
         FROM ${list} l CROSS JOIN ${APPLE}.message_attachment_join j ON j.attachment_id = l.rowid_listed
         WHERE typeof(j.message_id) = 'integer' GROUP BY j.attachment_id`,
      );
      for (const { attachment, message } of owners) this.#owners.set(attachment, message);
    }
    const column: Columns = (name) => (name === 'ROWID' ? 'a.ROWID' : this.#schema.column('a', 'attachment', name));
    insertListedRows(this.#db, STAGED.attachments, attachmentProjection(column, APPLE, this.#sourceId), {
      ...{ table: `${APPLE}.attachment`, alias: 'a', list, id: false },
      where: 'a.guid IS NOT NULL',
    });
  }
}

function add(misfits: Misfits, reason: QuarantineReason, misfit: Misfit): void {
  const known = misfits.get(reason);
  if (known === undefined) misfits.set(reason, [misfit]);
  else known.push(misfit);
}
