/**
 * What happened, in order: a row of `events` is written in the transaction of the change it tells of, so that neither
 * is ever there without the other. Ids rise and are never used again. Events name ids and counts, never text.
 */
import type { Database } from '../sqlite/index.ts';

export type ImportEvent = 'import_started' | 'import_completed' | 'import_failed';

export function appendEvent(
  db: Database,
  event: { type: ImportEvent; atMs: number; chatId?: number; data: Record<string, unknown> },
): number {
  return db.run(
    'INSERT INTO events (type, at, chat_id, data) VALUES (?, ?, ?, ?)',
    event.type,
    event.atMs,
    event.chatId ?? null,
    JSON.stringify(event.data),
  ).lastId;
}
