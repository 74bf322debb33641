import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_GAP_MS } from '../conversations/index.ts';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';
import type { ConversationChange } from './conversation-rows.ts';
import { settleConversations } from './forward.ts';
import { finaliseSealed, nextDueAt, sealChat, sealDueConversations } from './seal.ts';

const gapMs = DEFAULT_GAP_MS;

/** A store in which messages were sent at these times (Unix milliseconds), and settled. */
function storeOf(messages: readonly { sentAt: number; chat?: number }[]): Database {
  const db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  db.exec(`INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'macos', '/x', 0, 0);
    INSERT INTO contacts (id, name, origin) VALUES (1, 'A', 'x'), (2, 'B', 'x');
    INSERT INTO chats (id, identifier, kind, source_id) VALUES (1, 'a@example.com', 'direct', 1), (2, 'chat2', 'group', 1)`);
  const arrivals = messages.map(({ sentAt, chat = 1 }) => ({
    message: db.run(
      `INSERT INTO messages (guid, chat_id, sender_id, kind, sent_at, is_from_me, source_id, source_rowid)
       VALUES (hex(randomblob(9)), ?, 1, 'text', ?, 0, 1, 0)`,
      chat,
      sentAt,
    ).lastId,
  }));
  settleConversations(db, { removals: [], arrivals }, { gapMs, nowMs: 0 });
  return db;
}

type State = { id: number; state: string; sealedAt: number | null };

const statesOf = (db: Database) =>
  db.all<State>('SELECT id, state, sealed_at AS sealedAt FROM conversations ORDER BY id');
const announced = (changes: ConversationChange[]) => changes.map(({ id, announce }) => `${id} ${announce.slice(13)}`);

describe('sealing what is due', () => {
  it('begins when the gap has passed, not a millisecond before', () => {
    using db = storeOf([{ sentAt: 1_000 }, { sentAt: 2_000 }]);
    const early = sealDueConversations(db, { gapMs, nowMs: 2_000 + gapMs - 1 }, 10);
    expect(early).toEqual({ changes: [], more: false });
    expect(statesOf(db)).toEqual([{ id: 1, state: 'active', sealedAt: null }]);

    const { changes, more } = sealDueConversations(db, { gapMs, nowMs: 2_000 + gapMs }, 10);
    expect(more).toBe(false);
    expect(changes).toEqual([
      {
        id: 1,
        chat: 1,
        announce: 'conversation_sealed',
        messageCount: 2,
        startedAt: 1_000,
        endedAt: 2_000,
        revision: 1,
      },
    ]);
    expect(statesOf(db)).toEqual([{ id: 1, state: 'sealed', sealedAt: 2_000 + gapMs }]);
  });

  it('says when it became so, however long nobody asked', () => {
    using db = storeOf([{ sentAt: 5 }]);
    sealDueConversations(db, { gapMs, nowMs: 1_000 * gapMs }, 10);
    expect(statesOf(db)).toEqual([{ id: 1, state: 'sealed', sealedAt: 5 + gapMs }]);
  });

  it('does nothing the second time', () => {
    using db = storeOf([{ sentAt: 5 }]);
    const now = { gapMs, nowMs: 2 * gapMs };
    sealDueConversations(db, now, 10);
    expect(sealDueConversations(db, now, 10)).toEqual({ changes: [], more: false });
    finaliseSealed(db, now, 10);
    const states = statesOf(db);
    expect(finaliseSealed(db, now, 10)).toEqual({ changes: [], more: false });
    expect(sealDueConversations(db, now, 10)).toEqual({ changes: [], more: false });
    expect(sealChat(db, 1, now)).toEqual([]);
    expect(statesOf(db)).toEqual(states);
  });

  it('seals all that are due after any time off, in slices, and tells each once', () => {
    const law = (slots: number[], offMs: number, limit: number) => {
      using db = storeOf(slots.map((slot) => ({ sentAt: slot * 2 * gapMs, chat: 1 + (slot % 2) })));
      const moment = { gapMs, nowMs: offMs };
      const due = db.all<{ id: number; endedAt: number }>(
        'SELECT id, ended_at AS endedAt FROM conversations WHERE ended_at <= ? ORDER BY ended_at, id',
        offMs - gapMs,
      );
      for (const [slice, state] of [
        [sealDueConversations, 'sealed'],
        [finaliseSealed, 'ready'],
      ] as const) {
        const told: number[] = [];
        for (let more = true; more; ) {
          const step = slice(db, moment, limit);
          expect(step.changes.length).toBeLessThanOrEqual(limit);
          if (step.more) expect(step.changes.length).toBe(limit);
          told.push(...step.changes.map(({ id }) => id));
          more = step.more;
        }
        // Those that ended first come first.
        expect(told).toEqual(due.map(({ id }) => id));
        const expected = new Map(due.map(({ id, endedAt }) => [id, { id, state, sealedAt: endedAt + gapMs }]));
        for (const one of statesOf(db)) {
          expect(one).toEqual(expected.get(one.id) ?? { id: one.id, state: 'active', sealedAt: null });
        }
      }
      const next = nextDueAt(db, gapMs);
      if (next !== null) expect(next).toBeGreaterThan(offMs);
      else expect(due.length).toBe(new Set(slots).size);
    };
    const off = fc.oneof(
      fc.integer({ min: 0, max: 60 }).map((half) => (half * gapMs) / 2),
      fc.nat(30 * gapMs),
    );
    fc.assert(fc.property(fc.array(fc.nat(12), { maxLength: 14 }), off, fc.integer({ min: 1, max: 5 }), law), {
      numRuns: 400,
    });
  });
});

