import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendEvents } from '../outbox/index.ts';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables } from '../store/index.ts';
import { EventLog } from './event-log.ts';
import { BLOCK_EVENTS, KEPT_BLOCKS } from './limits.ts';

let db: Database;
beforeEach(() => {
  db = openWritable(':memory:');
  createTables(db);
});
afterEach(() => db.close());

function tell(count: number): void {
  const events = Array.from(
    { length: count },
    () => ({ type: 'chat_created', chatId: 1, data: { chatId: 1 } }) as const,
  );
  db.transaction(() => appendEvents(db, 0, events));
}

function logOf(): EventLog {
  const log = new EventLog((work) => work(db));
  log.refresh();
  return log;
}

/** Everything behind a position, as a listener reads it; null where some of it is gone. */
function readAll(log: EventLog, from: number): number[] | null {
  const ids: number[] = [];
  for (let position = from; position < log.position; ) {
    const next = log.after(position);
    if (next === null) return null;
    expect(next.through).toBeGreaterThan(position);
    ids.push(...next.events.map(({ id }) => id));
    position = next.through;
  }
  return ids;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('the log of events', () => {
  it.each([0, 1, BLOCK_EVENTS - 1, BLOCK_EVENTS, BLOCK_EVENTS + 1])(
    'gives all that is behind %i, once and in order',
    (from) => {
      tell(3 * BLOCK_EVENTS + 7);
      const log = logOf();
      expect(readAll(log, from)).toEqual(range(from + 1, 3 * BLOCK_EVENTS + 7));
      tell(BLOCK_EVENTS);
      expect(log.refresh()).toBe(true);
      expect(readAll(log, from)).toEqual(range(from + 1, 4 * BLOCK_EVENTS + 7));
      expect(log.refresh()).toBe(false);
    },
  );

  it('says so where events were trimmed between two looks, and never skips them', () => {
    tell(3 * BLOCK_EVENTS);
    const trimmed = BLOCK_EVENTS + 20;
    db.run('DELETE FROM events WHERE id <= ?', trimmed);
    for (const from of [0, 5, BLOCK_EVENTS, trimmed - 1]) expect(logOf().after(from)).toBeNull();
    expect(readAll(logOf(), trimmed)).toEqual(range(trimmed + 1, 3 * BLOCK_EVENTS));
  });

  it('forgets what it has when the positions begin anew', () => {
    tell(10);
    const log = logOf();
    expect(readAll(log, 0)).toEqual(range(1, 10));
    db.run('DELETE FROM events');
    db.run(`UPDATE sqlite_sequence SET seq = 0 WHERE name = 'events'`);
    tell(4);
    expect(log.refresh()).toBe(true);
    expect(readAll(log, 0)).toEqual(range(1, 4));
  });

  it('keeps a bounded number of blocks, and reads an old one again', () => {
    const count = (KEPT_BLOCKS + 3) * BLOCK_EVENTS;
    tell(count);
    const log = logOf();
    expect(readAll(log, 0)?.length).toBe(count);
    db.run('DELETE FROM events WHERE id <= ?', 2 * BLOCK_EVENTS);
    // The first block is not in memory any more, and not in the table either; the last one is still in memory.
    expect(log.after(0)).toBeNull();
    db.run('DELETE FROM events');
    expect(log.after(count - BLOCK_EVENTS)?.events.length).toBe(BLOCK_EVENTS);
  });
});
