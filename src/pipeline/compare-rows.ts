import { appleTimeSql } from '../decode/index.ts';
import {
  type ListedRanges,
  listRanges,
  type MessagesSchema,
  pump,
  type RowidRange,
  readRecentlyDeleted,
  scanAttachmentJoinsIn,
  scanChatJoinsIn,
  scanStates,
} from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { attachmentStateSql, type Columns, messageStateSql } from '../transform/index.ts';
import { messageColumns } from './slice-copier.ts';

/** Rows that want a second look: row ids of the source, and ids of ours whose row is gone. */
export class Findings {
  readonly rows = new Set<number>();
  readonly attachments = new Set<number>();
  readonly vanishedMessages = new Set<number>();
  readonly vanishedReactions = new Set<number>();

  get size(): number {
    return this.rows.size + this.attachments.size + this.vanishedMessages.size + this.vanishedReactions.size;
  }
}

type RecentlyDeleted = ReadonlyMap<number, { chat: number; deletedAt: number | null }>;

/** What we hold of one row of the source. */
type Held = {
  id: number;
  state: number;
  /** A message of this source, or of another that has it too; a reaction; any other of another source, or a vote; a row in quarantine. */
  kind: 'message' | 'shared' | 'reaction' | 'other' | 'no_chat' | 'misfit';
  chat: number;
  isGone: boolean;
};

const QUARANTINED = `quarantine t WHERE t.source_id = ? AND t.state <> 'resolved'`;
const NO_CHAT_NOT_GONE = '0 AS chat, 0 AS is_gone';

/** Where rows of the source are held: alias t, with one parameter, the source. */
const HELD: readonly { kind: Held['kind']; columns: string; from: string }[] = [
  {
    kind: 'misfit',
    columns: `t.id, t.source_state, ${NO_CHAT_NOT_GONE}`,
    from: `${QUARANTINED} AND t.reason <> 'no_chat'`,
  },
  {
    kind: 'no_chat',
    columns: `t.id, t.source_state, ${NO_CHAT_NOT_GONE}`,
    from: `${QUARANTINED} AND t.reason = 'no_chat'`,
  },
  {
    kind: 'other',
    columns: `0 AS id, t.source_state, ${NO_CHAT_NOT_GONE}`,
    from: `sightings t WHERE t.source_id = ? AND t.what = 'row'`,
  },
  {
    kind: 'shared',
    columns: `m.id, t.source_state, ${NO_CHAT_NOT_GONE}`,
    from: `sightings t CROSS JOIN main.messages m ON m.guid = t.guid WHERE t.source_id = ? AND t.what = 'row'`,
  },
  { kind: 'other', columns: `t.id, t.source_state, ${NO_CHAT_NOT_GONE}`, from: 'poll_votes t WHERE t.source_id = ?' },
  {
    kind: 'reaction',
    columns: 't.id, t.source_state, 0 AS chat, t.vanished_at IS NOT NULL AS is_gone',
    from: 'reactions t WHERE t.source_id = ?',
  },
  {
    kind: 'message',
    columns: 't.id, t.source_state, t.chat_id AS chat, t.deleted_at IS NOT NULL AS is_gone',
    from: 'messages t WHERE t.source_id = ?',
  },
];

/**
 * Compares ranges of a followed source with what we hold, by fingerprints, joins and presence. Reads only: what it finds
 * is read again by the rules. The same comparison serves the newest rows on every wake, the sweep, and catching up.
 */
export class RowComparison {
  readonly #db: Database;
  readonly #schema: MessagesSchema;
  readonly #sourceId: number;
  readonly #chatOfRow: ReadonlyMap<number, number>;
  readonly #mirrorDeletes: boolean;
  readonly #messageState: string;
  readonly #attachmentState: string;
  /** Rows whose fingerprints were compared, and those that wanted a second look. */
  compared = 0;
  differing = 0;

