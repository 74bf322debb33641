import { must } from '../kernel/index.ts';
import type { StoredEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { lastEventId, readEvents, startOfKept } from './read.ts';

/** `lag`: events that it has not acknowledged yet, those it has missed included. `updatedAt`: when it last moved on. */
export type ConsumerStatus = { name: string; position: number; lag: number; updatedAt: string };

/** `missed`: events that were trimmed before this consumer had read them. When there are any, it has to start over. */
export type Batch = { events: StoredEvent[]; missed: number };

/**
 * Makes a consumer known, and returns its position. A new one begins with the oldest event that is kept, or with the
 * next that happens; one that is known stays where it is, whatever `from` says.
 */
export function registerConsumer(
  db: Database,
  name: string,
  { from, nowMs }: { from: 'start' | 'now'; nowMs: number },
): number {
  db.run(
    'INSERT INTO consumers (name, position, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
    name,
    from === 'start' ? startOfKept(db) : lastEventId(db),
    nowMs,
  );
  return knownPosition(db, name);
}

/** The id of the last event that it has acknowledged; null when there is no such consumer. */
export function consumerPosition(db: Database, name: string): number | null {
  return db.value<number>('SELECT position FROM consumers WHERE name = ?', name);
}

/** What comes after the consumer's position, oldest first, at most `limit`. The same again until it acknowledges. */
export function nextBatch(db: Database, name: string, limit: number): Batch {
  const position = knownPosition(db, name);
  return {
    events: readEvents(db, { after: position, limit }),
    missed: Math.max(0, startOfKept(db) - position),
  };
}

/**
 * Says that everything up to and with `position` has been dealt with, for good. Never moves back, so that a late or
 * repeated word does no harm. Throws for a position that was never given: what is yet to happen would be skipped.
 */
export function acknowledge(db: Database, name: string, position: number, nowMs: number): void {
  if (!Number.isSafeInteger(position) || position < 0 || position > lastEventId(db)) {
    throw new Error(`invariant broken: no event has had position ${position}`);
  }
  if (position <= knownPosition(db, name)) return;
  db.run('UPDATE consumers SET position = ?, updated_at = ? WHERE name = ?', position, nowMs, name);
}

/** Lets go of a consumer, and with it of what was kept for it alone. One that is not known is no error. */
export function forgetConsumer(db: Database, name: string): void {
  db.run('DELETE FROM consumers WHERE name = ?', name);
}

/** All consumers, by name. */
export function listConsumers(db: Database): ConsumerStatus[] {
  const last = lastEventId(db);
  return db
    .all<{ name: string; position: number; at: number }>(
      'SELECT name, position, updated_at AS at FROM consumers ORDER BY name',
    )
    .map(({ name, position, at }) => ({
      name,
      position,
      // Ids follow each other, so that their difference counts events without reading them.
      lag: last - position,
      updatedAt: new Date(at).toISOString(),
    }));
}

/** Up to where every consumer has come; null when there is none. */
export function slowestPosition(db: Database): number | null {
  return db.value<number>('SELECT min(position) FROM consumers');
}

function knownPosition(db: Database, name: string): number {
  return must(consumerPosition(db, name), `consumer ${name} has been registered`);
}
