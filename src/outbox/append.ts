import type { NewEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { storedData } from './fields.ts';
import { splitEvent } from './split.ts';

/**
 * Records events in the caller's transaction, in their order. Returns the id of the last one, null when there was
 * nothing to record. Throws outside of a transaction: such an event could outlive its change, or the change it.
 */
export function appendEvents(db: Database, atMs: number, events: readonly NewEvent[]): number | null {
  if (!db.isTransaction) throw new Error('invariant broken: an event commits with the change it tells of');
  let last: number | null = null;
  for (const event of events) {
    for (const { type, chatId, data } of splitEvent(event)) {
      last = db.run(
        'INSERT INTO events (type, at, chat_id, data) VALUES (?, ?, ?, ?)',
        type,
        atMs,
        chatId,
        storedData(type, data),
      ).lastId;
    }
  }
  return last;
}
