import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPLE_EPOCH_MS, DEFAULT_GAP_MS, stateAt } from '../conversations/index.ts';
import { type Database, openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';
import { resplitChat } from './conversations.ts';
import { type Arrival, type ConversationChange, type Removal, settleConversations } from './forward.ts';
import { finaliseSealed, sealDueConversations } from './seal.ts';

const gapMs = DEFAULT_GAP_MS;
const moment = { gapMs, nowMs: 0 };
const CHATS = [1, 2];

function emptyStore(): Database {
  const db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  db.exec(`INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'macos', '/x', 0, 0);
    INSERT INTO contacts (id, name, origin) VALUES (1, 'A', 'x'), (2, 'B', 'x');
    INSERT INTO chats (id, identifier, kind, source_id) VALUES (1, 'a@example.com', 'direct', 1), (2, 'chat2', 'group', 1)`);
  return db;
}

function insert(db: Database, sentAt: number | null, chat = 1, sender: number | null = null): number {
  return db.run(
    `INSERT INTO messages (guid, chat_id, sender_id, kind, sent_at, is_from_me, source_id, source_rowid)
     VALUES (hex(randomblob(9)), ?, ?, 'text', ?, 0, 1, 0)`,
    chat,
    sender,
    sentAt,
  ).lastId;
}

type Conversation = {
  id: number;
  chat: number;
  members: string;
  startedAt: number;
  endedAt: number;
  count: number;
  firstMessage: number;
  initiator: number | null;
  state: string;
  sealedAt: number | null;
  revision: number;
};

function conversationsOf(db: Database): Conversation[] {
  return db.all<Conversation>(
    `SELECT c.id, c.chat_id AS chat, (
         SELECT group_concat(m.id, ' ' ORDER BY m.id) FROM messages m WHERE m.conversation_id = c.id) AS members,
       c.started_at AS startedAt, c.ended_at AS endedAt, c.message_count AS count, c.first_message_id AS firstMessage,
       c.initiator_id AS initiator, c.state, c.sealed_at AS sealedAt, c.revision
     FROM conversations c ORDER BY c.chat_id, c.started_at, c.id`,
  );
}

/** All that must not depend on the way; conversations that came in the meantime have other ids each time. */
function outcome(db: Database, known: ReadonlySet<number>) {
  return {
    conversations: conversationsOf(db).map(({ state: _state, sealedAt: _sealedAt, id, ...facts }) => ({
      ...facts,
      id: known.has(id) ? id : 'new',
    })),
    chats: db.all('SELECT id, created_at, last_message_at, message_count FROM chats ORDER BY id'),
    outside: db.all('SELECT id FROM messages WHERE conversation_id IS NULL ORDER BY id'),
  };
}

/** What a fresh split of the chats as they are makes of them, without leaving a trace. */
function freshOutcome(db: Database, known: ReadonlySet<number>) {
  db.exec('SAVEPOINT fresh');
  for (const chat of CHATS) resplitChat(db, chat, moment);
  const result = outcome(db, known);
  db.exec('ROLLBACK TO fresh; RELEASE fresh');
  return result;
}

type Step =
  | { do: 'add'; chat: number; at: number | null; sender: number | null }
  | { do: 'move'; which: number; at: number | null }
  | { do: 'delete' | 'uncount' | 'count' | 'change chat'; which: number; at?: never };

type Batch = { steps: Step[]; backwards: boolean; cleared: boolean; waitMs: number };

/** Does to the rows what the steps say, and names what has to be settled, as a batch of the live sync does. */
function change(db: Database, { steps, backwards, cleared }: Batch): { removals: Removal[]; arrivals: Arrival[] } {
  const touched = new Map<number, number | null>();
  for (const step of steps) {
    if (step.do === 'add') {
      touched.set(insert(db, step.at, step.chat, step.sender), null);
      continue;
    }
    const all = db.all<{ id: number; home: number | null }>(
      'SELECT id, conversation_id AS home FROM messages ORDER BY id',
    );
    const row = all[step.which % Math.max(1, all.length)];
    if (row === undefined) continue;
    if (!touched.has(row.id)) touched.set(row.id, row.home);
    if (step.do === 'delete') db.run('DELETE FROM messages WHERE id = ?', row.id);
    else if (step.do === 'uncount') db.run(`UPDATE messages SET kind = 'event' WHERE id = ?`, row.id);
    else if (step.do === 'count') db.run(`UPDATE messages SET kind = 'text' WHERE id = ?`, row.id);
    else if (step.do === 'change chat') db.run('UPDATE messages SET chat_id = 3 - chat_id WHERE id = ?', row.id);
    else db.run('UPDATE messages SET sent_at = ? WHERE id = ?', step.at ?? null, row.id);
  }
  const removals: Removal[] = [];
  const arrivals: Arrival[] = [];
  for (const [message, conversation] of touched) {
    if (conversation !== null) removals.push({ message, conversation });
    if (db.value(`SELECT 1 FROM messages WHERE id = ? AND kind <> 'event'`, message) !== null)
      arrivals.push({ message });
  }
  if (cleared) for (const { message } of removals) leave(db, message);
  return backwards ? { removals: removals.reverse(), arrivals: arrivals.reverse() } : { removals, arrivals };
}

const leave = (db: Database, message: number) =>
  db.run('UPDATE messages SET conversation_id = NULL WHERE id = ?', message);

/** What has to be told, from what was there and what is there. */
function expectedChanges(before: Conversation[], after: Conversation[], { removals }: { removals: Removal[] }) {
  const taken = new Set(removals.map(({ message }) => message));
  const homes = new Map(before.flatMap(({ id, members }) => idsOf(members).map((message) => [message, id])));
  const removed = before.filter(({ id }) => !after.some((one) => one.id === id));
  const others = after
    .toSorted((a, b) => a.id - b.id)
    .flatMap((one) => {
      const old = before.find(({ id }) => id === one.id);
      if (old === undefined) return [tellOf(one, 'conversation_started')];
      const [was, is] = [idsOf(old.members), idsOf(one.members)];
      const facts = ({ members, startedAt, endedAt, firstMessage, initiator }: Conversation) =>
        JSON.stringify([members, startedAt, endedAt, firstMessage, initiator]);
      if (facts(old) === facts(one)) return [];
      const onlyAdded =
        was.every((message) => is.includes(message) && !taken.has(message)) &&
        is.every((message) => was.includes(message) || !homes.has(message) || taken.has(message));
      const extended = old.state === 'active' && onlyAdded;
      return [tellOf(one, extended ? 'conversation_extended' : 'conversation_amended')];
    });
  return [...removed.sort((a, b) => a.id - b.id).map((one) => tellOf(one, 'conversation_removed')), ...others];
}

const idsOf = (members: string) => members.split(' ').map(Number);

function tellOf(one: Conversation, announce: ConversationChange['announce']): ConversationChange {
  const { id, chat, count: messageCount, startedAt, endedAt, revision } = one;
  return { id, chat, announce, messageCount, startedAt, endedAt, revision };
}

/** Times on a grid of half the gap, a millisecond more or less, around the epoch: equal times, gaps to the millisecond. */
const someTime = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.integer({ min: -6, max: 12 }), fc.constantFrom(0, 0, 0, -1, 1))
      .map(([half, ms]) => APPLE_EPOCH_MS + (half * gapMs) / 2 + ms),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);
