import type { Database } from '../sqlite/index.ts';

/**
 * When a file was replaced by one that shares nothing with it, what the old one brought stays, as another source's. A
 * row that iCloud then lands in the new file belongs to the file that is there: it is adopted, and followed again.
 */
export function adoptRows(db: Database, sourceId: number): void {
  const predecessors = db
    .all<{ id: number }>(
      'SELECT p.id FROM sources p JOIN sources s ON s.path = p.path WHERE s.id = ? AND p.id <> s.id',
      sourceId,
    )
    .map((row) => row.id);
  for (const predecessor of predecessors) {
    for (const table of ['messages', 'reactions', 'poll_votes', 'attachments']) {
      db.run(
        `UPDATE main.${table} SET source_id = ? WHERE source_id = ? AND guid IN (
           SELECT s.guid FROM temp.staged_${table} s)`,
        sourceId,
        predecessor,
      );
    }
  }
}
