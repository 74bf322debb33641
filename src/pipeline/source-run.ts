import { breathe, ChatStatsError, must } from '../kernel/index.ts';
import {
  type Destination,
  insertListedRows,
  insertRows,
  listRows,
  type Position,
  type Projection,
  type QuarantineReason,
  quarantineRows,
} from '../load/index.ts';
import { BackupAttachments, type BackupFiles } from '../sources/iphone-backup/index.ts';
import {
  type MessagesSchema,
  probeSchema,
  ROWID_RANGE,
  readCounters,
  type SourceCounters,
} from '../sources/messages/index.ts';
import { type Database, foreignUri } from '../sqlite/index.ts';
import {
  attachmentProjection,
  type Columns,
  messageStateSql,
  RowContext,
  reactionProjection,
  registerRowFunctions,
  voteProjection,
} from '../transform/index.ts';
import { AttachmentJoiner } from './attachment-joins.ts';
import type { PeopleChange } from './live-people.ts';
import { type LookUps, prepareLookUps, readPeople, type SettledPeople, settlePeople } from './lookups.ts';
import { HOLD_ORPHANS_MS, type ReadingOptions, SNAPSHOT_LIMIT_MS } from './options.ts';
import { isMessageClass, type Placements, readPlacements, type Slice } from './placements.ts';
import { messageColumns, SliceCopier, type SliceFindings } from './slice-copier.ts';

/** The name under which Apple's database is attached to the writer's connection. */
export const APPLE = 'apple';

/**
 * One reading of a source by the writer's connection, from the look-ups to the last row. A read transaction is held on
 * Apple's file only while statements run, and renewed after its limit; `renewed` then says that rows may have changed
 * between two snapshots, and that the source has to be compared once more.
 */
export class SourceRun {
  readonly db: Database;
  readonly schema: MessagesSchema;
  readonly options: ReadingOptions;
  readonly sourceId: number;
  readonly context = new RowContext();
  readonly #attachmentOrder = new Map<number, string[]>();
  readonly #undecodable: number[] = [];
  readonly #counters: SourceCounters;
  #people: SettledPeople | null = null;
  #lookUps: LookUps | null = null;
  #placements: Placements | null = null;
  #done = 0;
  #snapshotAt: number;
  renewed = false;

  constructor(db: Database, options: ReadingOptions, sourceId: number) {
    this.db = db;
    this.options = options;
    this.sourceId = sourceId;
    this.schema = probeSchema(db, APPLE, options.source.path);
    this.#snapshotAt = options.clock.now();
    this.#counters = readCounters(db, this.schema);
    registerRowFunctions(db, this.context);
  }

  /** Writes who takes part, and in which chats; answers what that has changed. */
  settlePeople(read = readPeople(this.db, this.schema, this.options)): PeopleChange {
    this.#people = settlePeople(this.db, this.schema, this.context, this.options, this.sourceId, read);
    const { chats, contacts } = this.#people;
    return { ...chats, contacts };
  }

