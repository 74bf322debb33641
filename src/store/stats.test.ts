import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables } from './open.ts';
import { SCHEMA_VERSION } from './schema.sql.ts';
import { storeStats } from './stats.ts';
import { localClock } from './stats-local-time.ts';
import { storeStatus } from './status.ts';

const utc = (text: string) => Date.parse(`${text}Z`);

function emptyStore(): Database {
  const db = openWritable(':memory:');
  createTables(db);
  db.exec(
    `INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'macos', '/x/chat.db', 1000, 2000)`,
  );
  db.exec(`INSERT INTO contacts (id, name, is_me, origin) VALUES (1, 'Me', 1, 'me'), (2, 'Ann', 0, 'address-book')`);
  db.exec(`INSERT INTO chats (id, identifier, kind, name, message_count, source_id) VALUES
    (1, 'ann@example.com', 'direct', 'Ann', 2, 1), (2, 'chat2', 'group', NULL, 3, 1), (3, 'empty', 'group', NULL, 0, 1)`);
  return db;
}

type Fields = {
  at?: number | null;
  kind?: string;
  sender?: number | null;
  service?: string;
  extra?: Record<string, number>;
};

function say(db: Database, { at = 0, kind = 'text', sender = 1, service = 'iMessage', extra = {} }: Fields): void {
  const row = { kind, sent_at: at, sender_id: sender, service, ...extra };
  const guid = `g${db.value('SELECT count(*) FROM messages')}`;
  db.run(
    `INSERT INTO messages (guid, chat_id, is_from_me, source_id, source_rowid, ${Object.keys(row).join(', ')})
     VALUES (?, 1, 0, 1, 1, ${Object.keys(row)
       .map(() => '?')
       .join(', ')})`,
    guid,
    ...Object.values(row),
  );
}

const stats = (db: Database, timeZone = 'UTC') => storeStats(db, { limit: 10, timeZone });

