import { must } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';
import { pump } from './scan.ts';
import type { MessagesSchema } from './schema.ts';

/** Reading what of a source may have changed: fingerprints, joins and deletion feeds, by ranges of row ids. */
export type RowidRange = { from: number; to: number };

/** Ranges that are in a temporary table, so that one statement is about all of them; good until the next are listed. */
export type ListedRanges = string & { readonly ranges: unique symbol };

export function listRanges(db: Database, ranges: readonly RowidRange[]): ListedRanges {
  db.run('CREATE TEMP TABLE IF NOT EXISTS listed_ranges (first INTEGER, last INTEGER)');
  db.run('DELETE FROM temp.listed_ranges');
  db.run(
    'INSERT INTO temp.listed_ranges SELECT value ->> 0, value ->> 1 FROM json_each(?)',
    JSON.stringify(ranges.map(({ from, to }) => [from, to])),
  );
  return 'temp.listed_ranges' as ListedRanges;
}

/** How far a source's own counters have come: the highest row ids it ever gave out, and those it holds. */
export type SourceCounters = {
  /** `sqlite_sequence`: the highest row id of `message` that was ever given out. */
  given: number;
  /** The highest row id of `message` that is there now. */
  highest: number;
  attachments: number;
  deleted: number;
  syncDeleted: number;
};

export function readCounters(db: Database, schema: MessagesSchema): SourceCounters {
  const highest = (table: string) =>
    schema.has(table) ? `coalesce((SELECT max(ROWID) FROM ${schema.name}.${table}), 0)` : '0';
  const given = schema.has('sqlite_sequence')
    ? `coalesce((SELECT seq FROM ${schema.name}.sqlite_sequence WHERE name = 'message'), 0)`
    : highest('message');
  // One statement: on every wake they are asked for twice.
  const counters = db.get<SourceCounters>(
    `SELECT ${given} AS given, ${highest('message')} AS highest, ${highest('attachment')} AS attachments,
       ${highest('deleted_messages')} AS deleted, ${highest('sync_deleted_messages')} AS syncDeleted`,
  );
  return must(counters, 'a row of constants');
}

/** The row id up to which, from `from` on, there are `rows` rows; null when fewer are left. */
export function endOfSlice(
  db: Database,
  schema: MessagesSchema,
  table: 'message' | 'attachment',
  from: number,
  rows: number,
): number | null {
  return db.value<number>(
    `SELECT ROWID FROM ${schema.name}.${table} WHERE ROWID >= ? ORDER BY ROWID LIMIT 1 OFFSET ?`,
    from,
    rows - 1,
  );
}

/** Row ids of new rows, oldest first; `isEvent`: something that happened to a group, of its name or members mostly. */
export function readNewRows(
  db: Database,
  schema: MessagesSchema,
  after: number,
  limit: number,
): { rowid: number; isEvent: number }[] {
  return db.all(
    `SELECT m.ROWID AS rowid, coalesce(${schema.column('m', 'message', 'item_type')}, 0) <> 0 AS isEvent
     FROM ${schema.name}.message m WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`,
    after,
    limit,
  );
}

/** The fingerprint of every row in the ranges; `state` is an expression over the alias m (a for attachments). */
export function scanStates(
  db: Database,
  schema: MessagesSchema,
  table: 'message' | 'attachment',
  ranges: ListedRanges,
  state: string,
  sink: (rowid: number, state: number) => void,
): void {
  const alias = table === 'message' ? 'm' : 'a';
  pump(
    db,
    sink,
    (call) => `SELECT ${call(`${alias}.ROWID`, state)}
      FROM ${ranges} g CROSS JOIN ${schema.name}.${table} ${alias} NOT INDEXED
      WHERE ${alias}.ROWID BETWEEN g.first AND g.last${table === 'attachment' ? ' AND a.guid IS NOT NULL' : ''}`,
  );
}

/** Joins of the messages in the ranges to chats, with the join's own row id: the lowest is the first. */
export function scanChatJoinsIn(
  db: Database,
  schema: MessagesSchema,
  ranges: ListedRanges,
  sink: (message: number, chat: number, join: number) => void,
): void {
  pump(
    db,
    sink,
    (call) => `SELECT ${call('j.message_id', 'j.chat_id', 'j.ROWID')}
      FROM ${ranges} g CROSS JOIN ${schema.name}.chat_message_join j
      WHERE j.message_id BETWEEN g.first AND g.last AND typeof(j.chat_id) = 'integer'`,
  );
}

/** Joins of the messages in the ranges to attachments. */
export function scanAttachmentJoinsIn(
  db: Database,
  schema: MessagesSchema,
  ranges: ListedRanges,
  sink: (message: number, attachment: number) => void,
): void {
  if (!schema.has('message_attachment_join') || !schema.has('attachment')) return;
  pump(
    db,
    sink,
    (call) => `SELECT ${call('j.message_id', 'j.attachment_id')}
      FROM ${ranges} g CROSS JOIN ${schema.name}.message_attachment_join j
      WHERE j.message_id BETWEEN g.first AND g.last AND typeof(j.attachment_id) = 'integer'`,
  );
}

/** Guids that a deletion feed has gained since `after`. */
export function readDeletedGuids(
  db: Database,
  schema: MessagesSchema,
  feed: 'deleted_messages' | 'sync_deleted_messages',
  after: number,
  limit: number,
): { rowid: number; guid: string }[] {
  if (!schema.has(feed)) return [];
  return db.all(
    `SELECT ROWID AS rowid, CAST(guid AS TEXT) AS guid FROM ${schema.name}.${feed}
     WHERE ROWID > ? AND guid IS NOT NULL ORDER BY ROWID LIMIT ?`,
    after,
    limit,
  );
}

/** Whether a row of `message` has this guid. */
export function hasGuid(db: Database, schema: MessagesSchema, guid: string): boolean {
  return db.value(`SELECT 1 FROM ${schema.name}.message WHERE guid = ?`, guid) !== null;
}

/** The guid under a row id, or null. */
export function guidAt(db: Database, schema: MessagesSchema, rowid: number): string | null {
  return db.value<string>(`SELECT CAST(guid AS TEXT) FROM ${schema.name}.message WHERE ROWID = ?`, rowid);
}
