import type { Database } from '../sqlite/index.ts';
import type { RowRange } from './rows.ts';

const EVERY_ROW: RowRange = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };

type Difference = { message: number; wanted: string; held: string };

/**
 * Brings the attachments of messages that the store holds already up to what a source says. A message that lost its
 * attachments in the source (it was unsent) keeps them here, behind those it has. `range`: of messages, by their row ids
 * in the source. Answers the ids of the messages whose list has changed.
 */
export function updateAttachmentJoins(db: Database, range = EVERY_ROW): number[] {
  const changed: number[] = [];
  const differences = db.all<Difference>(
    `SELECT * FROM (
       SELECT m.id AS message, json_group_array(a.guid ORDER BY j.position) AS wanted,
         (SELECT json_group_array(h.guid ORDER BY k.position) FROM main.message_attachments k
            JOIN main.attachments h ON h.id = k.attachment_id WHERE k.message_id = m.id) AS held
       FROM temp.staged_message_attachments j
         JOIN temp.staged_messages s ON s.source_rowid = j.message_id
         CROSS JOIN main.messages m ON m.guid = s.guid
         JOIN temp.staged_attachments a ON a.source_rowid = j.attachment_id
       WHERE j.message_id BETWEEN ? AND ?
       GROUP BY m.id)
     WHERE wanted <> held`,
    ...[range.from, range.to],
  );
  for (const { message, wanted, held } of differences) {
    const now = JSON.parse(wanted) as string[];
    const before = JSON.parse(held) as string[];
    const all = [...now, ...before.filter((guid) => !now.includes(guid))];
    if (all.length === before.length && all.every((guid, index) => guid === before[index])) continue;
    changed.push(message);
    db.run('DELETE FROM message_attachments WHERE message_id = ?', message);
    for (const [position, guid] of all.entries()) {
      db.run(
        `INSERT INTO message_attachments (message_id, position, attachment_id)
         SELECT ?, ?, id FROM attachments WHERE guid = ?`,
        message,
        position,
        guid,
      );
    }
  }
  return changed;
}
