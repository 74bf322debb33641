import path from 'node:path';
import type { Database } from '../sqlite/index.ts';
import { FRESH } from './verify-rows.ts';

/** Rows compared to tell whether a file is a source that the archive knows. */
const ANCHORS = 64;

/**
 * Which source of the archive the fresh store was made of: by the rule by which an import recognises it, the same rows
 * under the same row ids. A first import's ids are the source's row ids. -1 for none.
 */
export function findSource(db: Database, file: string): number {
  const place = path.resolve(file);
  const sources = db.all<{ id: number; path: string }>(
    'SELECT id, path FROM main.sources ORDER BY path = ? DESC, id',
    place,
  );
  for (const source of sources) {
    const rows = anchors(db, source.id);
    if (rows.length === 0 && source.path === place) return source.id;
    const guids = rows.map(({ guid, rowid }) => ({
      guid,
      theirs: db.value<string>(`SELECT guid FROM ${FRESH}.messages WHERE id = ? AND source_rowid = id`, rowid),
    }));
    const known = guids.filter(({ theirs }) => theirs !== null);
    const same = known.filter(({ guid, theirs }) => guid === theirs);
    // An import takes one other row for another file; a faulty archive must not get away as a stranger.
    if (same.length * 2 > known.length) return source.id;
  }
  return -1;
}

/** The first messages of a source and some spread over all of it, each once. */
function anchors(db: Database, sourceId: number): { guid: string; rowid: number }[] {
  const bounds = db.get<{ low: number | null; high: number | null }>(
    'SELECT min(id) AS low, max(id) AS high FROM main.messages WHERE source_id = ?',
    sourceId,
  );
  if (bounds?.low == null || bounds.high == null) return [];
  const found = new Map<number, string>();
  const take = (from: number, count: number) => {
    const rows = db.all<{ guid: string; rowid: number }>(
      `SELECT guid, source_rowid AS rowid FROM main.messages WHERE id >= ? AND source_id = ? ORDER BY id LIMIT ?`,
      from,
      sourceId,
      count,
    );
    for (const row of rows) found.set(row.rowid, row.guid);
  };
  take(bounds.low, ANCHORS);
  for (let step = 1; step <= ANCHORS; step += 1) {
    take(bounds.low + Math.floor(((bounds.high - bounds.low) * step) / ANCHORS), 1);
  }
  return [...found].map(([rowid, guid]) => ({ guid, rowid }));
}