  /** Finds out where every row belongs, once it is known who takes part. Reads Apple's file only. */
  placeRows(): void {
    this.options.onProgress({ stage: 'scan', done: 0, total: 0 });
    const people = must(this.#people, 'who takes part is settled first');
    this.#lookUps = prepareLookUps(this.db, this.schema, this.context, people);
    this.#placements = readPlacements(this.db, this.schema, this.context, this.#lookUps);
    this.#placeMessages();
  }

  get lookUps(): LookUps {
    return must(this.#lookUps, 'rows have been placed');
  }

  get placements(): Placements {
    return must(this.#placements, 'rows have been placed');
  }

  /** The highest row ids that this reading has seen. */
  get position(): Position {
    let lastAttachmentRowid = 0;
    for (const rowid of this.lookUps.ownerOf.keys()) lastAttachmentRowid = Math.max(lastAttachmentRowid, rowid);
    // Whatever the feeds of deletions have said so far, this reading has seen for itself.
    const { deleted, syncDeleted } = this.#counters;
    return {
      lastMessageRowid: this.placements.lastRowid,
      lastAttachmentRowid,
      lastDeletedRowid: deleted,
      lastSyncDeletedRowid: syncDeleted,
    };
  }

  /** Copies messages, slice by slice. */
  async copyMessages(destination: Destination, slices: readonly Slice[]): Promise<void> {
    const copier = new SliceCopier(this.db, this.schema, this.context, this.sourceId, destination);
    for (const slice of slices) {
      copier.copy(slice);
      this.advance(slice.rows);
      await this.pause();
    }
    this.addFindings(copier.findings);
  }

  /** Adds what was learned while messages were copied, here or in the other thread. */
  addFindings({ attachmentOrder, undecodable }: SliceFindings): void {
    for (const [rowid, order] of attachmentOrder) this.#attachmentOrder.set(rowid, order);
    this.#undecodable.push(...undecodable);
  }

  /** Counts rows as done. */
  advance(rows: number): void {
    this.#done += rows;
    this.options.onProgress({ stage: 'messages', done: this.#done, total: this.placements.count });
  }

  /** Copies reactions, votes and attachments, which are few. Bodies need to have been read: they order attachments. */
  copyOthers(destination: Destination): void {
    const columns = messageColumns(this.schema);
    const { reactions, votes } = this.placements;
    this.#copyListed(
      destination.reactions,
      reactionProjection(columns, this.sourceId, this.context.meContact),
      reactions,
      destination,
    );
    this.#copyListed(destination.votes, voteProjection(columns, this.sourceId), votes, destination);
    if (!this.schema.has('attachment')) return;
    this.#copyAttachments(destination);
    if (this.schema.has('message_attachment_join')) this.#copyAttachmentJoins(destination);
  }

  #copyListed(into: string, projection: Projection, rowids: readonly number[], { keepIds }: Destination) {
    const list = listRows(this.db, 'listed_rows', rowids);
    insertListedRows(this.db, into, projection, { table: `${APPLE}.message`, alias: 'm', list, id: keepIds });
  }

  #copyAttachments(destination: Destination): void {
    const { ownerOf } = this.lookUps;
    this.db.function('owner_of', (rowid: number) => ownerOf.get(rowid) ?? null);
    const column: Columns = (name) => (name === 'ROWID' ? 'a.ROWID' : this.schema.column('a', 'attachment', name));
    const { attachmentFiles } = this.options;
    const insert = (hasFile: string | null) =>
      insertRows(
        this.db,
        destination.attachments,
        attachmentProjection(column, APPLE, this.sourceId, hasFile),
        { table: `${APPLE}.attachment`, alias: 'a', where: 'a.guid IS NOT NULL', id: destination.keepIds },
        { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER },
      );
    if (attachmentFiles === undefined) insert(null);
    else this.#withFiles(attachmentFiles, insert);
  }

  /** Lets a statement ask whether a backup has the file of an attachment. */
  #withFiles(attachmentFiles: BackupFiles, insert: (hasFile: string) => void): void {
    using files = new BackupAttachments(attachmentFiles);
    this.db.function('has_file', (name: unknown) => (typeof name === 'string' && files.has(name) ? 1 : 0));
    insert('has_file');
    if (files.unreadable === 0) return;
    this.lookUps.problems.push(`${files.unreadable} attachments belong to the phone alone and cannot be decrypted`);
  }

  #copyAttachmentJoins(destination: Destination): void {
    // A subquery, so that the alias stands for the rows whose ids fit.
    const joins = `(SELECT * FROM ${APPLE}.message_attachment_join WHERE message_id ${ROWID_RANGE}) j`;
    new AttachmentJoiner(this.db, APPLE).insert(destination.attachmentJoins, joins, this.#attachmentOrder);
  }

  /** Rows that belong to nobody yet, rows that say nothing of themselves, bodies that could not be decoded. */
  quarantine(): void {
    const { placements, options } = this;
    const nowMs = options.clock.now();
    const put = (rows: { rowid: number; held?: boolean }[], reason: QuarantineReason) =>
      quarantineRows(this.db, rows, {
        sourceId: this.sourceId,
        schema: APPLE,
        body: messageColumns(this.schema)('attributedBody'),
        state: messageStateSql(messageColumns(this.schema)),
        reason,
        nowMs,
      });
    put(
      placements.orphans.map(({ rowid, time }) => ({ rowid, held: nowMs - time < HOLD_ORPHANS_MS })),
      'no_chat',
    );
    put(
      placements.unreadable.map((rowid) => ({ rowid })),
      'row_unreadable',
    );
    put(
      this.#undecodable.map((rowid) => ({ rowid })),
      'body_undecodable',
    );
  }

  /** Between two slices: lets signals in, stops when asked to, and lets go of a snapshot that has become old. */
  async pause(): Promise<void> {
    await breathe();
    if (this.options.signal.aborted) throw new ChatStatsError('CANCELLED', 'the import was cancelled');
    const now = this.options.clock.now();
    if (now - this.#snapshotAt < (this.options.snapshotLimitMs ?? SNAPSHOT_LIMIT_MS)) return;
    this.#snapshotAt = now;
    this.renewed = true;
    this.db.exec('COMMIT');
    this.db.exec('BEGIN');
  }

  /** From here on, only rows that become messages have a chat. */
  #placeMessages(): void {
    const { rowids, chats, classes, count } = must(this.placements.columns, 'rows have just been placed');
    for (let index = 0; index < count; index += 1) {
      if (chats[index] !== 0 && !isMessageClass(classes[index] ?? 0)) this.context.chatOf.set(rowids[index] ?? 0, 0);
    }
  }
}

/** Attaches Apple's database, read-only, and lets go of it again. */
export function attachSource(db: Database, options: Pick<ReadingOptions, 'source'>): Disposable {
  db.attach(foreignUri(options.source.path, { sealed: options.source.sealed }), APPLE);
  return {
    [Symbol.dispose]() {
      // A transaction that failed still holds it; closing the connection lets go of both.
      if (!db.isTransaction) db.detach(APPLE);
    },
  };
}
