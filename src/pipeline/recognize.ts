import { existsSync } from 'node:fs';
import path from 'node:path';
import { addSource, type SourceRecord } from '../load/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForReading } from '../store/index.ts';
import { APPLE } from './source-run.ts';

/** Rows compared to tell whether a file is a source we know: enough to be sure, few enough to cost nothing. */
const ANCHORS = 64;

type Known = { id: number; path: string };

/**
 * Which source a file is: the one whose rows it holds under the same row ids. Row ids mean something inside one file
 * only, so a single row id that has another guid proves a different file; and a file at a known place that shares no row
 * is a new source too. One that lies elsewhere has been moved there when nothing is at the old place any more and it
 * goes as far as we have read; else it is a copy, which may be older, and what it lacks was not deleted. One at a known place that holds the same messages under other row
 * ids is that source, renumbered. Answers the id of the source, which is entered when new.
 */
export function recognizeSource(db: Database, record: SourceRecord): number {
  const sources = db.all<Known>('SELECT id, path FROM sources ORDER BY path = ? DESC, id', record.path);
  for (const source of sources) {
    const { same, different, moved } = compareAnchors(db, source.id);
    const isPlace = source.path === record.path;
    if (isPlace && moved + same > 0) return source.id;
    if (different > 0) continue;
    if (isPlace && same > 0) return source.id;
    const hasMoved = same > 0 && !existsSync(source.path);
    if ((isPlace || hasMoved) && countsOn(db, source.id)) return source.id;
  }
  return addSource(db, record);
}

/**
 * True when the file has given out row ids up to where we have read: one in whose place it stands, but in which
 * nothing that we hold is left, is the same only if its numbering goes on and did not start anew.
 */
function countsOn(db: Database, sourceId: number): boolean {
  const read = db.value<number>('SELECT last_message_rowid FROM live_sync_state WHERE source_id = ?', sourceId) ?? 0;
  // SQLite keeps the count in a table that a copy made by hand may lack.
  if (db.value(`SELECT 1 FROM ${APPLE}.sqlite_master WHERE name = 'sqlite_sequence'`) === null) return false;
  const given = db.value<number>(`SELECT seq FROM ${APPLE}.sqlite_sequence WHERE name = 'message'`) ?? 0;
  return given >= read;
}

/** `moved`: rows whose guid the file has under another row id. */
function compareAnchors(db: Database, sourceId: number): { same: number; different: number; moved: number } {
  const bounds = db.get<{ low: number | null; high: number | null }>(
    'SELECT min(id) AS low, max(id) AS high FROM messages WHERE source_id = ?',
    sourceId,
  );
  if (bounds?.low == null || bounds.high == null) return { same: 0, different: 0, moved: 0 };
  let [same, different, moved] = [0, 0, 0];
  for (let step = 0; step <= ANCHORS; step += 1) {
    const near = bounds.low + Math.floor(((bounds.high - bounds.low) * step) / ANCHORS);
    const anchor = db.get<{ rowid: number; guid: string }>(
      // In the order of ids: by the index of sources all rows that follow would be sorted first.
      'SELECT source_rowid AS rowid, guid FROM messages WHERE id >= ? AND +source_id = ? ORDER BY id LIMIT 1',
      near,
      sourceId,
    );
    if (anchor === undefined) continue;
    const guid = db.value<string>(`SELECT CAST(guid AS TEXT) FROM ${APPLE}.message WHERE ROWID = ?`, anchor.rowid);
    if (guid === anchor.guid || (guid !== null && guidOfTwin(db, guid) === anchor.guid)) {
      same += 1;
      continue;
    }
    if (guid !== null) different += 1;
    if (db.value(`SELECT 1 FROM ${APPLE}.message WHERE guid = ?`, anchor.guid) !== null) moved += 1;
  }
  return { same, different, moved };
}

/** The guid under which we hold what iCloud has landed again under this one. */
function guidOfTwin(db: Database, alias: string): string | null {
  return db.value<string>('SELECT guid FROM message_aliases WHERE alias = ?', alias);
}

/** The source of a store that was last read at this place, whole; null when there is none. */
export function knownSource(store: string, file: string): number | null {
  if (!existsSync(store)) return null;
  using db = openStoreForReading(store);
  return db.value<number>(
    `SELECT s.id FROM sources s JOIN live_sync_state l ON l.source_id = s.id
     WHERE s.path = ? ORDER BY s.last_imported_at DESC, s.id DESC LIMIT 1`,
    path.resolve(file),
  );
}
