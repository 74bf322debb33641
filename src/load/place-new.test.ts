import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';
import { resplitChat } from './conversations.ts';
import { NewMessages } from './place-new.ts';
import { createStaging } from './staging.ts';

const GAP_MS = 10;
const NOW_MS = 1_000;
const MOMENT = { gapMs: GAP_MS, nowMs: NOW_MS };

/** Minutes of messages, null for one without a date; `counts` is false for an event of a group. */
const message = fc.record({
  chat: fc.integer({ min: 1, max: 2 }),
  at: fc.option(fc.integer({ min: 0, max: 120 }), { nil: null }),
  counts: fc.integer({ min: 0, max: 4 }).map((of) => of > 0),
  sender: fc.integer({ min: 1, max: 3 }),
});
type Message = { chat: number; at: number | null; counts: boolean; sender: number };

function openStore() {
  const db = openWritable(':memory:');
  createTables(db);
  for (const index of INDEXES) db.exec(index);
  db.exec(`INSERT INTO sources (kind, path, first_imported_at, last_imported_at) VALUES ('ios', '/sms.db', 0, 0)`);
  for (const chat of [1, 2]) {
    db.run(`INSERT INTO chats (id, identifier, kind, source_id) VALUES (?, ?, 'direct', 1)`, chat, `chat ${chat}`);
  }
  createStaging(db);
  return db;
}

const COLUMNS =
  'guid, chat_id, sender_id, kind, sent_at, is_from_me, source_id, source_rowid, is_scheduled, historical, source_state';

/** Takes in batches of new messages, by the spans of conversations, or one by one and then by a fresh split. */
function store(batches: readonly Message[][], isFresh: boolean) {
  using db = openStore();
  const fresh = new NewMessages(db);
  let rowid = 0;
  for (const batch of batches) {
    db.exec('DELETE FROM temp.staged_messages; DELETE FROM temp.diff_messages');
    for (const { chat, at, counts, sender } of batch) {
      rowid += 1;
      const values = [`guid ${rowid}`, chat, sender, counts ? 'text' : 'event', at, 0, 1, rowid, 0, 0, 0];
      const into = isFresh ? 'main.messages' : 'temp.staged_messages';
      db.run(`INSERT INTO ${into} (${COLUMNS}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
    }
    if (isFresh) continue;
    db.exec('INSERT INTO temp.diff_messages (staged) SELECT rowid FROM temp.staged_messages');
    db.transaction(() => fresh.insert(MOMENT));
  }
  if (isFresh) for (const chat of [1, 2]) resplitChat(db, chat, MOMENT);
  return {
    conversations: db.all(
      `SELECT chat_id, started_at, ended_at, message_count, first_message_id, initiator_id, state
       FROM conversations ORDER BY chat_id, started_at`,
    ),
    members: db.all(
      `SELECT m.guid, c.started_at FROM messages m LEFT JOIN conversations c ON c.id = m.conversation_id ORDER BY m.guid`,
    ),
    chats: db.all('SELECT created_at, last_message_at, message_count FROM chats ORDER BY id'),
  };
}

describe('new messages that are placed by the spans of conversations', () => {
  it('stand, in any batches, as a fresh split of all of them has them', () => {
    fc.assert(
      fc.property(fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 6 }), (batches) => {
        expect(store(batches, false)).toEqual(store(batches, true));
      }),
      { numRuns: 400 },
    );
  });

  it('leave the id with the most messages where they bridge', () => {
    using db = openStore();
    const fresh = new NewMessages(db);
    const say = (...times: number[]) => {
      db.exec('DELETE FROM temp.staged_messages; DELETE FROM temp.diff_messages');
      for (const at of times) {
        const values = [`guid ${at}`, 1, 1, 'text', at, 0, 1, at + 1, 0, 0, 0];
        db.run(`INSERT INTO temp.staged_messages (${COLUMNS}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
      }
      db.exec('INSERT INTO temp.diff_messages (staged) SELECT rowid FROM temp.staged_messages');
      db.transaction(() => fresh.insert(MOMENT));
    };
    say(0, 30, 31);
    const [small, large] = db.all<{ id: number }>('SELECT id FROM conversations ORDER BY started_at');
    say(10, 20);
    const rows = db.all('SELECT id, message_count AS count, revision, first_message_id AS first FROM conversations');
    expect(rows).toEqual([{ id: large?.id, count: 5, revision: 2, first: 1 }]);
    expect(small?.id).not.toBe(large?.id);
  });
});
