import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Database, openWritable } from '../sqlite/index.ts';
import { createTables } from '../store/index.ts';
import {
  acknowledge,
  appendEvents,
  consumerPosition,
  forgetConsumer,
  lastEventId,
  listConsumers,
  nextBatch,
  RETENTION_AGE_MS,
  RETENTION_HARD_AGE_MS,
  registerConsumer,
  trimEvents,
} from './index.ts';

function storeWith(events: number): Database {
  const db = openWritable(':memory:');
  createTables(db);
  append(db, events);
  return db;
}

function append(db: Database, events: number, atMs = 0): void {
  db.transaction(() => {
    for (let chatId = 1; chatId <= events; chatId++) {
      appendEvents(db, atMs, [{ type: 'chat_created', chatId, data: { chatId } }]);
    }
  });
}

const register = (db: Database, name: string, from: 'start' | 'now' = 'start', nowMs = 0) =>
  registerConsumer(db, name, { from, nowMs });
const idsFor = (db: Database, name: string, limit = 100) => nextBatch(db, name, limit).events.map(({ id }) => id);

describe('a consumer', () => {
  it('begins with the oldest event that is kept, or with the next', () => {
    using db = storeWith(5);
    expect(register(db, 'all', 'start')).toBe(0);
    expect(register(db, 'new', 'now')).toBe(5);
    append(db, 1);
    expect(idsFor(db, 'all')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(idsFor(db, 'new')).toEqual([6]);
  });

  it('has missed nothing when it begins after events were trimmed', () => {
    using db = storeWith(5);
    trimEvents(db, { nowMs: RETENTION_AGE_MS + 1, limit: 3 });
    expect(register(db, 'some')).toBe(3);
    expect(nextBatch(db, 'some', 9).missed).toBe(0);
    acknowledge(db, 'some', 5, 0);
    trimEvents(db, { nowMs: RETENTION_AGE_MS + 1, limit: 3 });
    expect(register(db, 'none')).toBe(5);
    expect(nextBatch(db, 'none', 9)).toEqual({ events: [], missed: 0 });
  });

  it('stays where it is when it is registered again', () => {
    using db = storeWith(5);
    register(db, 'reader');
    acknowledge(db, 'reader', 3, 0);
    expect(register(db, 'reader', 'start')).toBe(3);
    expect(register(db, 'reader', 'now')).toBe(3);
  });

  it('gets the same until it acknowledges, and then what follows', () => {
    using db = storeWith(5);
    register(db, 'reader');
    expect(idsFor(db, 'reader', 2)).toEqual([1, 2]);
    expect(idsFor(db, 'reader', 2)).toEqual([1, 2]);
    acknowledge(db, 'reader', 2, 0);
    expect(idsFor(db, 'reader', 2)).toEqual([3, 4]);
  });

  it('never moves back', () => {
    using db = storeWith(5);
    register(db, 'reader');
    acknowledge(db, 'reader', 4, 10);
    acknowledge(db, 'reader', 2, 20);
    acknowledge(db, 'reader', 4, 30);
    expect(listConsumers(db)).toEqual([{ name: 'reader', position: 4, lag: 1, updatedAt: '1970-01-01T00:00:00.010Z' }]);
  });

  it.each([6, 1e9, -1, 2.5, Number.NaN])('cannot acknowledge %d when there were five events', (position) => {
    using db = storeWith(5);
    register(db, 'reader');
    expect(() => acknowledge(db, 'reader', position, 0)).toThrow('no event has had position');
    expect(consumerPosition(db, 'reader')).toBe(0);
  });

  it('must be known', () => {
    using db = storeWith(5);
    expect(consumerPosition(db, 'nobody')).toBeNull();
    expect(() => nextBatch(db, 'nobody', 1)).toThrow('has been registered');
    expect(() => acknowledge(db, 'nobody', 1, 0)).toThrow('has been registered');
  });

  it('is forgotten with its position', () => {
    using db = storeWith(5);
    register(db, 'reader');
    acknowledge(db, 'reader', 4, 0);
    forgetConsumer(db, 'reader');
    forgetConsumer(db, 'reader');
    expect(listConsumers(db)).toEqual([]);
    expect(register(db, 'reader')).toBe(0);
  });

  it('does not see the others', () => {
    using db = storeWith(5);
    register(db, 'slow');
    register(db, 'fast');
    acknowledge(db, 'fast', 5, 0);
    forgetConsumer(db, 'fast');
    register(db, 'third', 'now');
    expect(idsFor(db, 'slow')).toEqual([1, 2, 3, 4, 5]);
    expect(listConsumers(db).map(({ name, position, lag }) => ({ name, position, lag }))).toEqual([
      { name: 'slow', position: 0, lag: 5 },
      { name: 'third', position: 5, lag: 0 },
    ]);
  });

  it('learns how many it has missed when it was away for too long, until it moves on', () => {
    using db = storeWith(5);
    register(db, 'reader');
    append(db, 2, RETENTION_HARD_AGE_MS);
    trimEvents(db, { nowMs: RETENTION_HARD_AGE_MS + 1, limit: 100 });
    expect(nextBatch(db, 'reader', 1)).toMatchObject({ events: [{ id: 6 }], missed: 5 });
    acknowledge(db, 'reader', 6, 0);
    expect(nextBatch(db, 'reader', 1)).toMatchObject({ events: [{ id: 7 }], missed: 0 });
  });
});

describe('delivery', () => {
  const NAMES = ['a', 'b', 'c'] as const;
  type Step =
    | { do: 'append'; events: number; crashAfter: number }
    | { do: 'deliver'; name: (typeof NAMES)[number]; limit: number; crashAfter: number }
    | { do: 'trim'; limit: number; crashAfter: number };
  const crashAfter = fc.oneof(fc.nat(8), fc.constant(1_000));
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('append' as const), events: fc.integer({ min: 1, max: 5 }), crashAfter }),
    fc.record({
      do: fc.constant('deliver' as const),
      name: fc.constantFrom(...NAMES),
      limit: fc.integer({ min: 1, max: 4 }),
      crashAfter,
    }),
    fc.record({ do: fc.constant('trim' as const), limit: fc.integer({ min: 1, max: 4 }), crashAfter }),
  );

  /** Old enough for retention, so that only what a consumer has yet to read keeps an event. */
  const nowMs = RETENTION_AGE_MS + 1;

  /** Runs `work` on a machine whose power fails before its statement number `statements`; true when it survived. */
  function survives(statements: number, work: () => void): boolean {
    let left = statements;
    Database.watch(() => {
      if (left-- <= 0) throw new Error('the power failed');
    });
    try {
      work();
      return true;
    } catch (error) {
      expect((error as Error).message).toBe('the power failed');
      return false;
    } finally {
      Database.watch(null);
    }
  }

  it('repeats after a crash and never skips, for each consumer by itself, whatever is trimmed meanwhile', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        using db = storeWith(0);
        const handled = new Map<string, number[]>(NAMES.map((name) => [name, []]));
        const crashes = new Map<string, number>(NAMES.map((name) => [name, 0]));
        for (const name of NAMES) register(db, name);

        const deliver = (name: string, limit: number) => {
          const { events, missed } = nextBatch(db, name, limit);
          expect(missed).toBe(0);
          handled.get(name)?.push(...events.map(({ id }) => id));
          const last = events.at(-1);
          if (last !== undefined) acknowledge(db, name, last.id, 0);
        };
        for (const step of steps) {
          const survived = survives(step.crashAfter, () => {
            if (step.do === 'append') append(db, step.events);
            else if (step.do === 'trim') trimEvents(db, { nowMs, limit: step.limit });
            else deliver(step.name, step.limit);
          });
          if (!survived && step.do === 'deliver') crashes.set(step.name, (crashes.get(step.name) ?? 0) + 1);
        }

        const last = lastEventId(db);
        for (const name of NAMES) {
          while (consumerPosition(db, name) !== last) deliver(name, 3);
          const ids = handled.get(name) ?? [];
          expect([...new Set(ids)]).toEqual(Array.from({ length: last }, (_, at) => at + 1));
          // Only a crash goes back, and each to where the consumer had been.
          const back = ids.filter((id, at) => at > 0 && id <= (ids[at - 1] ?? 0)).length;
          expect(back).toBeLessThanOrEqual(crashes.get(name) ?? 0);
        }
      }),
    );
  });
});
