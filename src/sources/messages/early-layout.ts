import { statSync } from 'node:fs';
import path from 'node:path';
import {
  type Database,
  foreignUri,
  openForeign,
  openPrivateFolder,
  openWritable,
  SqliteError,
} from '../../sqlite/index.ts';
import { EARLY_TABLES, type EarlyColumns, earlyStatements, TARGET_SCHEMA } from './early-layout.sql.ts';
import { isDamage } from './explain.ts';
import type { MessagesFile } from './locate.ts';
import { type Salvage, salvage } from './salvage.ts';

const OLD = 'old';
/** The same in today's tables is not larger than this many times. */
const REWRITTEN_TO_OLD = 2;

/** Reads a property list that is a list of texts; total. What bytes mean is told by those who know. */
export type TextsIn = (bytes: Uint8Array) => string[];

/** True for an `sms.db` of iOS 5 or older. One that cannot be asked is no such thing: whoever reads it finds out more. */
export function hasEarlyLayout(source: MessagesFile): boolean {
  try {
    using db = openForeign(source.path, source);
    const columns = columnsOf(db, 'main', 'message');
    return columns.has('address') && columns.has('flags') && columnsOf(db, 'main', 'handle').size === 0;
  } catch (error) {
    if (error instanceof SqliteError || typeof (error as { errcode?: unknown }).errcode === 'number') return false;
    throw error;
  }
}

/**
 * Says a database of iOS 5 or older again in the tables of its successors, in a private folder. What is damaged in it is
 * left out, counted and named. The file itself is only read.
 */
export function modernise(source: MessagesFile, textsIn: TextsIn): Salvage {
  try {
    return rewrite(source, null, textsIn);
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const saved = salvage(source, EARLY_TABLES);
  try {
    return rewrite(saved.file, saved, textsIn);
  } finally {
    saved[Symbol.dispose]();
  }
}

function rewrite(source: MessagesFile, saved: Salvage | null, textsIn: TextsIn): Salvage {
  const folder = openPrivateFolder('source', REWRITTEN_TO_OLD * statSync(source.path).size);
  try {
    const file = path.join(folder.path, 'sms.db');
    using db = openWritable(file);
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF');
    db.attach(foreignUri(source.path, source), OLD);
    db.exec(TARGET_SCHEMA);
    db.function('texts_in', (bytes: unknown) => JSON.stringify(bytes instanceof Uint8Array ? textsIn(bytes) : []));
    const tables = new Map(EARLY_TABLES.map((table) => [table as string, columnsOf(db, OLD, table)]));
    const column: EarlyColumns = (alias, table, name) =>
      tables.get(table)?.has(name.toLowerCase()) === true ? `${alias}."${name}"` : 'NULL';
    for (const statement of earlyStatements(column, (table) => (tables.get(table)?.size ?? 0) > 0)) db.run(statement);
    db.detach(OLD);
    return {
      file: { path: file, sealed: false },
      unreadable: saved?.unreadable ?? 0,
      problems: saved?.problems ?? [],
      [Symbol.dispose]: () => folder[Symbol.dispose](),
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

function columnsOf(db: Database, schema: string, table: string): Set<string> {
  return new Set(
    db.all<{ name: string }>(`PRAGMA ${schema}.table_info(${table})`).map(({ name }) => name.toLowerCase()),
  );
}
