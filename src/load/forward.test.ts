import { describe, expect, it } from 'vitest';
import { APPLE_EPOCH_MS, DEFAULT_GAP_MS } from '../conversations/index.ts';
import { Database, openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';
import { type ConversationChange, settleConversations } from './forward.ts';
import { finaliseSealed, sealDueConversations } from './seal.ts';

const gapMs = DEFAULT_GAP_MS;
const moment = { gapMs, nowMs: 0 };

function emptyStore(): Database {
  const db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  db.exec(`INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'macos', '/x', 0, 0);
    INSERT INTO contacts (id, name, origin) VALUES (1, 'A', 'x'), (2, 'B', 'x');
    INSERT INTO chats (id, identifier, kind, source_id) VALUES (1, 'a@example.com', 'direct', 1), (2, 'chat2', 'group', 1)`);
  return db;
}

function insert(db: Database, sentAt: number | null, sender: number | null = null): number {
  return db.run(
    `INSERT INTO messages (guid, chat_id, sender_id, kind, sent_at, is_from_me, source_id, source_rowid)
     VALUES (hex(randomblob(9)), 1, ?, 'text', ?, 0, 1, 0)`,
    sender,
    sentAt,
  ).lastId;
}

function conversationsOf(db: Database) {
  return db.all<{ id: number; members: string; revision: number }>(
    `SELECT c.id, (
         SELECT group_concat(m.id, ' ' ORDER BY m.id) FROM messages m WHERE m.conversation_id = c.id) AS members,
       c.started_at AS startedAt, c.ended_at AS endedAt, c.message_count AS count, c.first_message_id AS firstMessage,
       c.initiator_id AS initiator, c.state, c.sealed_at AS sealedAt, c.revision
     FROM conversations c ORDER BY c.started_at`,
  );
}

const minute = 60_000;
const day = APPLE_EPOCH_MS + 1_000 * 24 * 60 * minute;

/** A store in which the messages at these minutes have come together, and what is done to it next. */
function chatAt(...minutes: number[]) {
  const db = emptyStore();
  const add = (at: number) => insert(db, day + at * minute, at % 2 === 0 ? 2 : 1);
  const ids = minutes.map(add);
  settleConversations(db, { removals: [], arrivals: ids.map((message) => ({ message })) }, moment);
  return {
    db,
    ids,
    arrive: (at: number) => settleConversations(db, { removals: [], arrivals: [{ message: add(at) }] }, moment),
    remove: (message: number) => {
      const conversation = db.value<number>('SELECT conversation_id FROM messages WHERE id = ?', message) ?? 0;
      db.run('DELETE FROM messages WHERE id = ?', message);
      return settleConversations(db, { removals: [{ message, conversation }], arrivals: [] }, moment);
    },
    move: (message: number, to: number) => {
      const conversation = db.value<number>('SELECT conversation_id FROM messages WHERE id = ?', message) ?? 0;
      db.run('UPDATE messages SET sent_at = ? WHERE id = ?', day + to * minute, message);
      return settleConversations(db, { removals: [{ message, conversation }], arrivals: [{ message }] }, moment);
    },
    seal: (state: 'sealed' | 'ready') => {
      sealDueConversations(db, { gapMs, nowMs: day + 10_000 * minute }, 100);
      if (state === 'ready') finaliseSealed(db, { gapMs, nowMs: day + 10_000 * minute }, 100);
    },
    shape: () => conversationsOf(db).map(({ id, members, revision }) => `${id}: ${members} (${revision})`),
    [Symbol.dispose]: () => db.close(),
  };
}

const announced = (changes: ConversationChange[]) => changes.map(({ id, announce }) => `${id} ${announce.slice(13)}`);

describe('a message that comes late', () => {
  it('starts a conversation where it is far from all', () => {
    using chat = chatAt(0, 10);
    expect(chat.arrive(101)).toEqual([
      {
        id: 2,
        chat: 1,
        announce: 'conversation_started',
        messageCount: 1,
        startedAt: day + 101 * minute,
        endedAt: day + 101 * minute,
        revision: 1,
      },
    ]);
  });

  it('extends the end, exactly the gap after it', () => {
    using chat = chatAt(0, 10);
    expect(announced(chat.arrive(100))).toEqual(['1 extended']);
    expect(conversationsOf(chat.db)).toMatchObject([
      { startedAt: day, endedAt: day + 100 * minute, count: 3, firstMessage: chat.ids[0], state: 'active' },
    ]);
  });

  it('extends the beginning, and is then the first, whose sender began it', () => {
    using chat = chatAt(0, 10);
    expect(announced(chat.arrive(-89))).toEqual(['1 extended']);
    expect(conversationsOf(chat.db)).toMatchObject([
      { startedAt: day - 89 * minute, endedAt: day + 10 * minute, firstMessage: 3, initiator: 1, revision: 2 },
    ]);
  });

  it('before the first of all starts one, and leaves the newest alone', () => {
    using chat = chatAt(0, 10);
    expect(announced(chat.arrive(-500))).toEqual(['2 started']);
    expect(chat.shape()).toEqual(['2: 3 (1)', '1: 1 2 (1)']);
    expect(chat.db.get('SELECT created_at AS first, last_message_at AS last FROM chats WHERE id = 1')).toEqual({
      first: day - 500 * minute,
      last: day + 10 * minute,
    });
  });

  it('bridges two, of which the larger keeps its id', () => {
    using chat = chatAt(0, 150, 160);
    expect(announced(chat.arrive(75))).toEqual(['1 removed', '2 amended']);
    expect(chat.shape()).toEqual(['2: 1 2 3 4 (2)']);
  });

  it.each(['sealed', 'ready'] as const)('amends a %s one, which is active again', (state) => {
    using chat = chatAt(0, 10);
    chat.seal(state);
    expect(announced(chat.arrive(5))).toEqual(['1 amended']);
    expect(conversationsOf(chat.db)).toMatchObject([{ state: 'active', sealedAt: null, revision: 2, count: 3 }]);
  });

  it('without a date goes where Apple time starts', () => {
    using chat = chatAt(0);
    const undated = insert(chat.db, null);
    const dated = insert(chat.db, APPLE_EPOCH_MS);
    settleConversations(chat.db, { removals: [], arrivals: [{ message: dated }, { message: undated }] }, moment);
    expect(conversationsOf(chat.db)[0]).toMatchObject({
      members: `${undated} ${dated}`,
      startedAt: APPLE_EPOCH_MS,
      firstMessage: undated,
    });
    expect(chat.db.get('SELECT created_at AS first, message_count AS count FROM chats WHERE id = 1')).toEqual({
      first: APPLE_EPOCH_MS,
      count: 3,
    });
  });
});

describe('a message that goes', () => {
  it('splits what it held together; the id stays with most of the members', () => {
    using chat = chatAt(0, 80, 160, 170);
    expect(announced(chat.remove(chat.ids[1] ?? 0))).toEqual(['1 amended', '2 started']);
    expect(chat.shape()).toEqual(['2: 1 (1)', '1: 3 4 (2)']);
  });

  it('takes its conversation along when it was alone, of which the last numbers are told', () => {
    using chat = chatAt(0, 200);
    expect(chat.remove(chat.ids[1] ?? 0)).toEqual([
      {
        id: 2,
        chat: 1,
        announce: 'conversation_removed',
        messageCount: 1,
        startedAt: day + 200 * minute,
        endedAt: day + 200 * minute,
        revision: 1,
      },
    ]);
    expect(chat.db.get('SELECT last_message_at AS last, message_count AS count FROM chats WHERE id = 1')).toEqual({
      last: day,
      count: 1,
    });
  });

  it.each(['sealed', 'ready'] as const)('amends a %s one', (state) => {
    using chat = chatAt(0, 10, 20);
    chat.seal(state);
    expect(announced(chat.remove(chat.ids[1] ?? 0))).toEqual(['1 amended']);
    expect(conversationsOf(chat.db)).toMatchObject([{ state: 'active', sealedAt: null, revision: 2 }]);
  });

  it('from a conversation that is no more, or twice, changes nothing', () => {
    using chat = chatAt(0, 10);
    const work = { removals: [{ message: 1, conversation: 77 }], arrivals: [] };
    expect(settleConversations(chat.db, work, moment)).toEqual([]);
    const gone = { removals: [{ message: 99, conversation: 1 }], arrivals: [{ message: 99 }] };
    expect(settleConversations(chat.db, gone, moment)).toEqual([]);
    expect(chat.shape()).toEqual(['1: 1 2 (1)']);
  });
});

describe('a message that moves', () => {
  it('within its conversation changes nothing as long as no fact changes, in every state', () => {
    using chat = chatAt(0, 80, 160);
    chat.seal('ready');
    const before = conversationsOf(chat.db);
    expect(chat.move(chat.ids[1] ?? 0, 85)).toEqual([]);
    expect(conversationsOf(chat.db)).toEqual(before);
  });

  it('keeps the conversation in which it is alone', () => {
    using chat = chatAt(0);
    expect(announced(chat.move(chat.ids[0] ?? 0, 700))).toEqual(['1 amended']);
    expect(chat.shape()).toEqual(['1: 1 (2)']);
  });

  it('from one to the other amends what it leaves and extends where it goes', () => {
    using chat = chatAt(0, 10, 200);
    expect(announced(chat.move(chat.ids[1] ?? 0, 210))).toEqual(['1 amended', '2 extended']);
  });

  it('leaves the id with the old members, however many come in the same call', () => {
    using chat = chatAt(0, 80, 160, 170);
    const [first = 0, held = 0] = chat.ids;
    chat.db.run('UPDATE messages SET sent_at = ? WHERE id = ?', day + 85 * minute, held);
    const many = [1, 2, 3, 4].map((at) => ({ message: insert(chat.db, day + at * minute) }));
    const removals = [{ message: held, conversation: 1 }];
    const changes = settleConversations(chat.db, { removals, arrivals: [{ message: held }, ...many] }, moment);
    expect(announced(changes)).toEqual(['1 amended']);
    expect(conversationsOf(chat.db)).toMatchObject([{ id: 1, count: 8, firstMessage: first, revision: 2 }]);
  });
});

describe('a row that says what its members do not', () => {
  it('is put right by the next message that finds it, and stops nothing', () => {
    using chat = chatAt(0, 10);
    chat.db.run('UPDATE conversations SET started_at = started_at - 7, ended_at = ended_at - 7, message_count = 9');
    expect(announced(chat.arrive(15))).toEqual(['1 extended']);
    expect(conversationsOf(chat.db)).toMatchObject([
      { startedAt: day, endedAt: day + 15 * minute, count: 3, firstMessage: chat.ids[0] },
    ]);
  });
});

describe('the work for one message', () => {
  it.each([5, 50, -50, 300])('is found by index, and reads neither a chat nor a conversation whole (%i)', (at) => {
    using chat = chatAt(0, 10, 20);
    const statements = new Set<string>();
    Database.watch((sql) => statements.add(sql));
    try {
      chat.arrive(at);
    } finally {
      Database.watch(null);
    }
    // Where a new conversation is inserted, the plan has the search for messages that a key waits for: none, so it is left out.
    const others = [...statements].filter((sql) => !sql.includes('INSERT INTO conversations'));
    const plans = others.flatMap((sql) =>
      chat.db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail),
    );
    expect(plans.length).toBeGreaterThan(5);
    expect(plans.filter((plan) => /SCAN (?!CONSTANT)|TEMP B-TREE|messages_by_conversation/.test(plan))).toEqual([]);
  });
});