const sender = fc.constantFrom(1, 2, null);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('add' as const), chat: fc.constantFrom(1, 1, 1, 2), at: someTime, sender }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('delete' as const, 'uncount' as const, 'count' as const, 'change chat' as const),
      which: fc.nat(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), which: fc.nat(), at: someTime }) },
);
const batch: fc.Arbitrary<Batch> = fc.record({
  steps: fc.array(step, { maxLength: 12 }),
  backwards: fc.boolean(),
  cleared: fc.boolean(),
  waitMs: fc.constantFrom(0, 0, gapMs, 4 * gapMs),
});

/** Every case begins with the empty store and leaves it so. */
function inEmpty(db: Database, work: () => void): void {
  db.exec('BEGIN');
  try {
    work();
  } finally {
    db.exec('ROLLBACK');
  }
}

describe('following', () => {
  it('leaves what a fresh split of the same messages leaves, ids and revisions included, and tells it', () => {
    using db = emptyStore();
    const law = (batches: Batch[]) => {
      let nowMs = APPLE_EPOCH_MS;
      for (const one of batches) {
        const before = conversationsOf(db);
        const known = new Set(before.map(({ id }) => id));
        db.exec('SAVEPOINT batch');
        change(db, { ...one, cleared: false });
        const expected = freshOutcome(db, known);
        db.exec('ROLLBACK TO batch; RELEASE batch');
        const work = change(db, one);
        const changes = settleConversations(db, work, moment);
        expect(outcome(db, known)).toEqual(expected);
        expect(changes).toEqual(expectedChanges(before, conversationsOf(db), work));
        expect(settleConversations(db, work, moment)).toEqual([]);

        nowMs += one.waitMs;
        if (one.waitMs === 0) continue;
        sealDueConversations(db, { gapMs, nowMs }, 1_000);
        finaliseSealed(db, { gapMs, nowMs }, 3);
      }
      nowMs += 3 * gapMs;
      sealDueConversations(db, { gapMs, nowMs }, 1_000);
      finaliseSealed(db, { gapMs, nowMs }, 1_000);
      for (const { state, sealedAt, endedAt } of conversationsOf(db)) {
        expect({ state, sealedAtMs: sealedAt }).toEqual(stateAt({ endedAtMs: endedAt, gapMs, nowMs }));
      }
      expect(db.all('PRAGMA foreign_key_check')).toEqual([]);
    };
    const property = fc.property(fc.array(batch, { minLength: 1, maxLength: 5 }), (batches) =>
      inEmpty(db, () => law(batches)),
    );
    fc.assert(property, { numRuns: 2_500 });
  });

  it('ends the same for every order and every batching of the same messages', () => {
    using db = emptyStore();
    const message = fc.record({ at: someTime, chat: fc.constantFrom(1, 2), rank: fc.nat(), cut: fc.boolean() });
    const law = (messages: { at: number | null; chat: number; rank: number; cut: boolean }[]) => {
      const ids = messages.map(({ at, chat }) => insert(db, at, chat));
      const expected = freshOutcome(db, new Set());
      const order = messages.map(({ rank, cut }, at) => ({ rank, cut, message: ids[at] ?? 0 }));
      let waiting: Arrival[] = [];
      for (const { message, cut } of order.sort((a, b) => a.rank - b.rank)) {
        waiting.push({ message });
        if (!cut) continue;
        settleConversations(db, { removals: [], arrivals: waiting }, moment);
        waiting = [];
      }
      settleConversations(db, { removals: [], arrivals: waiting }, moment);
      const withoutRevision = ({ conversations, ...rest }: typeof expected) => ({
        ...rest,
        conversations: conversations.map((one) => ({ ...one, revision: 0 })),
      });
      expect(withoutRevision(outcome(db, new Set()))).toEqual(withoutRevision(expected));
    };
    const property = fc.property(fc.array(message, { maxLength: 24 }), (messages) => inEmpty(db, () => law(messages)));
    fc.assert(property, { numRuns: 1_500 });
  });
});
