import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { isoTime } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type StoreCounts, storeCounts } from './counts.ts';
import { searchIndexedThrough } from './search.ts';

/** The state of a store at a glance. Times are ISO 8601 UTC. */
export type StoreStatus = {
  file: string;
  /** With what is still in the log beside it. */
  bytes: number;
  schemaVersion: number;
  counts: StoreCounts;
  sources: SourceStatus[];
  lastImportAt: string | null;
  quarantine: { reason: string; state: string; rows: number }[];
  /** `indexedThrough`: the highest message id that is indexed; `waiting`: messages that are not, or changed since. */
  searchIndex: { indexedThrough: number; pending: number; waiting: number; complete: boolean };
  /** The gap that the conversations were split with; null before the first import. */
  gapMinutes: number | null;
};

export type SourceStatus = {
  id: number;
  kind: string;
  path: string;
  firstImportedAt: string;
  lastImportedAt: string;
  /** The highest row ids of the source that were read; null when none was. */
  lastMessageRowid: number | null;
  lastAttachmentRowid: number | null;
  /** When it was last read to the end, and when all of it was last compared; null where that has not happened. */
  lastReadAt: string | null;
  lastSweepAt: string | null;
};

type SourceTimes = 'firstImportedAt' | 'lastImportedAt' | 'lastReadAt' | 'lastSweepAt';
type SourceRow = Omit<SourceStatus, SourceTimes> & {
  first: number;
  last: number;
  read: number | null;
  swept: number | null;
};

export function storeStatus(db: Database, file: string): StoreStatus {
  const sources = db
    .all<SourceRow>(
      `SELECT s.id, s.kind, s.path, s.first_imported_at AS first, s.last_imported_at AS last,
         l.last_message_rowid AS lastMessageRowid, l.last_attachment_rowid AS lastAttachmentRowid,
         l.last_read_at AS read, l.last_sweep_at AS swept
       FROM sources s LEFT JOIN live_sync_state l ON l.source_id = s.id ORDER BY s.id`,
    )
    .map(({ first, last, read, swept, id, kind, path, ...positions }) => ({
      ...{ id, kind, path, firstImportedAt: isoTime(first), lastImportedAt: isoTime(last) },
      ...positions,
      lastReadAt: read === null ? null : isoTime(read),
      lastSweepAt: swept === null ? null : isoTime(swept),
    }));
  const gapMs = db.value<string>(`SELECT value FROM meta WHERE key = 'gap_ms'`);
  return {
    file: path.resolve(file),
    bytes: sizeOf(file) + sizeOf(`${file}-wal`),
    schemaVersion: Number(db.value('PRAGMA user_version')),
    counts: storeCounts(db),
    sources,
    lastImportAt:
      sources
        .map((source) => source.lastImportedAt)
        .sort()
        .at(-1) ?? null,
    quarantine: db.all(
      'SELECT reason, state, count(*) AS rows FROM quarantine GROUP BY reason, state ORDER BY reason, state',
    ),
    searchIndex: searchIndexStatus(db),
    gapMinutes: gapMs === null ? null : Number(gapMs) / 60_000,
  };
}

function searchIndexStatus(db: Database): StoreStatus['searchIndex'] {
  const indexedThrough = searchIndexedThrough(db);
  const pending = Number(db.value('SELECT count(*) FROM search_pending'));
  const beyond = Number(db.value('SELECT count(*) FROM messages WHERE id > ?', indexedThrough));
  const waiting =
    beyond + Number(db.value('SELECT count(*) FROM search_pending WHERE message_id <= ?', indexedThrough));
  return { indexedThrough, pending, waiting, complete: waiting === 0 };
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
