import { breathe, ChatStatsError } from '../kernel/index.ts';
import {
  type Destination,
  insertEdits,
  insertListedRows,
  insertRows,
  listRows,
  type Position,
  type Projection,
  type QuarantineReason,
  quarantineRows,
} from '../load/index.ts';
import { type MessagesSchema, probeSchema } from '../sources/messages/index.ts';
import { type Database, foreignUri } from '../sqlite/index.ts';
import {
  attachmentProjection,
  type Columns,
  DESTINATION,
  messageProjection,
  ROW_CLASS,
  RowContext,
  reactionProjection,
  registerRowFunctions,
  voteProjection,
} from '../transform/index.ts';
import { type LookUps, prepareLookUps } from './lookups.ts';
import { HOLD_ORPHANS_MS, type ImportOptions, SNAPSHOT_LIMIT_MS } from './options.ts';
import { isMessageClass, type Placements, readPlacements } from './placements.ts';

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
  readonly options: ImportOptions;
  readonly sourceId: number;
  readonly context = new RowContext();
  readonly lookUps: LookUps;
  readonly placements: Placements;
  readonly attachmentOrder = new Map<number, string[]>();
  readonly undecodable: number[] = [];
  readonly #functions: ReturnType<typeof registerRowFunctions>;
  #snapshotAt: number;
  renewed = false;

  constructor(db: Database, options: ImportOptions, sourceId: number, lap: (stage: string) => void) {
    this.db = db;
    this.options = options;
    this.sourceId = sourceId;
    this.schema = probeSchema(db, APPLE, options.source.path);
    this.#snapshotAt = options.clock.now();
    this.#functions = registerRowFunctions(db, this.context);
    options.onProgress({ stage: 'people', done: 0, total: 0 });
    this.lookUps = prepareLookUps(db, this.schema, this.context, options);
    lap('people');
    options.onProgress({ stage: 'scan', done: 0, total: 0 });
    this.placements = readPlacements(db, this.schema, this.context, this.lookUps);
    this.#assignDestinations();
    lap('scan');
  }

  /** The highest row ids that this reading has seen. */
  get position(): Position {
    const { rowids, count } = this.placements;
    let lastAttachmentRowid = 0;
    for (const rowid of this.lookUps.ownerOf.keys()) lastAttachmentRowid = Math.max(lastAttachmentRowid, rowid);
    return { lastMessageRowid: count === 0 ? 0 : (rowids[count - 1] ?? 0), lastAttachmentRowid };
  }

  column: Columns = (name) => (name === 'ROWID' ? 'm.ROWID' : this.schema.column('m', 'message', name));

  /** Copies messages, slice by slice, then reactions and votes, which are few. */
  async copyRows(destination: Destination): Promise<void> {
    const { placements } = this;
    const messages = messageProjection(this.column, this.sourceId);
    const from = { table: `${APPLE}.message`, alias: 'm', id: destination.keepIds };
    const where = `destination_of(m.ROWID) = ${DESTINATION.messages}`;
    let done = 0;
    for (const slice of placements.slices) {
      insertRows(this.db, destination.messages, messages, { ...from, where }, slice);
      const findings = this.#functions.take();
      insertEdits(this.db, destination.edits, findings.edits);
      for (const [rowid, order] of findings.attachmentOrder) this.attachmentOrder.set(rowid, order);
      this.undecodable.push(...findings.undecodable.keys());
      done += slice.rows;
      this.options.onProgress({ stage: 'messages', done, total: placements.count });
      await this.pause();
    }
    this.#copyListed(destination.reactions, reactionProjection(this.column, this.sourceId), ROW_CLASS.reaction, from);
    this.#copyListed(destination.votes, voteProjection(this.column, this.sourceId), ROW_CLASS.vote, from);
  }

  #copyListed(
    into: string,
    projection: Projection,
    rowClass: number,
    from: { table: string; alias: string; id: boolean },
  ) {
    const list = listRows(this.db, 'listed_rows', this.#rowidsOf(rowClass));
    insertListedRows(this.db, into, projection, { ...from, list });
  }

  *#rowidsOf(rowClass: number): Generator<number> {
    const { classes, count, rowids } = this.placements;
    for (let index = 0; index < count; index += 1) if (classes[index] === rowClass) yield rowids[index] ?? 0;
  }

  copyAttachments(destination: Destination): void {
    if (!this.schema.has('attachment')) return;
    const { ownerOf } = this.lookUps;
    this.db.function('owner_of', (rowid: number) => ownerOf.get(rowid) ?? null);
    const column: Columns = (name) => (name === 'ROWID' ? 'a.ROWID' : this.schema.column('a', 'attachment', name));
    insertRows(
      this.db,
      destination.attachments,
      attachmentProjection(column, APPLE, this.sourceId),
      { table: `${APPLE}.attachment`, alias: 'a', where: 'a.guid IS NOT NULL', id: destination.keepIds },
      { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER },
    );
  }

  /** Rows that belong to nobody yet, rows that say nothing of themselves, bodies that could not be decoded. */
  quarantine(): void {
    const { placements, options } = this;
    const nowMs = options.clock.now();
    const orphans: { rowid: number; held: boolean }[] = [];
    const unreadable: { rowid: number }[] = [];
    for (let index = 0; index < placements.count; index += 1) {
      const rowid = placements.rowids[index] ?? 0;
      const rowClass = placements.classes[index] ?? 0;
      if (rowClass === ROW_CLASS.unreadable) unreadable.push({ rowid });
      else if (placements.chats[index] === 0 && isMessageClass(rowClass)) {
        orphans.push({ rowid, held: nowMs - (placements.times[index] ?? 0) < HOLD_ORPHANS_MS });
      }
    }
    const put = (rows: { rowid: number; held?: boolean }[], reason: QuarantineReason) =>
      quarantineRows(this.db, rows, {
        sourceId: this.sourceId,
        schema: APPLE,
        body: this.column('attributedBody'),
        reason,
        nowMs,
      });
    put(orphans, 'no_chat');
    put(unreadable, 'row_unreadable');
    put(
      this.undecodable.map((rowid) => ({ rowid })),
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

  #assignDestinations(): void {
    const { placements, context } = this;
    for (let index = 0; index < placements.count; index += 1) {
      if (placements.chats[index] === 0 || !isMessageClass(placements.classes[index] ?? 0)) continue;
      context.destinationOf.set(placements.rowids[index] ?? 0, DESTINATION.messages);
    }
  }
}

/** Attaches Apple's database, read-only, and lets go of it again. */
export function attachSource(db: Database, options: Pick<ImportOptions, 'source'>): Disposable {
  db.attach(foreignUri(options.source.path, { sealed: options.source.sealed }), APPLE);
  return {
    [Symbol.dispose]() {
      db.detach(APPLE);
    },
  };
}
