import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables } from '../store/index.ts';
import {
  acknowledge,
  appendEvents,
  lastEventId,
  RETENTION_AGE_MS,
  RETENTION_HARD_AGE_MS,
  RETENTION_HARD_ROWS,
  readEvents,
  registerConsumer,
  trimEvents,
} from './index.ts';

const nowMs = Date.UTC(2026, 5, 1);
const old = nowMs - RETENTION_AGE_MS - 1;
const recent = nowMs - RETENTION_AGE_MS;
const ancient = nowMs - RETENTION_HARD_AGE_MS - 1;

/** A store with an event for each moment. */
function storeOf(moments: readonly number[]): Database {
  const db = openWritable(':memory:');
  createTables(db);
  db.transaction(() => {
    for (const atMs of moments) appendEvents(db, atMs, [{ type: 'chat_created', chatId: 1, data: { chatId: 1 } }]);
  });
  return db;
}

function readUpTo(db: Database, name: string, position: number): void {
  registerConsumer(db, name, { from: 'start', nowMs });
  acknowledge(db, name, position, nowMs);
}

const kept = (db: Database) => readEvents(db, { after: 0, limit: 1_000 }).map(({ id }) => id);

describe('retention', () => {
  it('removes what is older than its age, when nobody waits for it', () => {
    using db = storeOf([old, old, recent, nowMs]);
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 2, more: false });
    expect(kept(db)).toEqual([3, 4]);
  });

  it('waits for the slowest consumer', () => {
    using db = storeOf([old, old, old, recent]);
    readUpTo(db, 'fast', 4);
    readUpTo(db, 'slow', 1);
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 1, more: false });
    expect(kept(db)).toEqual([2, 3, 4]);
    acknowledge(db, 'slow', 3, nowMs);
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 2, more: false });
    expect(kept(db)).toEqual([4]);
  });

  it('keeps what is young though every consumer has it', () => {
    using db = storeOf([recent, nowMs]);
    readUpTo(db, 'fast', 2);
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 0, more: false });
  });

  it('waits for nobody beyond the hard age', () => {
    using db = storeOf([ancient, ancient, ancient + 1, nowMs]);
    registerConsumer(db, 'gone', { from: 'start', nowMs });
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 2, more: false });
    expect(kept(db)).toEqual([3, 4]);
  });

  it('waits for nobody beyond the hard number', () => {
    using db = storeOf([nowMs, nowMs, nowMs]);
    registerConsumer(db, 'gone', { from: 'start', nowMs });
    // As if so many had followed: the ids count them.
    db.run(
      `INSERT INTO events (id, type, at, chat_id, data) VALUES (?, 'chat_created', ?, 1, '{"chatId":1}')`,
      RETENTION_HARD_ROWS + 2,
      nowMs,
    );
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 2, more: false });
    expect(kept(db)).toEqual([3, RETENTION_HARD_ROWS + 2]);
  });

  it('takes at most a slice, and says whether there is another', () => {
    using db = storeOf([old, old, old, old, nowMs]);
    expect(trimEvents(db, { nowMs, limit: 2 })).toEqual({ removed: 2, more: true });
    expect(trimEvents(db, { nowMs, limit: 2 })).toEqual({ removed: 2, more: false });
    expect(trimEvents(db, { nowMs, limit: 2 })).toEqual({ removed: 0, more: false });
  });

  it('finds nothing to do where there is nothing', () => {
    using db = storeOf([]);
    expect(trimEvents(db, { nowMs, limit: 10 })).toEqual({ removed: 0, more: false });
  });

  it('leaves no hole, forgets no id and spares what is owed, however the clock went', () => {
    const moment = fc.constantFrom(ancient, old, recent, nowMs, nowMs + RETENTION_HARD_AGE_MS);
    fc.assert(
      fc.property(
        fc.array(moment, { maxLength: 30 }),
        fc.array(fc.nat(30), { maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        (moments, positions, limit) => {
          using db = storeOf(moments);
          const last = moments.length;
          positions.forEach((position, at) => {
            readUpTo(db, `reader-${at}`, Math.min(position, last));
          });
          while (true) {
            const before = kept(db).length;
            const { removed, more } = trimEvents(db, { nowMs, limit });
            expect(removed).toBe(before - kept(db).length);
            expect(removed).toBeLessThanOrEqual(limit);
            expect(more && removed < limit).toBe(false);
            if (!more) break;
          }
          const ids = kept(db);
          const first = ids[0] ?? last + 1;
          expect(ids).toEqual(Array.from({ length: last - first + 1 }, (_, at) => first + at));
          expect(lastEventId(db)).toBe(last);
          const slowest = Math.min(...positions, last);
          for (const [at, atMs] of moments.slice(0, first - 1).entries()) {
            expect(atMs === ancient || (atMs === old && at + 1 <= slowest)).toBe(true);
          }
          // And it did not stop before it had to.
          const stopper = moments[first - 1];
          expect(stopper === ancient || (stopper === old && first <= slowest)).toBe(false);
        },
      ),
    );
  });
});
