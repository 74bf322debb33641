import type { Database } from '../sqlite/index.ts';
import { foldText } from './search-fold.ts';

/** The tokenizer's unit: a shorter term has no token of its own. */
const TRIGRAM = 3;
/** What is asked of the index is bounded; the rest of a query is checked against the messages like all of it. */
const INDEXED_TERMS = 8;
const INDEXED_TERM_LENGTH = 48;

/**
 * The terms of a query, folded, each once: words between white space, and what stands between two double quotes, kept
 * together. Every other character, and a quote without a second, stands for itself.
 */
export function searchTerms(query: string): string[] {
  const terms = new Set<string>();
  for (const [, phrase, word] of query.matchAll(/"([^"]*)"|((?:(?!"[^"]*")\S)+)/gu)) {
    const term = foldText(phrase ?? word ?? '');
    if (term.trim() !== '') terms.add(term);
  }
  return [...terms];
}

/**
 * The query for the index that finds every message holding all the terms, and perhaps some more; null when no term is
 * long enough to be in the index.
 */
export function indexQuery(terms: readonly string[]): string | null {
  const phrases = terms
    .map((term) => [...term])
    .filter((characters) => characters.length >= TRIGRAM)
    .sort((a, b) => b.length - a.length)
    .slice(0, INDEXED_TERMS)
    .map((characters) => `"${characters.slice(0, INDEXED_TERM_LENGTH).join('').replaceAll('"', '""')}"`);
  return phrases.length === 0 ? null : phrases.join(' AND ');
}

/** Two of these end what is indexed of a message, so that each of its characters begins a token. */
const END = '\n\n';
/** Characters that the tokenizer leaves as they are, so that the tokens that begin with them can be looked up. */
const AS_IT_IS =
  /^[a-z0-9\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\p{Emoji_Modifier}]+$/u;
/** With more tokens than this, looking through the messages is as quick. */
const TOKEN_LIMIT = 400;

/** What the index is told of a message. */
export function indexedText(text: string | null, subject: string | null): string {
  const folded = [text, subject].filter((part) => part !== null && part !== '').map((part) => foldText(part ?? ''));
  return folded.length === 0 ? '' : folded.join('\n') + END;
}

/**
 * The query for the index that finds every message holding the longest term of less than three characters: by the
 * tokens that begin with it. Null when there is none, or when its tokens are too many.
 */
export function shortIndexQuery(db: Database, terms: readonly string[]): string | null {
  const [term] = terms.filter((short) => AS_IT_IS.test(short)).sort((a, b) => [...b].length - [...a].length);
  if (term === undefined) return null;
  db.exec('CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_tokens USING fts5vocab(main, message_search, row)');
  const tokens = db.all<{ term: string }>(
    'SELECT term FROM temp.search_tokens WHERE term >= ? AND term <= ? LIMIT ?',
    term,
    `${term}\u{10ffff}`,
    TOKEN_LIMIT + 1,
  );
  if (tokens.length > TOKEN_LIMIT) return null;
  // An empty phrase is in no message.
  return tokens.length === 0 ? '""' : tokens.map((token) => `"${token.term.replaceAll('"', '""')}"`).join(' OR ');
}
