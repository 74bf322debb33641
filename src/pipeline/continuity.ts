import { guidAt, hasGuid, type MessagesSchema, readCounters } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';

/**
 * Whether the file that is followed is still the one whose row ids we hold. Device and inode are hints, anchors are
 * proof: rows of which we know row id and guid. A row id is never given twice inside one file, so one that bears another
 * guid, or a counter that went back, is a different file; it is reconciled by guid, never bridged.
 */
export type Continuity = { kind: 'ok' } | { kind: 'restart'; reason: RestartReason };

export type RestartReason =
  /** The counter of row ids is lower than where we have read to: an older copy, or a new file. */
  | 'rowid_went_back'
  /** A row id that we know bears another guid: the file was renumbered, or is another. */
  | 'anchor_changed'
  /** Not one of many known rows is there: the file was emptied, or is another. */
  | 'anchors_gone'
  /** Columns or tables have come or gone: the system was upgraded. */
  | 'schema_changed';

export type Anchor = { rowid: number; guid: string };

/** Anchors checked on every wake. */
const QUICK_ANCHORS = 3;
/** On every opening: anchors spread over what we hold, and as many of the newest rows. */
const SPREAD = 24;

/** Some of the newest rows of a source that we hold and that were there when last looked at. */
export function newestAnchors(db: Database, sourceId: number): Anchor[] {
  return db.all<Anchor>(
    `SELECT source_rowid AS rowid, ${SOURCE_GUID} AS guid FROM messages m ${OWN} ORDER BY source_rowid DESC LIMIT ?`,
    sourceId,
    QUICK_ANCHORS,
  );
}

/** Rows spread over all that we hold of a source, and many of the newest. */
export function spreadAnchors(db: Database, sourceId: number): Anchor[] {
  const newest = db.all<Anchor>(
    `SELECT source_rowid AS rowid, ${SOURCE_GUID} AS guid FROM messages m ${OWN} ORDER BY source_rowid DESC LIMIT ?`,
    sourceId,
    SPREAD,
  );
  const highest = newest[0]?.rowid ?? 0;
  const spread = Array.from({ length: SPREAD }, (_, step) =>
    db.get<Anchor>(
      `SELECT source_rowid AS rowid, ${SOURCE_GUID} AS guid FROM messages m ${OWN} AND source_rowid >= ?
       ORDER BY source_rowid LIMIT 1`,
      sourceId,
      Math.floor((highest * step) / SPREAD),
    ),
  );
  return [...newest, ...spread.filter((anchor) => anchor !== undefined)];
}

const OWN = 'WHERE source_id = ? AND deleted_at IS NULL';

/** The guid under which the source has a message now: an alias, where iCloud has landed it again. */
const SOURCE_GUID = `coalesce((SELECT max(a.alias) FROM message_aliases a WHERE a.guid = m.guid), m.guid)`;

export function checkContinuity(
  db: Database,
  schema: MessagesSchema,
  anchors: readonly Anchor[],
  lastRowid: number,
): Continuity {
  if (readCounters(db, schema).given < lastRowid) return { kind: 'restart', reason: 'rowid_went_back' };
  let there = 0;
  for (const { rowid, guid } of anchors) {
    const found = guidAt(db, schema, rowid);
    if (found === guid) there += 1;
    else if (found !== null && !isAlias(db, found, guid)) return { kind: 'restart', reason: 'anchor_changed' };
  }
  if (anchors.length >= SPREAD && there === 0) return { kind: 'restart', reason: 'anchors_gone' };
  return { kind: 'ok' };
}

function isAlias(db: Database, one: string, other: string): boolean {
  const canonical = (guid: string) =>
    db.value<string>('SELECT guid FROM message_aliases WHERE alias = ?', guid) ?? guid;
  return canonical(one) === canonical(other);
}

/** Whether the file holds any of these messages, under whatever row id: then it is the same history, renumbered. */
export function sharesHistory(db: Database, schema: MessagesSchema, anchors: readonly Anchor[]): boolean {
  return anchors.some(({ guid }) => hasGuid(db, schema, guid));
}