describe('the numbers of a store', () => {
  it('count what was said: no events, and nothing that is yet to be sent', () => {
    using db = emptyStore();
    say(db, { at: 1_000, sender: 2 });
    say(db, { at: 5_000, kind: 'audio', service: 'SMS', extra: { edited_at: 1, deleted_at: 1 } });
    say(db, { at: 3_000, sender: null, extra: { unsent_at: 1 } });
    say(db, { at: 500, kind: 'event' });
    say(db, { at: 9_000_000, extra: { is_scheduled: 1 } });
    say(db, { at: null });
    const found = stats(db);
    expect(found).toMatchObject({
      firstMessageAt: '1970-01-01T00:00:01.000Z',
      lastMessageAt: '1970-01-01T00:00:05.000Z',
      edited: 1,
      unsent: 1,
      deleted: 1,
    });
    expect(found.byDay).toEqual([{ day: '1970-01-01', messages: 3 }]);
    expect(found.kinds).toEqual([
      { kind: 'text', messages: 3 },
      { kind: 'audio', messages: 1 },
    ]);
    expect(found.services).toEqual([
      { service: 'iMessage', messages: 3 },
      { service: 'SMS', messages: 1 },
    ]);
    expect(found.topSenders).toEqual([
      { contactId: 1, name: 'Me', isMe: true, messages: 2 },
      { contactId: 2, name: 'Ann', isMe: false, messages: 1 },
    ]);
  });

  it('list chats with messages, the fullest first, as many as asked for', () => {
    using db = emptyStore();
    expect(stats(db).topChats.map((chat) => chat.identifier)).toEqual(['chat2', 'ann@example.com']);
    expect(storeStats(db, { limit: 1, timeZone: 'UTC' }).topChats).toEqual([
      { identifier: 'chat2', name: null, kind: 'group', messages: 3 },
    ]);
  });

  it('put messages into the days and hours of the time zone', () => {
    using db = emptyStore();
    say(db, { at: utc('2026-03-29T00:59:59') });
    say(db, { at: utc('2026-03-29T01:00:00') });
    say(db, { at: utc('2026-03-29T22:00:00') });
    say(db, { at: utc('2026-10-25T00:30:00') });
    say(db, { at: utc('2026-10-25T01:30:00') });
    const found = stats(db, 'Europe/Berlin');
    expect(found.byDay).toEqual([
      { day: '2026-03-29', messages: 2 },
      { day: '2026-03-30', messages: 1 },
      { day: '2026-10-25', messages: 2 },
    ]);
    // The clocks sprang from two to three, and in autumn both messages were sent at half past two.
    expect([found.byHour[1], found.byHour[2], found.byHour[3], found.byHour[0]]).toEqual([1, 2, 1, 1]);
    expect(found.byWeekdayHour[6]?.[2]).toBe(2);
    expect(found.byWeekdayHour[0]?.[0]).toBe(1);
    expect(found.byHour.reduce((sum, count) => sum + count)).toBe(5);
  });

  it('say nothing of nothing', () => {
    using db = emptyStore();
    expect(stats(db)).toMatchObject({
      firstMessageAt: null,
      byDay: [],
      conversations: { count: 0, averageMessages: null, averageDurationMs: null },
    });
  });

  it('refuse a time zone that does not exist', () => {
    using db = emptyStore();
    expect(() => stats(db, 'Mars/Olympus')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the local time of a moment', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'];

  it('is what the zone says, for any moment of our times', () => {
    const moment = fc.integer({ min: utc('1990-01-01T00:00:00') / 900_000, max: utc('2045-01-01T00:00:00') / 900_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(moment, { minLength: 1, maxLength: 20 }),
        (timeZone, quarters) => {
          const clock = localClock(timeZone);
          const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
          const hour = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' });
          const weekday = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short' });
          for (const quarter of quarters) {
            const at = quarter * 900_000;
            expect(clock(at)).toEqual({
              day: day.format(at),
              hour: Number(hour.format(at)),
              weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(weekday.format(at)),
            });
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('the state of a store', () => {
  it('names its sources, what is set aside, and how far the search index has come', () => {
    using db = emptyStore();
    say(db, {});
    say(db, {});
    db.exec(`INSERT INTO message_search (rowid, text) VALUES (1, 'x')`);
    db.exec('INSERT INTO live_sync_state (source_id, last_message_rowid, last_attachment_rowid) VALUES (1, 7, 8)');
    db.exec(`INSERT INTO meta (key, value) VALUES ('gap_ms', '600000')`);
    db.exec(`INSERT INTO quarantine (source_id, source_rowid, guid, reason, state, first_seen_at, last_tried_at)
      VALUES (1, 1, 'a', 'no_chat', 'held', 0, 0), (1, 2, 'b', 'no_chat', 'held', 0, 0)`);
    const status = storeStatus(db, '/nowhere/store.db');
    expect(status).toMatchObject({
      file: '/nowhere/store.db',
      bytes: 0,
      schemaVersion: SCHEMA_VERSION,
      lastImportAt: '1970-01-01T00:00:02.000Z',
      gapMinutes: 10,
      quarantine: [{ reason: 'no_chat', state: 'held', rows: 2 }],
      searchIndex: { indexedThrough: 1, pending: 0, waiting: 1, complete: false },
    });
    expect(status.sources).toEqual([
      {
        id: 1,
        kind: 'macos',
        path: '/x/chat.db',
        firstImportedAt: '1970-01-01T00:00:01.000Z',
        lastImportedAt: '1970-01-01T00:00:02.000Z',
        lastMessageRowid: 7,
        lastAttachmentRowid: 8,
        lastReadAt: null,
        lastSweepAt: null,
      },
    ]);
  });

  it('of an empty store is complete', () => {
    using db = emptyStore();
    expect(storeStatus(db, '/nowhere/store.db').searchIndex.complete).toBe(true);
  });
});
