import type { Database } from '../sqlite/index.ts';
import { indexedText, searchIndexedThrough } from '../store/index.ts';

/**
 * Brings the search index forward, some messages at a time. The index is the record of how far it has come: the
 * highest message it holds. What it needs of the other writers: a new message gets an id above all that were ever
 * given (AUTOINCREMENT), and a message that is changed or removed is listed in `search_pending` in the same transaction.
 */
export type IndexStep = { indexed: number; done: boolean };

type Text = { id: number; text: string | null; subject: string | null };

/** One transaction's work of the store's owner: changed messages first, then the next ones, `maxRows` in all. */
export function extendSearchIndex(db: Database, { maxRows }: { maxRows: number }): IndexStep {
  return db.transaction(() => {
    const renewed = renewPending(db, maxRows);
    const added = renewed < maxRows ? addNext(db, maxRows - renewed) : 0;
    return { indexed: renewed + added, done: renewed + added < maxRows };
  });
}

function renewPending(db: Database, maxRows: number): number {
  const through = searchIndexedThrough(db);
  const pending = db.all<Text>(
    `SELECT p.message_id AS id, m.text, m.subject FROM search_pending p LEFT JOIN messages m ON m.id = p.message_id
     ORDER BY p.message_id LIMIT ?`,
    maxRows,
  );
  for (const row of pending) {
    // What lies beyond the index is still to come.
    if (row.id <= through) {
      db.run('DELETE FROM message_search WHERE rowid = ?', row.id);
      addText(db, row, false);
    }
    db.run('DELETE FROM search_pending WHERE message_id = ?', row.id);
  }
  return pending.length;
}

function addNext(db: Database, maxRows: number): number {
  const rows = db.all<Text>(
    'SELECT id, text, subject FROM messages WHERE id > ? ORDER BY id LIMIT ?',
    searchIndexedThrough(db),
    maxRows,
  );
  // The last one is entered even when it says nothing: it marks how far the index has come.
  for (const [at, row] of rows.entries()) addText(db, row, at === rows.length - 1);
  return rows.length;
}

function addText(db: Database, row: Text, always: boolean): void {
  const indexed = indexedText(row.text, row.subject);
  if (indexed !== '' || always) db.run('INSERT INTO message_search (rowid, text) VALUES (?, ?)', row.id, indexed);
}
