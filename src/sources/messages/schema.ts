import { ChatStatsError } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';

/**
 * What this database can answer, found out once per opening. Column order, types and defaults differ between machines
 * of one macOS version, so columns are asked for by name, and one that is missing reads as NULL.
 */
export type MessagesSchema = {
  /** The name under which the database is attached. */
  name: string;
  has(table: string, column?: string): boolean;
  /** An SQL expression for a column: the column where this generation has it, else NULL. */
  column(alias: string, table: string, column: string): string;
};

/** The tables that are read; a generation may lack some. */
export const KNOWN_TABLES = [
  'message',
  'chat',
  'handle',
  'attachment',
  'chat_message_join',
  'chat_handle_join',
  'message_attachment_join',
  'chat_recoverable_message_join',
  'chat_lookup',
  'chat_service',
  'deleted_messages',
  'sync_deleted_messages',
] as const;
/** SQLite's own: the highest row ids that were ever given out. A copy made by hand may lack it. */
const PROBED_TABLES = [...KNOWN_TABLES, 'sqlite_sequence'] as const;
const REQUIRED_TABLES = ['message', 'chat', 'handle', 'chat_message_join'] as const;
const REQUIRED_COLUMNS = ['guid', 'date', 'handle_id', 'is_from_me'] as const;

/** Probes the attached database. Throws SOURCE_NOT_MESSAGES when it is some other program's. */
export function probeSchema(db: Database, name: string, file: string): MessagesSchema {
  const columns = new Map<string, Set<string>>();
  for (const table of PROBED_TABLES) {
    const rows = db.all<{ name: string }>(`PRAGMA ${name}.table_info(${table})`);
    if (rows.length > 0) columns.set(table, new Set(rows.map((row) => row.name.toLowerCase())));
  }
  const missing = REQUIRED_TABLES.filter((table) => !columns.has(table));
  if (missing.length > 0 || REQUIRED_COLUMNS.some((column) => columns.get('message')?.has(column) !== true)) {
    throw new ChatStatsError('SOURCE_NOT_MESSAGES', `${file} is a database, but not one of Messages`);
  }
  return {
    name,
    has: (table, column) =>
      column === undefined ? columns.has(table) : columns.get(table)?.has(column.toLowerCase()) === true,
    column: (alias, table, column) =>
      columns.get(table)?.has(column.toLowerCase()) === true ? `${alias}."${column}"` : 'NULL',
  };
}
