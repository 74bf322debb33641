import { must } from '../kernel/index.ts';
import type { MessageLine } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { EXPORT_MESSAGES } from './export.sql.ts';
import { type MessageRow, messageLine } from './export.ts';
import { findHighlights, foldText } from './search-fold.ts';
import { indexQuery, searchTerms, shortIndexQuery } from './search-query.ts';

/**
 * Full text search. The index only proposes: every hit is checked against the message itself, and what the index has
 * not seen yet is looked through, so results are the same with a complete index, a stale one, or none.
 */
export type SearchHit = MessageLine & {
  /** Where the terms stand in `text`: offset and length in UTF-16 units; empty when only the subject has them. */
  highlights: [start: number, length: number][];
};

export type SearchOptions = {
  limit: number;
  /** An id or identifier of a chat. */
  chat?: string | number;
};

/** So many of the newest messages are looked through first: a common word is found there sooner than by the index. */
const NEWEST = 4_000;
/** With more messages beyond the index than this, one pass over all is quicker than asking the index too. */
const UNINDEXED_LIMIT = 50_000;

/** The newest messages that hold every term of the query, newest first; those without a date come last. */
export function searchMessages(db: Database, query: string, options: SearchOptions): SearchHit[] {
  const terms = searchTerms(query);
  if (terms.length === 0 || options.limit < 1) return [];
  const chat = options.chat === undefined ? null : findChat(db, options.chat);
  if (options.chat !== undefined && chat === null) return [];
  return withTerms(db, terms, () => findIds(db, terms, chat, options.limit)).map((id) => hit(db, id, terms));
}

/** The highest message id that the index covers, 0 for none. The index itself is the record, so neither can lead. */
export function searchIndexedThrough(db: Database): number {
  return db.value<number>('SELECT rowid FROM message_search ORDER BY rowid DESC LIMIT 1') ?? 0;
}

/** The id of the chat that a person names by its identifier or its id; null when there is none. */
export function findChat(db: Database, chat: string | number): number | null {
  const known = db.value<number>('SELECT id FROM chats WHERE identifier = ? ORDER BY id LIMIT 1', String(chat));
  if (known !== null) return known;
  return /^\d{1,15}$/.test(String(chat)) ? db.value<number>('SELECT id FROM chats WHERE id = ?', Number(chat)) : null;
}

function findIds(db: Database, terms: readonly string[], chat: number | null, limit: number): number[] {
  const through = searchIndexedThrough(db);
  if (!coversMost(db, through)) return walk(db, chat, -1, limit);
  const newest = walk(db, chat, NEWEST, limit);
  if (newest.length === limit) return newest;
  const match = indexQuery(terms) ?? shortIndexQuery(db, terms);
  if (match === null) return walk(db, chat, -1, limit);
  return ids(
    db,
    `SELECT m.id FROM messages m WHERE m.id IN (
         SELECT rowid FROM message_search WHERE message_search MATCH ?
         UNION SELECT message_id FROM search_pending
         UNION SELECT id FROM messages WHERE id > ?)
       AND (? IS NULL OR m.chat_id = ?) AND holds_terms(m.text, m.subject)
     ORDER BY m.sent_at DESC, m.id DESC LIMIT ?`,
    match,
    through,
    chat,
    chat,
    limit,
  );
}

function coversMost(db: Database, through: number): boolean {
  const beyond = db.value<number>(
    'SELECT count(*) FROM (SELECT 1 FROM messages WHERE id > ? LIMIT ?)',
    through,
    UNINDEXED_LIMIT,
  );
  return through > 0 && (beyond ?? 0) < UNINDEXED_LIMIT;
}

/** Looks through the newest `rows` messages (-1: all), from the newest on, until `limit` are found. */
function walk(db: Database, chat: number | null, rows: number, limit: number): number[] {
  const where = chat === null ? '' : 'WHERE chat_id = ?';
  return ids(
    db,
    `SELECT id FROM (SELECT id, text, subject FROM messages ${where} ORDER BY sent_at DESC, id DESC LIMIT ?)
     WHERE holds_terms(text, subject) LIMIT ?`,
    ...(chat === null ? [] : [chat]),
    rows,
    limit,
  );
}

function ids(db: Database, sql: string, ...params: (string | number | null)[]): number[] {
  return db.all<{ id: number }>(sql, ...params).map((row) => row.id);
}

function hit(db: Database, id: number, terms: readonly string[]): SearchHit {
  const row = db.get<MessageRow>(`${EXPORT_MESSAGES} WHERE m.id = ?`, id);
  const line = messageLine(must(row, 'a message that was found in this statement before exists'));
  return { ...line, highlights: line.text === null ? [] : findHighlights(line.text, terms) };
}

/** The terms a connection is looking for now. The function is registered once: replacing one that is in use fails. */
const current = new WeakMap<Database, { terms: readonly string[] }>();

function withTerms<T>(db: Database, terms: readonly string[], work: () => T): T {
  const known = current.get(db);
  const looking = known ?? { terms };
  if (known === undefined) {
    current.set(db, looking);
    db.function('holds_terms', (text: string | null, subject: string | null) =>
      holdsTerms(looking.terms, text, subject) ? 1 : 0,
    );
  }
  looking.terms = terms;
  return work();
}

/** Whether each term stands in the text or in the subject. */
export function holdsTerms(terms: readonly string[], text: string | null, subject: string | null): boolean {
  const body = text === null ? '' : foldText(text);
  const title = subject === null ? '' : foldText(subject);
  return terms.every((term) => body.includes(term) || title.includes(term));
}
