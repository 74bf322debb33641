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
