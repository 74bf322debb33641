import type { Database } from '../sqlite/index.ts';

export type QuarantineReason = 'no_chat' | 'body_undecodable' | 'row_unreadable' | 'guid_repeated';

/** `held`: the row is young and may still be completed by the program that is writing it. */
export type Misfit = { rowid: number; held?: boolean };

type About = {
  sourceId: number;
  /** The name under which the source is attached. */
  schema: string;
  /** SQL expressions over a row `m` of Apple's `message`. */
  body: string;
  state: string;
  reason: QuarantineReason;
  nowMs: number;
};

/**
 * Puts rows of the source into quarantine, with their body, so that they can be tried again. What a person has
 * discarded stays so, and what has been given up on is not held again. Answers how many rows there are.
 */
export function quarantineRows(db: Database, rows: Iterable<Misfit>, about: About): number {
  let count = 0;
  for (const { rowid, held } of rows) {
    count += db.run(
      `INSERT INTO quarantine
         (source_id, source_rowid, guid, reason, state, first_seen_at, last_tried_at, payload, source_state)
       SELECT ?, m.ROWID, coalesce(CAST(m.guid AS TEXT), 'row:' || m.ROWID), ?, ?, ?, ?, CAST(${about.body} AS BLOB),
         ${about.state}
       FROM ${about.schema}.message m WHERE m.ROWID = ?
       ON CONFLICT (source_id, guid, reason) DO UPDATE SET
         state = CASE WHEN quarantine.state = 'discarded' OR (quarantine.state = 'quarantined' AND excluded.state = 'held')
           THEN quarantine.state ELSE excluded.state END,
         first_seen_at = CASE quarantine.state WHEN 'resolved' THEN excluded.first_seen_at
           ELSE quarantine.first_seen_at END,
         last_tried_at = excluded.last_tried_at, source_rowid = excluded.source_rowid,
         source_state = excluded.source_state`,
      about.sourceId,
      about.reason,
      held === true ? 'held' : 'quarantined',
      about.nowMs,
      about.nowMs,
      rowid,
    ).changes;
  }
  return count;
}

/**
 * What was in quarantine and could be placed or decoded this time has left it. Nobody was told of what was only held, as
 * every message is whose chat comes a moment later: nothing stays of it. Of the rest no text does, which is elsewhere now.
 */
export function resolveQuarantine(db: Database, sourceId: number): void {
  const open = `SELECT 1 FROM main.quarantine WHERE source_id = ? AND state <> 'resolved' LIMIT 1`;
  if (db.value(open, sourceId) === null) return;
  const placed = 'guid IN (SELECT guid FROM temp.staged_messages UNION SELECT guid FROM temp.staged_reactions)';
  db.run(`DELETE FROM main.quarantine WHERE source_id = ? AND state = 'held' AND ${placed}`, sourceId);
  db.run(
    `UPDATE main.quarantine SET state = 'resolved', payload = NULL
     WHERE source_id = ? AND state <> 'resolved' AND ${placed}`,
    sourceId,
  );
}

export type QuarantineEntry = { id: number; sourceId: number; rowid: number; reason: string };

const ENTRY = 'id, source_id AS sourceId, source_rowid AS rowid, reason';

/** Entries that have come to be given up on since `seen` was read: what has to be told. */
export function quarantinedSince(db: Database, sourceId: number, seen: ReadonlySet<number>): QuarantineEntry[] {
  return db
    .all<QuarantineEntry>(
      `SELECT ${ENTRY} FROM quarantine WHERE source_id = ? AND state = 'quarantined' ORDER BY id`,
      sourceId,
    )
    .filter((entry) => !seen.has(entry.id));
}

/** Row ids of rows that wait for their chat, and are young. */
export function heldRowids(db: Database, sourceId: number): number[] {
  return db
    .all<{ rowid: number }>(
      `SELECT source_rowid AS rowid FROM quarantine
       WHERE source_id = ? AND state = 'held' AND reason = 'no_chat'`,
      sourceId,
    )
    .map((row) => row.rowid);
}

/** Gives up on rows that have waited for their chat since before `beforeMs`; they are still placed should it come. */
export function expireHeld(db: Database, beforeMs: number): QuarantineEntry[] {
  return db.all<QuarantineEntry>(
    `UPDATE quarantine SET state = 'quarantined' WHERE state = 'held' AND first_seen_at <= ? RETURNING ${ENTRY}`,
    beforeMs,
  );
}

/** Entries to be tried again: all that are open, or these. */
export function openEntries(db: Database, ids: readonly number[] | 'all'): QuarantineEntry[] {
  const open = db.all<QuarantineEntry>(
    `SELECT ${ENTRY} FROM quarantine WHERE state IN ('held', 'quarantined') ORDER BY id`,
  );
  return ids === 'all' ? open : open.filter((entry) => ids.includes(entry.id));
}

/** Puts entries out of sight for good, with what was kept of them; the rows are not tried again. */
export function discardEntries(db: Database, ids: readonly number[] | 'all'): number {
  let discarded = 0;
  for (const { id } of openEntries(db, ids)) {
    discarded += db.run(`UPDATE quarantine SET state = 'discarded', payload = NULL WHERE id = ?`, id).changes;
  }
  return discarded;
}
