import type { Database } from '../../sqlite/index.ts';
import type { MessagesSchema } from './schema.ts';

type Receiver = { receive: ((...row: unknown[]) => void) | null };

/** A connection keeps its functions until it closes, and making one anew makes it prepare every statement anew. */
const receivers = new WeakMap<Database, Receiver>();

function receiverOf(db: Database): Receiver {
  const known = receivers.get(db);
  if (known !== undefined) return known;
  const receiver: Receiver = { receive: null };
  db.function(
    'pump',
    (...row: unknown[]) => {
      receiver.receive?.(...row);
      return null;
    },
    { variadic: true },
  );
  receivers.set(db, receiver);
  return receiver;
}

/**
 * Reading a few narrow columns of every row. A JavaScript function called from SQL takes a row in 0.1 µs, where a row
 * object costs ten times that; so the rows are pumped through a function and never become objects.
 */
export function pump<A extends unknown[]>(
  db: Database,
  sink: (...row: A) => void,
  sql: (call: (...columns: string[]) => string) => string,
  ...params: (number | string)[]
): void {
  const receiver = receiverOf(db);
  receiver.receive = sink as unknown as (...row: unknown[]) => void;
  try {
    db.value(
      sql((...columns) => `count(pump(${columns.join(', ')}))`),
      ...params,
    );
  } finally {
    // What the sink has gathered must not stay with the connection.
    receiver.receive = null;
  }
}

/** Row ids outside of this range do not fit a JavaScript number; no real file has them. */
export const ROWID_RANGE = 'BETWEEN -4503599627370496 AND 4503599627370496';

/** Every message → chat join, in the order in which the joins were made. */
export function scanChatJoins(
  db: Database,
  schema: MessagesSchema,
  sink: (message: number, chat: number) => void,
): void {
  pump(
    db,
    sink,
    (call) => `SELECT ${call('message_id', 'chat_id')} FROM ${schema.name}.chat_message_join NOT INDEXED
      WHERE message_id ${ROWID_RANGE} AND chat_id ${ROWID_RANGE}`,
  );
}

/** Messages in "Recently Deleted": their join has moved to a table of its own. `deletedAt` in Apple's units. */
export function readRecentlyDeleted(
  db: Database,
  schema: MessagesSchema,
  timeSql: (column: string) => string,
): { message: number; chat: number; deletedAt: number | null }[] {
  if (!schema.has('chat_recoverable_message_join')) return [];
  return db.all(
    `SELECT message_id AS message, chat_id AS chat, ${timeSql('delete_date')} AS deletedAt
     FROM ${schema.name}.chat_recoverable_message_join
     WHERE typeof(message_id) = 'integer' AND typeof(chat_id) = 'integer' AND message_id ${ROWID_RANGE} ORDER BY ROWID`,
  );
}

/** Every row of `message` in the order of ROWID, with the integer (or NULL) that each of two expressions gives. */
export function scanMessages(
  db: Database,
  schema: MessagesSchema,
  expressions: { time: string; code: string },
  sink: (rowid: number, time: number | null, code: number) => void,
): void {
  pump(
    db,
    sink,
    (call) => `SELECT ${call('m.ROWID', expressions.time, expressions.code)} FROM ${schema.name}.message m NOT INDEXED
      WHERE m.ROWID ${ROWID_RANGE}`,
  );
}

export type AttachmentJoinRow = {
  message: number;
  attachment: number;
  isSticker: number;
  uti: string | null;
  name: string | null;
};

/** Attachments of messages, message by message, in the order of the attachments' ROWIDs. */
export function readAttachmentJoins(db: Database, schema: MessagesSchema): Iterable<AttachmentJoinRow> {
  if (!schema.has('attachment') || !schema.has('message_attachment_join')) return [];
  const column = (name: string) => schema.column('a', 'attachment', name);
  return db.iterate(
    `SELECT j.message_id AS message, a.ROWID AS attachment,
       coalesce(CAST(${column('is_sticker')} AS INTEGER), 0) <> 0 AS isSticker, CAST(${column('uti')} AS TEXT) AS uti,
       CAST(${column('transfer_name')} AS TEXT) AS name
     FROM ${schema.name}.message_attachment_join j JOIN ${schema.name}.attachment a ON a.ROWID = j.attachment_id
     WHERE typeof(j.message_id) = 'integer' AND j.message_id ${ROWID_RANGE} AND a.guid IS NOT NULL
     ORDER BY j.message_id, a.ROWID`,
  );
}
