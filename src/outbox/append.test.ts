import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProjectFile } from '../../test/project-files.ts';
import type { EventType, NewEvent } from '../model/index.ts';
import { Database, openWritable } from '../sqlite/index.ts';
import { createTables } from '../store/index.ts';
import { appendEvents, EVENT_FIELDS, EVENT_GUIDS_LIMIT, lastEventId, readEvents } from './index.ts';

function emptyStore(): Database {
  const db = openWritable(':memory:');
  createTables(db);
  return db;
}

const append = (db: Database, ...events: NewEvent[]) => db.transaction(() => appendEvents(db, 0, events));
const readAll = (db: Database) => readEvents(db, { after: 0, limit: 1_000_000 });
const chat = (chatId: number): NewEvent => ({ type: 'chat_created', chatId, data: { chatId } });
const guidsOf = (count: number) => Array.from({ length: count }, (_, at) => `guid-${at}`);

/** The names of the contract, written out: whoever changes one breaks somebody's reader, and has to change it here. */
const CONTRACT: readonly EventType[] = [
  'messages_synced',
  'message_updated',
  'message_deleted',
  'reaction_added',
  'reaction_removed',
  'attachment_updated',
  'chat_created',
  'chat_updated',
  'contact_created',
  'contact_updated',
  'contact_merged',
  'conversation_started',
  'conversation_extended',
  'conversation_amended',
  'conversation_removed',
  'conversation_sealed',
  'conversation_ready_for_analysis',
  'analysis_queued',
  'analysis_started',
  'analysis_completed',
  'analysis_failed',
  'analysis_progress',
  'import_started',
  'import_progress',
  'import_completed',
  'import_failed',
  'source_restarted',
  'row_quarantined',
];

describe('recording events', () => {
  it('knows every type of the contract, and no other', () => {
    expect(Object.keys(EVENT_FIELDS).sort()).toEqual([...CONTRACT].sort());
  });

  it('says in docs/events.md what each of them holds', () => {
    const rows = [...(readProjectFile('docs/events.md') ?? '').matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
    const documented = rows.map(([, type, data]) => [
      type,
      [...(data ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ]);
    const known = Object.entries(EVENT_FIELDS).map(([type, fields]) => [type, Object.keys(fields)]);
    expect(documented).toEqual(known);
  });

  it('keeps their order, their chat, their moment and their data', () => {
    using db = emptyStore();
    const atMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    const reaction = { guid: 'r', target: 'm', part: null, kind: 'loved' } as const;
    const last = db.transaction(() =>
      appendEvents(db, atMs, [
        { type: 'reaction_added', chatId: 3, data: reaction },
        { type: 'import_failed', chatId: null, data: { code: 'DISK_FULL' } },
      ]),
    );
    const at = '2026-01-02T03:04:05.006Z';
    expect(last).toBe(2);
    expect(readAll(db)).toEqual([
      { id: 1, at, type: 'reaction_added', chatId: 3, data: reaction },
      { id: 2, at, type: 'import_failed', chatId: null, data: { code: 'DISK_FULL' } },
    ]);
  });

  it('has no id to tell when there was nothing', () => {
    using db = emptyStore();
    expect(append(db)).toBeNull();
    expect(append(db, { type: 'message_updated', chatId: 1, data: { guids: [], changed: ['text'] } })).toBeNull();
    expect(readAll(db)).toEqual([]);
  });

  it('refuses to record outside of a transaction', () => {
    using db = emptyStore();
    expect(() => appendEvents(db, 0, [chat(1)])).toThrow('commits with the change');
  });

  it('is there with its change or not at all, wherever the power fails, and leaves no hole in the ids', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(8))), (works) => {
        using db = emptyStore();
        let changes = 0;
        for (const [events, statements] of works) {
          let left = statements;
          // BEGIN, the change, the events and COMMIT are a statement each; some works end before their turn.
          Database.watch(() => {
            if (left-- === 0) throw new Error('the power failed');
          });
          try {
            db.transaction(() => {
              db.run('INSERT INTO meta (key, value) VALUES (?, ?)', `change-${changes}`, String(events));
              appendEvents(
                db,
                0,
                Array.from({ length: events }, () => chat(changes)),
              );
            });
            changes += 1;
          } catch {
            // The work is lost, as it should be.
          } finally {
            Database.watch(null);
          }
        }
        const kept = db.all<{ value: string }>('SELECT value FROM meta').map(({ value }) => Number(value));
        const told = kept.reduce((sum, events) => sum + events, 0);
        expect(kept).toHaveLength(changes);
        expect(readAll(db).map(({ id }) => id)).toEqual(Array.from({ length: told }, (_, at) => at + 1));
        expect(lastEventId(db)).toBe(told);
      }),
    );
  });
});