describe('the next time to look', () => {
  it('is a gap after the active conversation that ended first, and null when there is none', () => {
    using db = storeOf([{ sentAt: 100 * gapMs }, { sentAt: 7 }, { sentAt: 50 * gapMs, chat: 2 }]);
    expect(nextDueAt(db, gapMs)).toBe(7 + gapMs);
    sealDueConversations(db, { gapMs, nowMs: 10 * gapMs }, 10);
    expect(nextDueAt(db, gapMs)).toBe(51 * gapMs);
    sealDueConversations(db, { gapMs, nowMs: 200 * gapMs }, 10);
    expect(nextDueAt(db, gapMs)).toBeNull();
  });
});

describe('sealing one chat', () => {
  it('seals it now, due or not, and no other; what was due says since when', () => {
    using db = storeOf([{ sentAt: 0 }, { sentAt: 10 * gapMs }, { sentAt: 10 * gapMs, chat: 2 }]);
    const nowMs = 10 * gapMs + 5;
    expect(announced(sealChat(db, 1, { gapMs, nowMs }))).toEqual(['1 sealed', '2 sealed']);
    expect(statesOf(db)).toEqual([
      { id: 1, state: 'sealed', sealedAt: gapMs },
      { id: 2, state: 'sealed', sealedAt: nowMs },
      { id: 3, state: 'active', sealedAt: null },
    ]);
  });

  it('is undone by a message that still belongs', () => {
    using db = storeOf([{ sentAt: 0 }]);
    sealChat(db, 1, { gapMs, nowMs: 5 });
    finaliseSealed(db, { gapMs, nowMs: 5 }, 10);
    expect(statesOf(db)).toEqual([{ id: 1, state: 'ready', sealedAt: 5 }]);
    const message = db.run(
      `INSERT INTO messages (guid, chat_id, kind, sent_at, is_from_me, source_id, source_rowid)
       VALUES ('late', 1, 'text', 10, 0, 1, 0)`,
    ).lastId;
    const changes = settleConversations(db, { removals: [], arrivals: [{ message }] }, { gapMs, nowMs: 12 });
    expect(announced(changes)).toEqual(['1 amended']);
    expect(statesOf(db)).toEqual([{ id: 1, state: 'active', sealedAt: null }]);
    expect(nextDueAt(db, gapMs)).toBe(10 + gapMs);
  });
});

describe('finalising', () => {
  const now = { gapMs, nowMs: 5 * gapMs };

  it('splits again what is not one conversation, and joins what is not two', () => {
    using db = storeOf([{ sentAt: 0 }, { sentAt: 10 }, { sentAt: 10 * gapMs }, { sentAt: 10 * gapMs + 5 }]);
    const later = { gapMs, nowMs: 30 * gapMs };
    sealDueConversations(db, later, 10);
    // Whatever has done this did not settle what it changed.
    db.run('UPDATE messages SET sent_at = ? WHERE id = 2', 9.5 * gapMs);
    expect(announced(finaliseSealed(db, later, 10).changes)).toContain('1 amended');
    for (let more = true; more; ) {
      const sealed = sealDueConversations(db, later, 10).changes.length;
      more = finaliseSealed(db, later, 10).changes.length + sealed > 0;
    }
    const spans = db.all('SELECT started_at AS at, message_count AS count, state FROM conversations ORDER BY 1');
    expect(spans).toEqual([
      { at: 0, count: 1, state: 'ready' },
      { at: 9.5 * gapMs, count: 3, state: 'ready' },
    ]);
  });

  it('makes a sealed conversation ready and leaves an active one', () => {
    using db = storeOf([{ sentAt: 0 }, { sentAt: 5 * gapMs }]);
    sealDueConversations(db, now, 10);
    expect(announced(finaliseSealed(db, now, 10).changes)).toEqual(['1 ready_for_analysis']);
    expect(statesOf(db)).toEqual([
      { id: 1, state: 'ready', sealedAt: gapMs },
      { id: 2, state: 'active', sealedAt: null },
    ]);
  });

  it.each([
    'message_count = 7',
    'started_at = -1',
    'ended_at = 12',
    'first_message_id = 2',
    'initiator_id = 2',
    'initiator_id = NULL',
  ])('puts a row right that says %s', (wrong) => {
    using db = storeOf([{ sentAt: 0 }, { sentAt: 100 }]);
    const facts = () =>
      db.get(
        'SELECT message_count, started_at, ended_at, first_message_id, initiator_id, state, sealed_at, revision FROM conversations',
      );
    sealDueConversations(db, now, 10);
    db.exec(`UPDATE conversations SET ${wrong}`);
    const { changes } = finaliseSealed(db, now, 10);
    expect(facts()).toEqual({
      message_count: 2,
      started_at: 0,
      ended_at: 100,
      first_message_id: 1,
      initiator_id: 1,
      state: 'ready',
      sealed_at: 100 + gapMs,
      revision: 2,
    });
    expect(changes).toMatchObject([{ announce: 'conversation_ready_for_analysis', revision: 2, messageCount: 2 }]);
  });

  it('removes one that has no members', () => {
    using db = storeOf([{ sentAt: 0 }]);
    sealDueConversations(db, now, 10);
    db.exec('DELETE FROM messages');
    expect(announced(finaliseSealed(db, now, 10).changes)).toEqual(['1 removed']);
    expect(statesOf(db)).toEqual([]);
  });
});
