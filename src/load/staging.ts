import type { Database } from '../sqlite/index.ts';
import { ATTACHMENT_MERGE, MESSAGE_MERGE, REACTION_MERGE, VOTE_MERGE } from './merge-rules.sql.ts';
import type { Destination } from './rows.ts';
import { clearShared, createShared, decideShared } from './versions/index.ts';

/** Tables of the shape of our own, outside of the store, that take what a source says before it is compared. */
export const STAGED: Destination = {
  messages: 'temp.staged_messages',
  reactions: 'temp.staged_reactions',
  votes: 'temp.staged_poll_votes',
  attachments: 'temp.staged_attachments',
  edits: 'temp.staged_message_edits',
  attachmentJoins: 'temp.staged_message_attachments',
  keepIds: false,
};

const TABLES = ['messages', 'reactions', 'poll_votes', 'attachments', 'message_edits', 'message_attachments'] as const;
/** The tables whose rows are compared by guid, in the order in which they are taken over. */
export const COMPARED = ['messages', 'reactions', 'poll_votes', 'attachments'] as const;
export type Compared = (typeof COMPARED)[number];

const FOLLOWING = {
  messages: MESSAGE_MERGE,
  reactions: REACTION_MERGE,
  poll_votes: VOTE_MERGE,
  attachments: ATTACHMENT_MERGE,
} as const;

/** Where a row is in the source that it is entered under. */
const PLACE_IN_SOURCE = ['source_rowid', 'source_state'] as const;

/**
 * Every column that a staged row `s` may change of the row `m` that we hold, with its value then. `x` is the entry of a
 * row that another source has, too: it was decided before, and stands in `s` as it is to be.
 */
export const MERGES: Readonly<Record<Compared, readonly (readonly [column: string, sql: string])[]>> = {
  messages: withShared(MESSAGE_MERGE),
  reactions: withShared(REACTION_MERGE),
  poll_votes: withShared(VOTE_MERGE),
  attachments: withShared(ATTACHMENT_MERGE),
};

function withShared(rules: readonly (readonly [column: string, sql: string])[]): [column: string, sql: string][] {
  const facts = rules.map(([column, sql]): [string, string] => [
    column,
    `CASE WHEN x.staged IS NULL THEN ${sql} ELSE s.${column} END`,
  ]);
  const places = PLACE_IN_SOURCE.map((column): [string, string] => [
    column,
    `CASE WHEN s.source_id = m.source_id THEN s.${column} ELSE m.${column} END`,
  ]);
  return [...facts, ...places];
}

/** Joins the entry of a shared row to a staged one. */
export const withEntry = (table: Compared): string =>
  `LEFT JOIN temp.shared_rows x ON x.what = '${table}' AND x.staged = s.rowid`;

/** Makes the tables; they live as long as the connection. */
export function createStaging(db: Database): void {
  for (const table of TABLES) {
    db.exec(`CREATE TEMP TABLE staged_${table} AS SELECT * FROM main.${table} WHERE 0`);
  }
  for (const table of COMPARED) {
    db.exec(`CREATE TEMP TABLE diff_${table} (
      staged INTEGER PRIMARY KEY, id INTEGER, chat INTEGER, old_chat INTEGER, new_id INTEGER, new_conversation INTEGER)`);
    db.exec(`CREATE INDEX temp.diff_${table}_by_id ON diff_${table} (id)`);
  }
  db.exec('CREATE TEMP TABLE batch (staged INTEGER PRIMARY KEY, id INTEGER)');
  db.exec('CREATE INDEX temp.staged_edits_by_message ON staged_message_edits (message_id)');
  createShared(db);
}

/** Makes the indexes that comparing needs; of many rows, quickest once all are staged. */
export function indexStaging(db: Database): void {
  for (const table of COMPARED) db.exec(`CREATE INDEX temp.staged_${table}_by_guid ON staged_${table} (guid)`);
  db.exec('CREATE INDEX temp.staged_messages_by_rowid ON staged_messages (source_rowid)');
  db.exec('CREATE INDEX temp.staged_attachments_by_rowid ON staged_attachments (source_rowid)');
}

/** Empties the tables for the next batch. */
export function clearStaging(db: Database): void {
  for (const table of TABLES) db.run(`DELETE FROM temp.staged_${table}`);
  clearShared(db);
  clearDifferences(db);
}

/** Forgets what comparing has found, to compare once more. */
export function clearDifferences(db: Database): void {
  for (const table of COMPARED) db.run(`DELETE FROM temp.diff_${table}`);
}

/** Finds what is new (`id` null) and what has changed, row by row, once everything is staged. */
export function compareStaged(db: Database, sourceId: number): void {
  for (const table of COMPARED) {
    listBatch(db, `SELECT rowid FROM temp.staged_${table}`);
    compareBatch(db, table, sourceId);
    removeRepeated(db, table, `DELETE FROM temp.diff_${table} WHERE staged`);
  }
}

