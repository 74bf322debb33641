import type { Database } from '../sqlite/index.ts';
import { orderAttachments } from '../transform/index.ts';

/**
 * Writes which attachments a message has, in the order in which its body names them. `messageId` and `attachmentId`
 * turn row ids of the source into ours, null where we hold no such row.
 */
export function writeAttachmentJoins(
  db: Database,
  joins: ReadonlyMap<number, readonly { rowid: number; guid: string }[]>,
  bodyOrder: ReadonlyMap<number, readonly string[]>,
  messageId: (rowid: number) => number | null,
  attachmentId: (rowid: number) => number | null,
): void {
  for (const [rowid, joined] of joins) {
    const message = messageId(rowid);
    if (message === null) continue;
    let position = 0;
    for (const attachment of orderAttachments(joined, bodyOrder.get(rowid) ?? [])) {
      const id = attachmentId(attachment.rowid);
      if (id === null) continue;
      db.run(
        'INSERT INTO message_attachments (message_id, position, attachment_id) VALUES (?, ?, ?)',
        message,
        position,
        id,
      );
      position += 1;
    }
  }
}

/**
 * Brings the attachments of messages that the store holds already up to what a source says. A message that lost its
 * attachments in the source (it was unsent) keeps them here.
 */
export function updateAttachmentJoins(
  db: Database,
  joins: ReadonlyMap<number, readonly { rowid: number; guid: string }[]>,
  bodyOrder: ReadonlyMap<number, readonly string[]>,
): void {
  for (const [rowid, joined] of joins) {
    const message = db.value<number>(
      `SELECT m.id FROM temp.staged_messages s JOIN main.messages m ON m.guid = s.guid WHERE s.source_rowid = ?`,
      rowid,
    );
    if (message === null) continue;
    const wanted = orderAttachments(joined, bodyOrder.get(rowid) ?? []).map((attachment) => attachment.guid);
    const held = db
      .all<{ guid: string }>(
        `SELECT a.guid FROM message_attachments j JOIN attachments a ON a.id = j.attachment_id
         WHERE j.message_id = ? ORDER BY j.position`,
        message,
      )
      .map((row) => row.guid);
    // What only we hold was taken back in the source: it stays, behind the others.
    const all = [...wanted, ...held.filter((guid) => !wanted.includes(guid))];
    if (all.length === held.length && all.every((guid, index) => guid === held[index])) continue;
    db.run('DELETE FROM message_attachments WHERE message_id = ?', message);
    all.forEach((guid, position) => {
      db.run(
        `INSERT INTO message_attachments (message_id, position, attachment_id)
         SELECT ?, ?, id FROM attachments WHERE guid = ?`,
        message,
        position,
        guid,
      );
    });
  }
}
