import { heldRowids } from '../load/index.ts';
import { hasGuid, readCounters, readDeletedGuids, readNewRows } from '../sources/messages/index.ts';
import { Findings } from './compare-rows.ts';
import { BATCH_ROWS, FEED_ROWS, WINDOW_ATTACHMENTS, WINDOW_ROWS } from './live.limits.ts';
import type { LiveSource } from './live-source.ts';
import { APPLE } from './source-run.ts';
import type { TouchedRows } from './touched-rows.ts';

/** Messages in "Recently Deleted" as they were when last looked at. */
export type Recent = ReadonlyMap<number, { chat: number; deletedAt: number | null }>;

const EVERYTHING = Number.MAX_SAFE_INTEGER;

/**
 * What to look at on a wake, where changes are likely: new rows, those of the known ones that Apple's log has touched
 * (where that is not known, the newest), rows that wait for their chat, what went to or came from "Recently Deleted", the
 * feeds of deletions.
 */
export function findOnWake(
  source: LiveSource,
  recentBefore: Recent,
  touched: TouchedRows,
  mode: 'catching-up' | 'live',
) {
  const { db, schema, comparison, position } = source;
  const findings = new Findings();
  const counters = readCounters(db, schema);
  const recent = comparison.recentlyDeleted();
  const fresh = readNewRows(db, schema, position.lastMessageRowid, BATCH_ROWS);
  const more = fresh.length === BATCH_ROWS;
  // With a backlog to read, known rows can wait: they are compared once it is done.
  if (!more) {
    compareKnown(source, recent, touched, findings);
    findLateJoins(source, findings);
    for (const rowid of changedKeys(recentBefore, recent)) findings.rows.add(rowid);
  }
  const feeds = readFeeds(source, findings);
  for (const { rowid } of fresh) findings.rows.add(rowid);
  const lastMessageRowid = fresh.at(-1)?.rowid ?? position.lastMessageRowid;
  const reached = {
    lastMessageRowid,
    lastAttachmentRowid: more
      ? position.lastAttachmentRowid
      : Math.max(position.lastAttachmentRowid, counters.attachments),
    ...feeds.position,
  };
  const moved = (Object.keys(reached) as (keyof typeof reached)[]).some((key) => reached[key] !== position[key]);
  return {
    rows: findings.rows,
    attachments: findings.attachments,
    vanished: { messages: [...findings.vanishedMessages], reactions: [...findings.vanishedReactions] },
    position: moved ? reached : null,
    more: more || feeds.more,
    hasGroupEvents: fresh.some((row) => row.isEvent !== 0),
    // While catching up, all of it is compared by the sweep that follows.
    recent: more && mode === 'catching-up' ? recentBefore : recent,
  };
}

function compareKnown(source: LiveSource, recent: Recent, touched: TouchedRows, findings: Findings): void {
  const { db, schema, comparison, position } = source;
  const { lastMessageRowid, lastAttachmentRowid } = position;
  const windows = {
    messages: [{ from: Math.max(1, lastMessageRowid - WINDOW_ROWS), to: lastMessageRowid }],
    attachments: [{ from: Math.max(1, lastAttachmentRowid - WINDOW_ATTACHMENTS), to: EVERYTHING }],
  };
  const ranges = touched.ranges(db, schema);
  // New attachments are read whatever the log says; new messages apart.
  const attachments =
    ranges === null ? windows.attachments : [...ranges, { from: lastAttachmentRowid + 1, to: EVERYTHING }];
  const known = (ranges ?? windows.messages).flatMap(({ from, to }) =>
    from > lastMessageRowid ? [] : [{ from, to: Math.min(to, lastMessageRowid) }],
  );
  comparison.compareMessages(known, recent, findings);
  comparison.compareAttachments(
    attachments.filter(({ from }) => from <= lastAttachmentRowid + 1),
    findings,
  );
}

/** Rows that wait for their chat, which has come. */
function findLateJoins({ db, sourceId }: LiveSource, findings: Findings): void {
  for (const rowid of heldRowids(db, sourceId)) {
    const joined = db.value(`SELECT 1 FROM ${APPLE}.chat_message_join WHERE message_id = ? LIMIT 1`, rowid);
    if (joined !== null) findings.rows.add(rowid);
  }
}

function changedKeys(before: Recent, now: Recent): number[] {
  const changed: number[] = [];
  for (const rowid of now.keys()) if (!before.has(rowid)) changed.push(rowid);
  for (const rowid of before.keys()) if (!now.has(rowid)) changed.push(rowid);
  return changed;
}

/** Guids that Apple's feeds name as deleted: rows of ours that are really gone. */
function readFeeds(source: LiveSource, findings: Findings) {
  const { db, schema, position } = source;
  const deleted = readDeletedGuids(db, schema, 'deleted_messages', position.lastDeletedRowid, FEED_ROWS);
  const synced = readDeletedGuids(db, schema, 'sync_deleted_messages', position.lastSyncDeletedRowid, FEED_ROWS);
  for (const guid of new Set([...deleted, ...synced].map((row) => row.guid))) {
    if (hasGuid(db, schema, guid)) continue;
    for (const id of heldUnder(source, guid)) findings.vanishedMessages.add(id);
    const reaction = db.value<number>(
      'SELECT id FROM reactions WHERE guid = ? AND source_id = ? AND vanished_at IS NULL',
      guid,
      source.sourceId,
    );
    if (reaction !== null) findings.vanishedReactions.add(reaction);
  }
  return {
    more: deleted.length === FEED_ROWS || synced.length === FEED_ROWS,
    position: {
      lastDeletedRowid: deleted.at(-1)?.rowid ?? position.lastDeletedRowid,
      lastSyncDeletedRowid: synced.at(-1)?.rowid ?? position.lastSyncDeletedRowid,
    },
  };
}

/** Our message that has this guid in the source now: one that lives on under another has not gone. */
function heldUnder({ db, sourceId, schema }: LiveSource, guid: string): number[] {
  return db
    .all<{ id: number; rowid: number }>(
      `SELECT m.id, m.source_rowid AS rowid FROM messages m WHERE +m.source_id = ? AND m.guid IN (
         SELECT ? UNION SELECT a.guid FROM message_aliases a WHERE a.alias = ?)`,
      sourceId,
      guid,
      guid,
    )
    .filter(({ rowid }) => db.value(`SELECT 1 FROM ${schema.name}.message WHERE ROWID = ?`, rowid) === null)
    .map(({ id }) => id);
}