  constructor(
    db: Database,
    schema: MessagesSchema,
    sourceId: number,
    chatOfRow: ReadonlyMap<number, number>,
    mirrorDeletes: boolean,
  ) {
    this.#db = db;
    this.#schema = schema;
    this.#sourceId = sourceId;
    this.#chatOfRow = chatOfRow;
    this.#mirrorDeletes = mirrorDeletes;
    const attachment: Columns = (name) => (name === 'ROWID' ? 'a.ROWID' : schema.column('a', 'attachment', name));
    this.#messageState = messageStateSql(messageColumns(schema));
    this.#attachmentState = attachmentStateSql(attachment);
  }

  /** Messages in "Recently Deleted", by row id: where they were, and since when. */
  recentlyDeleted(): Map<number, { chat: number; deletedAt: number | null }> {
    const deleted = new Map<number, { chat: number; deletedAt: number | null }>();
    for (const { message, chat, deletedAt } of readRecentlyDeleted(this.#db, this.#schema, appleTimeSql)) {
      if (!deleted.has(message)) deleted.set(message, { chat, deletedAt });
    }
    return deleted;
  }

  /** Compares the rows of `message` in these ranges. */
  compareMessages(ranges: readonly RowidRange[], deleted: RecentlyDeleted, findings: Findings): void {
    if (ranges.length === 0) return;
    const listed = listRanges(this.#db, ranges);
    const held = this.#heldIn(listed);
    const chats = this.#chatsIn(listed);
    const seen = new Set<number>();
    scanStates(this.#db, this.#schema, 'message', listed, this.#messageState, (rowid, state) => {
      seen.add(rowid);
      this.compared += 1;
      if (!this.#differs(held.get(rowid), state, chats.get(rowid), deleted.get(rowid))) return;
      this.differing += 1;
      findings.rows.add(rowid);
    });
    for (const [rowid, row] of held) {
      if (seen.has(rowid)) continue;
      if (row.kind === 'message' && (!row.isGone || this.#mirrorDeletes)) this.#addVanished(row.id, findings);
      if (row.kind === 'shared') this.#addVanished(row.id, findings);
      if (row.kind === 'reaction' && !row.isGone) findings.vanishedReactions.add(row.id);
    }
    this.#compareAttachmentJoins(listed, held, findings);
  }

  /** A message whose row is under another id now has not gone. */
  #addVanished(id: number, findings: Findings): void {
    const elsewhere = this.#db.value<number>(
      `SELECT a.ROWID FROM main.messages m JOIN ${this.#schema.name}.message a ON a.guid = m.guid WHERE m.id = ?`,
      id,
    );
    if (elsewhere === null) findings.vanishedMessages.add(id);
    else findings.rows.add(elsewhere);
  }

  #differs(
    held: Held | undefined,
    state: number,
    chat: number | undefined,
    deleted: { chat: number } | undefined,
  ): boolean {
    const isRecoverable = chat === undefined && deleted !== undefined;
    if (held === undefined) return !(isRecoverable && this.#mirrorDeletes);
    if (held.state !== state) return true;
    switch (held.kind) {
      case 'message':
        if (chat !== undefined) return chat !== held.chat || held.isGone;
        return !held.isGone;
      case 'reaction':
        return held.isGone;
      case 'no_chat':
        return chat !== undefined || isRecoverable;
      default:
        return false;
    }
  }

  /** An attachment that was joined to a message which does not have it yet. */
  #compareAttachmentJoins(ranges: ListedRanges, held: ReadonlyMap<number, Held>, findings: Findings): void {
    const joins: [message: number, attachment: number][] = [];
    scanAttachmentJoinsIn(this.#db, this.#schema, ranges, (message, attachment) => {
      if (held.get(message)?.kind === 'message') joins.push([message, attachment]);
    });
    if (joins.length === 0) return;
    const ours = new Set<string>();
    pump(
      this.#db,
      (message: number, attachment: number) => ours.add(`${message} ${attachment}`),
      (call) => `SELECT ${call('m.source_rowid', 'a.source_rowid')} FROM ${ranges} g CROSS JOIN main.messages m
        JOIN main.message_attachments j ON j.message_id = m.id JOIN main.attachments a ON a.id = j.attachment_id
        WHERE m.source_id = ? AND m.source_rowid BETWEEN g.first AND g.last AND a.source_id = m.source_id`,
      this.#sourceId,
    );
    for (const [message, attachment] of joins) {
      if (ours.has(`${message} ${attachment}`)) continue;
      const known = this.#heldAttachments(listRanges(this.#db, [{ from: attachment, to: attachment }]));
      // Without a guid it is none of ours; of another source it is known by its sighting.
      if (known.get(attachment)?.isSighting !== true && this.#hasGuid(attachment)) findings.rows.add(message);
    }
  }

  #hasGuid(attachment: number): boolean {
    return (
      this.#db.value(
        `SELECT 1 FROM ${this.#schema.name}.attachment WHERE ROWID = ? AND guid IS NOT NULL`,
        attachment,
      ) !== null
    );
  }

  /** Compares the rows of `attachment` in these ranges. What has gone from the source stays with us. */
  compareAttachments(ranges: readonly RowidRange[], findings: Findings): void {
    if (!this.#schema.has('attachment') || ranges.length === 0) return;
    const listed = listRanges(this.#db, ranges);
    const held = this.#heldAttachments(listed);
    scanStates(this.#db, this.#schema, 'attachment', listed, this.#attachmentState, (rowid, state) => {
      if (held.get(rowid)?.state !== state) findings.attachments.add(rowid);
    });
  }

  #heldIn(ranges: ListedRanges): Map<number, Held> {
    const held = new Map<number, Held>();
    // A row may be in quarantine and be a message all the same: the last one counts.
    const selects = HELD.map(
      ({ columns, from }, kind) => `SELECT t.source_rowid, ${kind} AS kind, ${columns}
        FROM ${ranges} g CROSS JOIN main.${from} AND t.source_rowid BETWEEN g.first AND g.last`,
    );
    // One statement for all: on a wake each of them costs more than its rows.
    pump(
      this.#db,
      (rowid: number, kind: number, id: number, state: number, chat: number, isGone: number) => {
        held.set(rowid, { id, state, kind: HELD[kind]?.kind ?? 'other', chat, isGone: isGone !== 0 });
      },
      (call) => `SELECT ${call('source_rowid', 'kind', 'id', 'source_state', 'chat', 'is_gone')}
        FROM (${selects.join(' UNION ALL ')})`,
      ...HELD.map(() => this.#sourceId),
    );
    return held;
  }

  #heldAttachments(ranges: ListedRanges): Map<number, { state: number; isSighting: boolean }> {
    const held = new Map<number, { state: number; isSighting: boolean }>();
    const read = (isSighting: boolean, from: string) =>
      pump(
        this.#db,
        (rowid: number, state: number) => held.set(rowid, { state, isSighting }),
        (call) => `SELECT ${call('t.source_rowid', 't.source_state')} FROM ${ranges} g CROSS JOIN main.${from}
          AND t.source_rowid BETWEEN g.first AND g.last`,
        this.#sourceId,
      );
    read(true, `sightings t WHERE t.source_id = ? AND t.what = 'attachment'`);
    read(false, 'attachments t WHERE t.source_id = ?');
    return held;
  }

  /** Our chat of the messages in these ranges: that of the first join to a chat we know. */
  #chatsIn(ranges: ListedRanges): Map<number, number> {
    const chats = new Map<number, number>();
    const first = new Map<number, number>();
    scanChatJoinsIn(this.#db, this.#schema, ranges, (message, row, join) => {
      const chat = this.#chatOfRow.get(row);
      if (chat === undefined || join >= (first.get(message) ?? Number.POSITIVE_INFINITY)) return;
      first.set(message, join);
      chats.set(message, chat);
    });
    return chats;
  }
}