/** Lists the staged rows that are to be compared next. Answers how many there are. */
export function listBatch(db: Database, select: string, ...params: number[]): number {
  db.run('DELETE FROM temp.batch');
  return db.run(`INSERT INTO temp.batch (staged) ${select}`, ...params).changes;
}

const HELD_BY_GUID = (table: Compared): string =>
  `SELECT m.id FROM temp.staged_${table} s CROSS JOIN main.${table} m ON m.guid = s.guid WHERE s.rowid = batch.staged`;
const HELD_BEFORE = 'SELECT h.id FROM temp.held h WHERE h.staged = batch.staged';

/** The same of the listed rows of one table. `found`: `findHeld` has looked up what we hold of them. */
export function compareBatch(db: Database, table: Compared, sourceId: number, found = false): void {
  db.run(`UPDATE temp.batch SET id = (${found ? HELD_BEFORE : HELD_BY_GUID(table)})`);
  decideShared(db, table, sourceId, FOLLOWING[table]);
  const chat = table === 'messages' ? 's.chat_id, m.chat_id' : 'NULL, NULL';
  const differs = MERGES[table].map(([column, sql]) => `m.${column} IS NOT (${sql})`).join(' OR ');
  db.run(`INSERT INTO temp.diff_${table} (staged, id, chat, old_chat)
    SELECT b.staged, b.id, ${chat} FROM temp.batch b CROSS JOIN temp.staged_${table} s ON s.rowid = b.staged
      LEFT JOIN main.${table} m ON m.id = b.id ${withEntry(table)}
    WHERE b.id IS NULL OR (coalesce(x.is_decided, 1) AND (${differs}))`);
}

/** Only a damaged source repeats a guid; the first row speaks for all. */
function removeRepeated(db: Database, table: Compared, deleteWhereStaged: string): void {
  const staged = `temp.staged_${table}`;
  if (db.value(`SELECT count(*) - count(DISTINCT guid) FROM ${staged}`) === 0) return;
  db.run(`${deleteWhereStaged} IN (
    SELECT t.rowid FROM ${staged} t WHERE t.rowid > (SELECT min(f.rowid) FROM ${staged} f WHERE f.guid = t.guid))`);
}

/** By connection, whose tables stay as they are: the catalogue is slow to ask on every wake. */
const columnsOf = new WeakMap<Database, Map<Compared, readonly string[]>>();

/** Columns that a new row takes over as they were staged. */
function ownColumns(db: Database, table: Compared): readonly string[] {
  const known = columnsOf.get(db) ?? new Map<Compared, readonly string[]>();
  columnsOf.set(db, known);
  const columns =
    known.get(table) ??
    db
      .all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
      .map((row) => row.name)
      .filter((name) => name !== 'id');
  known.set(table, columns);
  return columns;
}

/** Inserts what is new. */
export function insertNew(db: Database, table: Compared): number {
  return insertWith(db, table, {});
}

/**
 * The same, with some columns as these expressions over the difference `d` give them. No function of ours may be among
 * them: as the statement could then fail in the middle, SQLite would keep a copy of every page of the indexes that it
 * touches. FAIL, because all of a transaction is undone when any of it fails.
 */
export function insertWith(db: Database, table: Compared, instead: Readonly<Record<string, string>>): number {
  const own = ownColumns(db, table);
  const columns = instead.id === undefined ? own : ['id', ...own];
  const values = columns.map((column) => instead[column] ?? `s.${column}`);
  return db.run(
    `INSERT OR FAIL INTO main.${table} (${columns.join(', ')})
     SELECT ${values.join(', ')} FROM temp.diff_${table} d CROSS JOIN temp.staged_${table} s ON s.rowid = d.staged
     WHERE d.id IS NULL ORDER BY d.staged`,
  ).changes;
}

/** Brings changed rows up to date. */
export function updateChanged(db: Database, table: Compared): number {
  const merges = MERGES[table];
  const changed = `SELECT d.id FROM temp.diff_${table} d WHERE d.id IS NOT NULL`;
  if (db.value(`${changed} LIMIT 1`) === null) return 0;
  // An UPDATE cannot give its target an alias that the rules could use, so the held row is joined in as `m`.
  return db.run(
    `UPDATE OR FAIL main.${table} SET (${merges.map(([column]) => column).join(', ')}) = (SELECT ${merges
      .map(([, sql]) => sql)
      .join(', ')} FROM temp.diff_${table} d JOIN temp.staged_${table} s ON s.rowid = d.staged
         JOIN main.${table} m ON m.id = d.id ${withEntry(table)} WHERE d.id = ${table}.id)
     WHERE id IN (${changed})`,
  ).changes;
}
