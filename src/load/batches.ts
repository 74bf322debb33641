import type { Database } from '../sqlite/index.ts';
import { COMPARED, type Compared, clearDifferences, listBatch } from './staging.ts';
import { clearShared } from './versions/index.ts';

/**
 * Rows of a source, in the order in which they were staged, within which messages are taken over chat by chat. Chats keep
 * what belongs together in one batch; slices of the source keep what was said at the same time, and stands together in
 * the indexes by time and source, on few pages.
 */
const SLICE_ROWS = 40_000;

/** Rows staged in a later place of a source that repeats a guid, which only a damaged one does. */
const later = (table: Compared): string => `rowid IN (
  SELECT t.rowid FROM temp.staged_${table} t WHERE t.rowid > (
    SELECT min(f.rowid) FROM temp.staged_${table} f WHERE f.guid = t.guid))`;

/** The tables of staged rows that repeat a guid. */
export function repeatedTables(db: Database): Compared[] {
  return COMPARED.filter((table) => db.value(`SELECT count(*) - count(DISTINCT guid) FROM temp.staged_${table}`) !== 0);
}

/** The first row of a guid speaks for all; of messages the others are kept in quarantine. */
export function partRepeated(db: Database, tables: readonly Compared[], nowMs: number): void {
  for (const table of tables) {
    if (table === 'messages') {
      db.run(
        `INSERT OR IGNORE INTO main.quarantine
           (source_id, source_rowid, guid, reason, state, first_seen_at, last_tried_at, payload)
         SELECT source_id, source_rowid, 'row:' || source_rowid, 'guid_repeated', 'quarantined', ?1, ?1, CAST(text AS BLOB)
         FROM temp.staged_messages WHERE ${later(table)}`,
        nowMs,
      );
    }
    db.exec(`DELETE FROM temp.staged_${table} WHERE ${later(table)}`);
  }
}

/** Puts staged rows in the order of batches, once all are there. */
export function orderStaged(db: Database): void {
  db.exec('CREATE TEMP TABLE staged_order (position INTEGER PRIMARY KEY, staged INTEGER)');
  db.exec(`INSERT INTO temp.staged_order (staged) SELECT rowid FROM temp.staged_messages
    ORDER BY rowid / ${SLICE_ROWS}, chat_id, sent_at, rowid`);
  db.exec('CREATE INDEX temp.staged_joins_by_message ON staged_message_attachments (message_id)');
}

/**
 * Looks up which of the staged messages we hold: in the order of guids, which takes half of what one look-up after
 * another takes. Holds as long as nobody else writes.
 */
export function findHeld(db: Database): void {
  db.exec('CREATE TEMP TABLE held (staged INTEGER PRIMARY KEY, id INTEGER)');
  db.exec(`INSERT INTO temp.held SELECT s.rowid, m.id FROM temp.staged_messages s INDEXED BY staged_messages_by_guid
    CROSS JOIN main.messages m ON m.guid = s.guid ORDER BY s.guid`);
}

/** The last place in the order of a table. */
export function lastStaged(db: Database, table: Compared): number {
  const sql =
    table === 'messages'
      ? 'SELECT max(position) FROM temp.staged_order'
      : `SELECT max(rowid) FROM temp.staged_${table}`;
  return db.value<number>(sql) ?? 0;
}

/** Lists the rows of a batch by their places, and forgets what was found of the one before. Answers how many there are. */
export function beginBatch(db: Database, table: Compared, from: number, to: number): number {
  clearShared(db);
  clearDifferences(db);
  const rows =
    table === 'messages'
      ? 'SELECT staged FROM temp.staged_order WHERE position BETWEEN ? AND ?'
      : `SELECT rowid FROM temp.staged_${table} WHERE rowid BETWEEN ? AND ?`;
  return listBatch(db, rows, from, to);
}
