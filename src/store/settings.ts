import type { Database } from '../sqlite/index.ts';

/** The gap, in milliseconds, that the conversations of a store were split with; null before the first import. */
export function storedGapMs(db: Database): number | null {
  const value = db.value<string>(`SELECT value FROM meta WHERE key = 'gap_ms'`);
  return value === null ? null : Number(value);
}

/** What tells this store from every other; null until somebody has wanted to know. A copy of the file has the same. */
export function storeId(db: Database): string | null {
  return db.value<string>(`SELECT value FROM meta WHERE key = 'store_id'`);
}

/** Why the source was being reconciled when that was cut off; null when it was not. */
export function reconcilingReason(db: Database): string | null {
  return db.value<string>(`SELECT value FROM meta WHERE key = 'reconciling'`);
}

/** Whether what is deleted in the source leaves this store. */
export function mirrorsDeletes(db: Database): boolean {
  return db.value<string>(`SELECT value FROM meta WHERE key = 'mirror_deletes'`) === '1';
}

/** By whose rules the numbers of address books are read that have no country, the owner's first. */
export function contactRegions(db: Database): string[] {
  const value = db.value<string>(`SELECT value FROM meta WHERE key = 'regions'`);
  return value === null ? [] : (JSON.parse(value) as string[]);
}

/** What the user said about sending conversations to a server that is another machine; null when never asked. */
export function llmConsent(db: Database, origin: string): boolean | null {
  const value = db.value<string>('SELECT value FROM meta WHERE key = ?', llmConsentKey(origin));
  return value === null ? null : value === 'yes';
}

export function llmConsentKey(origin: string): string {
  return `llm_consent ${origin}`;
}
