import { describe, expect, it } from 'vitest';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables } from '../store/index.ts';
import { appendEvents, firstEventId, isBeforeKept, lastEventId, readEvents, trimEvents } from './index.ts';

const FAR_MS = Date.UTC(2100, 0, 1);

function storeWith(chats: number): Database {
  const db = openWritable(':memory:');
  createTables(db);
  append(db, chats);
  return db;
}

function append(db: Database, chats: number): void {
  db.transaction(() => {
    for (let chatId = 1; chatId <= chats; chatId++) {
      const type = chatId % 2 === 1 ? 'chat_created' : 'contact_created';
      appendEvents(db, 0, [
        type === 'chat_created'
          ? { type, chatId, data: { chatId } }
          : { type, chatId: null, data: { contactId: chatId } },
      ]);
    }
  });
}

const idsOf = (events: { id: number }[]) => events.map(({ id }) => id);

describe('reading events', () => {
  it('gives what comes after a position, oldest first, at most so many', () => {
    using db = storeWith(6);
    expect(idsOf(readEvents(db, { after: 0, limit: 10 }))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(idsOf(readEvents(db, { after: 2, limit: 3 }))).toEqual([3, 4, 5]);
    expect(readEvents(db, { after: 6, limit: 3 })).toEqual([]);
  });

  it('gives the same for the same position', () => {
    using db = storeWith(6);
    const before = readEvents(db, { after: 2, limit: 3 });
    append(db, 4);
    expect(readEvents(db, { after: 2, limit: 3 })).toEqual(before);
  });

  it('gives only the types that are asked for, and the limit counts these', () => {
    using db = storeWith(6);
    expect(idsOf(readEvents(db, { after: 0, limit: 2, types: ['contact_created'] }))).toEqual([2, 4]);
    expect(idsOf(readEvents(db, { after: 4, limit: 9, types: ['chat_created', 'contact_created'] }))).toEqual([5, 6]);
    expect(readEvents(db, { after: 0, limit: 9, types: ['contact_merged'] })).toEqual([]);
    expect(readEvents(db, { after: 0, limit: 9, types: [] })).toEqual([]);
  });
});

describe('positions', () => {
  it('begin at nothing', () => {
    using db = storeWith(0);
    expect([firstEventId(db), lastEventId(db), isBeforeKept(db, 0)]).toEqual([null, 0, false]);
  });

  it('are before what is kept when an event after them has been trimmed', () => {
    using db = storeWith(5);
    expect(isBeforeKept(db, 0)).toBe(false);
    trimEvents(db, { nowMs: FAR_MS, limit: 3 });
    expect([firstEventId(db), lastEventId(db)]).toEqual([4, 5]);
    expect([0, 2, 3, 4, 5].map((after) => isBeforeKept(db, after))).toEqual([true, true, false, false, false]);
  });

  it('are never used again, also when nothing is kept', () => {
    using db = storeWith(5);
    trimEvents(db, { nowMs: FAR_MS, limit: 100 });
    expect([firstEventId(db), lastEventId(db)]).toEqual([null, 5]);
    expect([4, 5].map((after) => isBeforeKept(db, after))).toEqual([true, false]);
    append(db, 2);
    expect(idsOf(readEvents(db, { after: 0, limit: 10 }))).toEqual([6, 7]);
    expect([4, 5].map((after) => isBeforeKept(db, after))).toEqual([true, false]);
  });
});
