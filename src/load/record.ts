import { APPLE_EPOCH_MS } from '../conversations/index.ts';
import type { Database } from '../sqlite/index.ts';

export type SourceRecord = { kind: string; path: string; nowMs: number };

/** Enters a source into the store, or finds it again; answers its id. */
export function addSource(db: Database, source: SourceRecord): number {
  return db.run(
    'INSERT INTO sources (kind, path, first_imported_at, last_imported_at) VALUES (?, ?, ?, ?)',
    source.kind,
    source.path,
    source.nowMs,
    source.nowMs,
  ).lastId;
}

export function touchSource(db: Database, id: number, source: SourceRecord): void {
  db.run('UPDATE sources SET path = ?, last_imported_at = ? WHERE id = ?', source.path, source.nowMs, id);
}

/**
 * How far a source has been read: the highest row ids of messages and attachments, and of the two feeds of deletions.
 * Row ids mean something inside one file only.
 */
export type Position = {
  lastMessageRowid: number;
  lastAttachmentRowid: number;
  lastDeletedRowid: number;
  lastSyncDeletedRowid: number;
};

/** The position up to which a source has been read; in one transaction with what was read. */
export function writePosition(db: Database, sourceId: number, position: Position, nowMs: number): void {
  db.run(
    `INSERT INTO live_sync_state (source_id, last_message_rowid, last_attachment_rowid, apple_epoch_ns,
       last_deleted_rowid, last_sync_deleted_rowid, last_read_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (source_id) DO UPDATE SET last_message_rowid = excluded.last_message_rowid,
       last_attachment_rowid = excluded.last_attachment_rowid, apple_epoch_ns = excluded.apple_epoch_ns,
       last_deleted_rowid = excluded.last_deleted_rowid, last_sync_deleted_rowid = excluded.last_sync_deleted_rowid,
       last_read_at = excluded.last_read_at`,
    sourceId,
    position.lastMessageRowid,
    position.lastAttachmentRowid,
    String(BigInt(Math.trunc(nowMs) - APPLE_EPOCH_MS) * NANOSECONDS_PER_MS),
    position.lastDeletedRowid,
    position.lastSyncDeletedRowid,
    nowMs,
  );
}

/** The moment of the last reading in Apple's units, for reference: nothing is decided by it. */
const NANOSECONDS_PER_MS = 1_000_000n;

export function readPosition(db: Database, sourceId: number): Position {
  return (
    db.get<Position>(
      `SELECT last_message_rowid AS lastMessageRowid, last_attachment_rowid AS lastAttachmentRowid,
         last_deleted_rowid AS lastDeletedRowid, last_sync_deleted_rowid AS lastSyncDeletedRowid
       FROM live_sync_state WHERE source_id = ?`,
      sourceId,
    ) ?? { lastMessageRowid: 0, lastAttachmentRowid: 0, lastDeletedRowid: 0, lastSyncDeletedRowid: 0 }
  );
}

/** Notes that a whole sweep over the source has ended. */
export function recordSweep(db: Database, sourceId: number, nowMs: number): void {
  db.run('UPDATE live_sync_state SET last_sweep_at = ? WHERE source_id = ?', nowMs, sourceId);
}

export function writeSetting(db: Database, key: string, value: string): void {
  db.run(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    key,
    value,
  );
}

/** Takes the later rows of a repeated guid out of a table. Messages among them go to quarantine: they were rows, too. */
export function removeRepeatedGuids(db: Database, table: string, nowMs: number): void {
  const later = `guid IN (SELECT guid FROM ${table} GROUP BY guid HAVING count(*) > 1)
    AND id NOT IN (SELECT min(id) FROM ${table} GROUP BY guid)`;
  if (table === 'messages') {
    quarantineRepeated(db, 'messages', later, nowMs);
    db.exec(`DELETE FROM message_edits WHERE message_id IN (SELECT id FROM messages WHERE ${later})`);
    db.exec(`DELETE FROM message_attachments WHERE message_id IN (SELECT id FROM messages WHERE ${later})`);
  }
  if (table === 'attachments') {
    db.exec(`DELETE FROM message_attachments WHERE attachment_id IN (SELECT id FROM attachments WHERE ${later})`);
  }
  db.exec(`DELETE FROM ${table} WHERE ${later}`);
}

function quarantineRepeated(db: Database, table: string, where: string, nowMs: number): void {
  db.run(
    `INSERT OR IGNORE INTO main.quarantine
       (source_id, source_rowid, guid, reason, state, first_seen_at, last_tried_at, payload)
     SELECT source_id, source_rowid, 'row:' || source_rowid, 'guid_repeated', 'quarantined', ?, ?, CAST(text AS BLOB)
     FROM ${table} WHERE ${where}`,
    nowMs,
    nowMs,
  );
}

/** Notes that a replaced source is being reconciled, or (null) that it has been: it is begun anew after a crash. */
export function setReconciling(db: Database, reason: string | null): void {
  if (reason === null) db.run(`DELETE FROM meta WHERE key = 'reconciling'`);
  else writeSetting(db, 'reconciling', reason);
}
