import type { MessagesSchema } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { sentAtSql } from '../transform/index.ts';
import { messageColumns } from './slice-copier.ts';

/** The newest rows by id are nearly always the newest by date; one that iCloud brought late may be an old one. */
const NEWEST_ROWS = 1_000;

/** How far a source goes: its newest message that is not dated later than now; Unix milliseconds. */
export function newestIn(db: Database, schema: MessagesSchema, nowMs: number): number | null {
  return db.value<number>(
    `SELECT max(at) FROM (SELECT ${sentAtSql(messageColumns(schema))} AS at FROM ${schema.name}.message m
       ORDER BY m.ROWID DESC LIMIT ${NEWEST_ROWS}) WHERE at <= ?`,
    nowMs,
  );
}
