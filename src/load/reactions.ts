import type { Database } from '../sqlite/index.ts';
import { type ReactionState, settleReactions } from '../transform/index.ts';

type Row = {
  id: number;
  target: string;
  part: number | null;
  sender: number | null;
  fromMe: number;
  removal: number;
  at: number | null;
  rowid: number;
  vanished: number | null;
  removed: number | null;
};

/** A reaction whose `removed_at` was set anew, and whether it counted before. */
export type Settled = { id: number; removedAt: number | null; wasActive: boolean };

/**
 * Derives `removed_at` of every addition from the rows of its target, part and sender. `targets` limits the work to
 * the messages whose reactions changed; undefined: all. Answers what has changed.
 */
export function settleAllReactions(db: Database, targets?: Iterable<string>): Settled[] {
  const columns = `SELECT id, target_guid AS target, part, handle_id AS sender, is_from_me AS fromMe,
    is_removal AS removal, reacted_at AS at, source_rowid AS rowid, vanished_at AS vanished, removed_at AS removed
    FROM reactions`;
  const order = 'ORDER BY target_guid, part, is_from_me, handle_id';
  if (targets === undefined) {
    return settleRows(db, db.iterate<Row>(`${columns} ${order}`));
  }
  const settled: Settled[] = [];
  for (const target of targets) {
    settled.push(...settleRows(db, db.all<Row>(`${columns} WHERE target_guid = ? ${order}`, target)));
  }
  return settled;
}

function settleRows(db: Database, rows: Iterable<Row>): Settled[] {
  const changes: Settled[] = [];
  let group: ReactionState[] = [];
  let last: Row | null = null;
  const settle = () => {
    if (group.length > 1 || group[0]?.vanishedAt !== null || group[0]?.removedAt !== null) {
      const wasActive = new Set(group.flatMap((row) => (row.removedAt === null ? [row.id] : [])));
      for (const change of settleReactions(group)) changes.push({ ...change, wasActive: wasActive.has(change.id) });
    }
    group = [];
  };
  for (const row of rows) {
    if (last !== null && !sameGroup(last, row)) settle();
    last = row;
    group.push({
      id: row.id,
      isRemoval: row.removal !== 0,
      at: row.at,
      // What has gone keeps its place, though not its number.
      order: Math.abs(row.rowid),
      vanishedAt: row.vanished,
      removedAt: row.removed,
    });
  }
  if (group.length > 0) settle();
  for (const change of changes) db.run('UPDATE reactions SET removed_at = ? WHERE id = ?', change.removedAt, change.id);
  return changes;
}

function sameGroup(a: Row, b: Row): boolean {
  return (
    a.target === b.target && a.part === b.part && a.fromMe === b.fromMe && (a.fromMe !== 0 || a.sender === b.sender)
  );
}
