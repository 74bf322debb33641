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

/**
 * Derives `removed_at` of every addition from the rows of its target, part and sender. `targets` limits the work to
 * the messages whose reactions changed; undefined: all.
 */
export function settleAllReactions(db: Database, targets?: Iterable<string>): void {
  const columns = `SELECT id, target_guid AS target, part, handle_id AS sender, is_from_me AS fromMe,
    is_removal AS removal, reacted_at AS at, source_rowid AS rowid, vanished_at AS vanished, removed_at AS removed
    FROM reactions`;
  const order = 'ORDER BY target_guid, part, is_from_me, handle_id';
  if (targets === undefined) {
    settleRows(db, db.iterate<Row>(`${columns} ${order}`));
    return;
  }
  for (const target of targets) settleRows(db, db.all<Row>(`${columns} WHERE target_guid = ? ${order}`, target));
}

function settleRows(db: Database, rows: Iterable<Row>): void {
  const changes: { id: number; removedAt: number | null }[] = [];
  let group: ReactionState[] = [];
  let last: Row | null = null;
  const settle = () => {
    if (group.length > 1 || group[0]?.vanishedAt !== null || group[0]?.removedAt !== null) {
      changes.push(...settleReactions(group));
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
      order: row.rowid,
      vanishedAt: row.vanished,
      removedAt: row.removed,
    });
  }
  if (group.length > 0) settle();
  for (const change of changes) db.run('UPDATE reactions SET removed_at = ? WHERE id = ?', change.removedAt, change.id);
}

function sameGroup(a: Row, b: Row): boolean {
  return (
    a.target === b.target && a.part === b.part && a.fromMe === b.fromMe && (a.fromMe !== 0 || a.sender === b.sender)
  );
}
