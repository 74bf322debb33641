import type { Database } from '../sqlite/index.ts';

/** The gap, in milliseconds, that the conversations of a store were split with; null before the first import. */
export function storedGapMs(db: Database): number | null {
  const value = db.value<string>(`SELECT value FROM meta WHERE key = 'gap_ms'`);
  return value === null ? null : Number(value);
}
