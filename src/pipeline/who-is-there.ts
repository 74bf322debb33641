import type { Database } from '../sqlite/index.ts';

/** What others than the one that asks may have changed in the store: who an address stands for, and which chats there are. */
export function contactsByHandle(db: Database): Map<number, number> {
  const rows = db.all<{ handle: number; contact: number }>(
    'SELECT id AS handle, contact_id AS contact FROM main.handles',
  );
  return new Map(rows.map(({ handle, contact }) => [handle, contact]));
}

/** Whether one of these chats, by our ids, is no more: it was united with another. */
export function isChatGone(db: Database, chats: Iterable<number>): boolean {
  const gone = db.value(
    'SELECT 1 FROM json_each(?) c WHERE NOT EXISTS (SELECT 1 FROM main.chats h WHERE h.id = c.value) LIMIT 1',
    JSON.stringify([...chats]),
  );
  return gone !== null;
}
