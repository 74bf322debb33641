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
