import { isoTime } from '../kernel/index.ts';
import type { EventType, StoredEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';

type EventRow = { id: number; type: string; at: number; chatId: number | null; data: string };

const NEXT_EVENTS = `
  SELECT id, type, at, chat_id AS chatId, data FROM events WHERE id > ? ORDER BY id LIMIT ?`;

const NEXT_EVENTS_OF_TYPES = `
  SELECT id, type, at, chat_id AS chatId, data FROM events
  WHERE id > ? AND type IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`;

/**
 * The events after a position, oldest first, at most `limit`; only those of `types` when these are given. A rare
 * type is looked for through all that is kept, which takes 0.2 s for two million events.
 */
export function readEvents(
  db: Database,
  { after, limit, types }: { after: number; limit: number; types?: readonly EventType[] | undefined },
): StoredEvent[] {
  const rows =
    types === undefined
      ? db.all<EventRow>(NEXT_EVENTS, after, limit)
      : db.all<EventRow>(NEXT_EVENTS_OF_TYPES, after, JSON.stringify(types), limit);
  return rows.map(toEvent);
}

/** The newest events, oldest of them first, at most `limit`; only those of `types` when these are given. */
export function newestEvents(
  db: Database,
  { limit, types }: { limit: number; types?: readonly EventType[] | undefined },
): StoredEvent[] {
  return db
    .all<EventRow>(
      `SELECT id, type, at, chat_id AS chatId, data FROM events
       WHERE ?1 IS NULL OR type IN (SELECT value FROM json_each(?1)) ORDER BY id DESC LIMIT ?2`,
      types === undefined ? null : JSON.stringify(types),
      limit,
    )
    .reverse()
    .map(toEvent);
}

/** The highest id ever given, also when its event is no longer kept; 0 before the first. */
export function lastEventId(db: Database): number {
  return db.value<number>(`SELECT seq FROM sqlite_sequence WHERE name = 'events'`) ?? 0;
}

/** The id of the oldest event that is kept; null when none is. */
export function firstEventId(db: Database): number | null {
  return db.value<number>('SELECT min(id) FROM events');
}

/**
 * Whether events after this position have been trimmed, so that whoever reads on from it would miss them and has to
 * start over. A reader of another process asks in the transaction of its `readEvents`.
 */
export function isBeforeKept(db: Database, after: number): boolean {
  return after < startOfKept(db);
}

/** The lowest position from which nothing is missed: trimming takes the oldest, so that what is kept has no hole. */
export function startOfKept(db: Database): number {
  const first = firstEventId(db);
  return first === null ? lastEventId(db) : first - 1;
}

function toEvent({ id, type, at, chatId, data }: EventRow): StoredEvent {
  // What the outbox has written it has checked, and nobody else writes here.
  return { id, type, at: isoTime(at), chatId, data: JSON.parse(data) } as StoredEvent;
}