describe('an event that would name too many guids', () => {
  it('is several, of one type and in order, each within the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 * EVENT_GUIDS_LIMIT + 1 }), (count) => {
        using db = emptyStore();
        const guids = guidsOf(count);
        const last = append(db, { type: 'message_deleted', chatId: 7, data: { guids, removed: true } }, chat(8));
        const events = readAll(db).slice(0, -1);
        expect(last).toBe(events.length + 1);
        expect(events).toHaveLength(Math.ceil(count / EVENT_GUIDS_LIMIT));
        const named = events.flatMap((event) => {
          if (event.type !== 'message_deleted') throw new Error(`${event.type} is another type`);
          expect(event.chatId).toBe(7);
          expect(event.data.removed).toBe(true);
          expect(event.data.guids.length).toBeLessThanOrEqual(EVENT_GUIDS_LIMIT);
          return event.data.guids;
        });
        expect(named).toEqual(guids);
      }),
      { numRuns: 20 },
    );
  });

  it.each(['message_updated', 'attachment_updated'] as const)('keeps what changed in each, %s', (type) => {
    using db = emptyStore();
    append(db, { type, chatId: null, data: { guids: guidsOf(EVENT_GUIDS_LIMIT + 1), changed: ['text', 'edits'] } });
    expect(readAll(db).map(({ data }) => data)).toEqual([
      { guids: guidsOf(EVENT_GUIDS_LIMIT), changed: ['text', 'edits'] },
      { guids: [`guid-${EVENT_GUIDS_LIMIT}`], changed: ['text', 'edits'] },
    ]);
  });

  it('counts in each part the historical messages of that part', () => {
    using db = emptyStore();
    const guids = guidsOf(2 * EVENT_GUIDS_LIMIT + 1);
    const historicalGuids = [...guids.slice(EVENT_GUIDS_LIMIT - 2, EVENT_GUIDS_LIMIT + 3), guids.at(-1) ?? ''];
    append(db, { type: 'messages_synced', chatId: 1, data: { guids, historicalGuids } });
    const data = readAll(db).map((event) => event.data);
    expect(data).toMatchObject([{ historical: 2 }, { historical: 3 }, { historical: 1 }]);
    expect(data.map((part) => Object.keys(part))).toEqual(Array(3).fill(['guids', 'historical']));
  });
});

describe('the privacy of events', () => {
  const secret = 'meet me at the harbour';

  it('admits in its types only what the catalogue names', () => {
    // The compiler is the test here: each of these is an assignment that must not be possible.
    type Admits<T> = T extends NewEvent ? true : false;
    type Synced<D> = { type: 'messages_synced'; chatId: null; data: D };
    const admitted: Admits<Synced<{ guids: string[]; historicalGuids: string[] }>> = true;
    const withoutGuids: Admits<Synced<{ text: string }>> = false;
    const ofAnotherType: Admits<{ type: 'chat_created'; chatId: 1; data: { from: 1; into: 2 } }> = false;
    const invented: Admits<{ type: 'message_said'; chatId: 1; data: { chatId: 1 } }> = false;
    expect([admitted, withoutGuids, ofAnotherType, invented]).toEqual([true, false, false, false]);
  });

  it('stores no field beyond those of the type, whatever an object has besides', () => {
    using db = emptyStore();
    for (const type of CONTRACT) {
      // A spread row is how text would get here: the types let an object pass that has more than they ask for.
      const data = { ...validData(type), text: secret, sender: secret, name: secret, messages: [{ text: secret }] };
      append(db, { type, chatId: null, data } as unknown as NewEvent);
    }
    const stored = db.all<{ data: string }>('SELECT data FROM events ORDER BY id').map((row) => row.data);
    expect(stored).toHaveLength(CONTRACT.length);
    expect(stored.join()).not.toContain(secret);
    expect(readAll(db).map((event) => Object.keys(event.data))).toEqual(
      CONTRACT.map((type) => Object.keys(EVENT_FIELDS[type])),
    );
  });

  it('refuses text in every field that is no guid, and keeps it out of the error', () => {
    using db = emptyStore();
    for (const type of CONTRACT) {
      for (const [field, form] of Object.entries(EVENT_FIELDS[type])) {
        if (form === 'guid' || form === 'guids') continue;
        // How many are historical is counted here and never told.
        if (type === 'messages_synced') continue;
        for (const value of [secret, [secret], { text: secret }, 'ann@example.com', '+14155550101', '']) {
          const event = { type, chatId: null, data: { ...validData(type), [field]: value } } as unknown as NewEvent;
          const error = thrownBy(() => append(db, event));
          expect(error).toBe(`invariant broken: ${type}.${field} is no ${form}`);
        }
      }
    }
    expect(readAll(db)).toEqual([]);
  });

  /** Data with a value for each field of the type, as `appendEvents` takes it. */
  function validData(type: EventType): Record<string, unknown> {
    const values = {
      ...{ id: 1, count: 2, flag: true, guid: 'g', guids: ['g', 'h'], name: 'aName', names: ['aName', 'other_name'] },
      time: '2026-01-02T03:04:05.006Z',
    };
    const fields = Object.entries(EVENT_FIELDS[type]).map(([field, form]) => [field, values[form]]);
    return { historicalGuids: ['g'], ...Object.fromEntries(fields) };
  }

  function thrownBy(work: () => unknown): string | null {
    try {
      work();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }
});
