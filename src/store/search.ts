import { must } from '../kernel/index.ts';
import type { MessageLine } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { EXPORT_MESSAGES } from './export.sql.ts';
import { type MessageRow, messageLine } from './export.ts';
import { foldText, isPlain } from './search-fold.ts';
import { findHighlights } from './search-highlights.ts';
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

/** So many of the newest messages are looked through first: a common word is found there sooner than by the whole index. */
const NEWEST = 4_000;
/** So many ids the index is asked about for them. */
const ASKED_ABOUT = 3 * NEWEST;
/** With more messages beyond the index than this, one pass over all is quicker than asking the index too. */
const UNINDEXED_LIMIT = 50_000;

const NEWEST_FIRST = 'ORDER BY sent_at DESC, id DESC';
/** Messages that the index does not know as they are. */
const UNINDEXED = 'SELECT message_id FROM search_pending UNION ALL SELECT id FROM messages WHERE id > ?';

/** The newest messages that hold every term of the query, newest first; those without a date come last. */
export function searchMessages(db: Database, query: string, options: SearchOptions): SearchHit[] {
  const terms = searchTerms(query);
  if (terms.length === 0 || options.limit < 1) return [];
  const chat = options.chat === undefined ? null : findChat(db, options.chat);
  if (options.chat !== undefined && chat === null) return [];
  return findIds(db, { terms, chat, limit: options.limit }).map((id) => hit(db, id, terms));
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

type Wanted = { terms: readonly string[]; chat: number | null; limit: number };
type Texts = { text: string | null; subject: string | null };

function findIds(db: Database, wanted: Wanted): number[] {
  const through = searchIndexedThrough(db);
  if (!coversMost(db, through)) return lookThrough(db, wanted);
  const match = indexQuery(wanted.terms);
  return match === null ? findShort(db, wanted, through) : findIndexed(db, wanted, match, through);
}

function findIndexed(db: Database, wanted: Wanted, match: string, through: number): number[] {
  const newest = newestIds(db, wanted.chat);
  const found = firstHolding(db, wanted, proposedAmong(db, newest, match, through));
  if (found.length === wanted.limit || newest.length < NEWEST) return found;
  return firstHolding(db, wanted, proposed(db, wanted, match, through));
}

/** Terms of which none is long enough to be in the index. */
function findShort(db: Database, wanted: Wanted, through: number): number[] {
  const found = lookThrough(db, wanted, NEWEST);
  if (found.length === wanted.limit) return found;
  const match = shortIndexQuery(db, wanted.terms);
  return match === null ? lookThrough(db, wanted) : firstHolding(db, wanted, proposed(db, wanted, match, through));
}

function coversMost(db: Database, through: number): boolean {
  const beyond = db.value<number>(
    'SELECT count(*) FROM (SELECT 1 FROM messages WHERE id > ? LIMIT ?)',
    through,
    UNINDEXED_LIMIT,
  );
  return through > 0 && (beyond ?? 0) < UNINDEXED_LIMIT;
}

/** Looks through messages, from the newest on, until enough are found: through `rows` at most, or all. */
function lookThrough(db: Database, { terms, chat, limit }: Wanted, rows = -1): number[] {
  const found: number[] = [];
  const sql = `SELECT id, text, subject FROM messages ${ofChat(chat)} ${NEWEST_FIRST} LIMIT ?`;
  for (const row of db.iterate<Texts & { id: number }>(sql, ...(chat === null ? [] : [chat]), rows)) {
    if (holdsTerms(terms, row)) found.push(row.id);
    if (found.length === limit) break;
  }
  return found;
}

function ofChat(chat: number | null): string {
  return chat === null ? '' : 'WHERE chat_id = ?';
}

function newestIds(db: Database, chat: number | null): number[] {
  return ids(
    db,
    `SELECT id FROM messages ${ofChat(chat)} ${NEWEST_FIRST} LIMIT ${NEWEST}`,
    ...(chat === null ? [] : [chat]),
  );
}

/** Those of `newest` that the index proposes, or was not asked about, or does not know; in their order. */
function proposedAmong(db: Database, newest: readonly number[], match: string, through: number): number[] {
  // Nearly all have the highest ids; for the few others the index would have to tell of all there are.
  const lowest = newest.reduce((most, id) => Math.max(most, id), 0) - ASKED_ABOUT;
  const among = new Set(
    ids(
      db,
      `SELECT rowid AS id FROM message_search WHERE message_search MATCH ? AND rowid >= ? UNION ALL ${UNINDEXED}`,
      ...[match, lowest, through],
    ),
  );
  return newest.filter((id) => id < lowest || among.has(id));
}

/** All that the index proposes, or does not know, newest first. */
function proposed(db: Database, { chat }: Wanted, match: string, through: number): number[] {
  return ids(
    db,
    `SELECT id FROM messages
     WHERE id IN (SELECT rowid FROM message_search WHERE message_search MATCH ? UNION ALL ${UNINDEXED})
       AND (? IS NULL OR chat_id = ?) ${NEWEST_FIRST}`,
    ...[match, through, chat, chat],
  );
}

/** Looks at them one by one, so that no more are read than it takes to find enough. */
function firstHolding(db: Database, { terms, limit }: Wanted, among: readonly number[]): number[] {
  const found: number[] = [];
  for (const id of among) {
    const row = db.get<Texts>('SELECT text, subject FROM messages WHERE id = ?', id);
    if (row !== undefined && holdsTerms(terms, row)) found.push(id);
    if (found.length === limit) break;
  }
  return found;
}

function ids(db: Database, sql: string, ...params: (string | number | null)[]): number[] {
  return db.all<{ id: number }>(sql, ...params).map((row) => row.id);
}

function hit(db: Database, id: number, terms: readonly string[]): SearchHit {
  const row = db.get<MessageRow>(`${EXPORT_MESSAGES} WHERE m.id = ?`, id);
  const line = messageLine(must(row, 'a message that was found in this statement before exists'));
  return { ...line, highlights: line.text === null ? [] : findHighlights(line.text, terms) };
}

/** Whether each term, folded, stands in the text or in the subject. */
function holdsTerms(terms: readonly string[], { text, subject }: Texts): boolean {
  return terms.every((term) => holds(text, term) || holds(subject, term));
}

function holds(text: string | null, term: string): boolean {
  if (text === null) return false;
  // ASCII is folded as it is put in lower case, whatever stands beside it, and that takes a tenth of the time.
  if (isPlain(term) && text.toLowerCase().includes(term)) return true;
  return !isPlain(text) && foldText(text).includes(term);
}
