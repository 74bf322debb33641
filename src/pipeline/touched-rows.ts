import { listRows } from '../load/index.ts';
import type { MessagesSchema, RowidRange, Touched } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { MOST_TOUCHED_RANGES, TOUCHED_GAP } from './live.limits.ts';

/**
 * Row ids that Apple's log has touched since a batch last committed: of messages, of attachments, of joins, it does not
 * say which. Kept until a batch has dealt with them, so that one that fails forgets nothing.
 */
export class TouchedRows {
  readonly #rowids = new Set<number>();
  #isComplete = true;

  add({ rowids, isComplete }: Touched): void {
    for (const rowid of rowids) this.#rowids.add(rowid);
    this.#isComplete &&= isComplete;
  }

  clear(): void {
    this.#rowids.clear();
    this.#isComplete = true;
  }

  /** Whether every touched row is known. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** What has to be compared; null where it is not known, or is so much that comparing the newest is quicker. */
  ranges(db: Database, schema: MessagesSchema): RowidRange[] | null {
    if (!this.#isComplete) return null;
    const rowids = new Set(this.#rowids);
    for (const message of messagesOfJoins(db, schema, this.#rowids)) rowids.add(message);
    const ranges = toRanges(rowids);
    return ranges.length > MOST_TOUCHED_RANGES ? null : ranges;
  }
}

/** A join may come or go without its message being written: what was touched may be row ids of joins. */
function messagesOfJoins(db: Database, schema: MessagesSchema, rowids: ReadonlySet<number>): number[] {
  if (rowids.size === 0) return [];
  const list = listRows(db, 'touched_rows', rowids);
  const joins = ['chat_message_join', 'message_attachment_join'].filter((table) => schema.has(table));
  const messages = joins.map(
    (table) => `SELECT j.message_id AS message FROM ${list} l CROSS JOIN ${schema.name}.${table} j
      ON j.ROWID = l.rowid_listed WHERE typeof(j.message_id) = 'integer'`,
  );
  return db.all<{ message: number }>(messages.join(' UNION ')).map((row) => row.message);
}

/** Neighbours together, and a little beyond: a row that was deleted is on no page any more, but its neighbours are. */
function toRanges(rowids: ReadonlySet<number>): RowidRange[] {
  const ranges: RowidRange[] = [];
  for (const rowid of [...rowids].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && rowid - TOUCHED_GAP <= last.to) last.to = rowid + TOUCHED_GAP;
    else ranges.push({ from: rowid - TOUCHED_GAP, to: rowid + TOUCHED_GAP });
  }
  return ranges;
}
