import { reconcile, splitSorted, stateAt, timeForSplit } from '../conversations/index.ts';
import type { Database } from '../sqlite/index.ts';

/**
 * Conversations as a first import decides them, as columns by their id, which starts at 1 (what stands at 0 is not one):
 * there may be hundreds of thousands. Times in Unix milliseconds; a first message is our message's id.
 */
export type FreshConversations = {
  chats: number[];
  startedAt: number[];
  endedAt: number[];
  counts: number[];
  firstMessages: number[];
};

/** A conversation as a fresh split of one chat gives it. */
export type Facts = { chat: number; startedAt: number; endedAt: number; count: number; firstMessage: number };

export type Moment = { gapMs: number; nowMs: number };

const INSERT = `INSERT INTO conversations
  (id, chat_id, started_at, ended_at, message_count, first_message_id, initiator_id, state, sealed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** `initiators`: by conversation, the contact who wrote its first message, 0 for nobody known. */
export function writeConversations(
  db: Database,
  conversations: FreshConversations,
  initiators: Int32Array,
  moment: Moment,
): void {
  for (let id = 1; id < conversations.chats.length; id += 1) {
    const facts = {
      chat: conversations.chats[id] ?? 0,
      startedAt: conversations.startedAt[id] ?? 0,
      endedAt: conversations.endedAt[id] ?? 0,
      count: conversations.counts[id] ?? 0,
      firstMessage: conversations.firstMessages[id] ?? 0,
    };
    insertConversation(db, id, facts, initiators[id] || null, moment);
  }
}

/** Enters a conversation, under `id` or the next one; answers its id. */
export function insertConversation(
  db: Database,
  id: number | null,
  conversation: Facts,
  initiator: number | null,
  moment: Moment,
): number {
  const { state, sealedAtMs } = stateAt({ endedAtMs: conversation.endedAt, ...moment });
  return db.run(
    INSERT,
    id,
    conversation.chat,
    conversation.startedAt,
    conversation.endedAt,
    conversation.count,
    conversation.firstMessage,
    initiator,
    state,
    sealedAtMs,
  ).lastId;
}

/** Messages that count: everything said, whatever became of it since; not events, and not what is yet to be sent. */
const COUNTED = `chat_id = ? AND kind <> 'event' AND is_scheduled = 0`;

/**
 * Splits one chat anew and compares: conversations whose members are the same stay as they are, changed ones keep
 * their id and rise in revision, those that are no more are removed. Also brings the chat's own dates up to date.
 */
export function resplitChat(db: Database, chat: number, moment: Moment): { changed: number[]; removed: number[] } {
  const rows = db.all<{ id: number; at: number | null; conversation: number | null }>(
    `SELECT id, sent_at AS at, conversation_id AS conversation FROM messages WHERE ${COUNTED}
     ORDER BY coalesce(sent_at, ${timeForSplit(Number.NaN)}), id`,
    chat,
  );
  const times = Float64Array.from(rows, (row) => timeForSplit(row.at ?? Number.NaN));
  const previous = Int32Array.from(rows, (row) => row.conversation ?? 0);
  const sizes = new Map(
    db
      .all<{ id: number; size: number }>('SELECT id, message_count AS size FROM conversations WHERE chat_id = ?', chat)
      .map((row) => [row.id, row.size]),
  );
  const { conversations, removed } = reconcile({ starts: splitSorted(times, moment.gapMs), previous, sizes });
  db.run(
    `UPDATE messages SET conversation_id = NULL
    WHERE chat_id = ? AND conversation_id IS NOT NULL AND (kind = 'event' OR is_scheduled <> 0)`,
    chat,
  );

  const changed: number[] = [];
  for (const segment of conversations) {
    const first = rows[segment.start];
    if (first === undefined) continue;
    const facts = {
      chat,
      startedAt: times[segment.start] ?? 0,
      endedAt: times[segment.end - 1] ?? 0,
      count: segment.end - segment.start,
      firstMessage: first.id,
    };
    // The same members may still have moved in time, or have another first among them.
    if (!segment.changed && segment.id !== null && sameFacts(db, segment.id, facts)) continue;
    const initiator = db.value<number>('SELECT sender_id FROM messages WHERE id = ?', first.id);
    const id = segment.id ?? insertConversation(db, null, facts, initiator, moment);
    if (segment.id !== null) updateConversation(db, id, facts, moment);
    for (let at = segment.start; at < segment.end; at += 1) {
      if (previous[at] !== id) db.run('UPDATE messages SET conversation_id = ? WHERE id = ?', id, rows[at]?.id ?? 0);
    }
    changed.push(id);
  }
  for (const id of removed) {
    // Of its members, those that moved to another chat may still point at it: that chat is split later.
    db.run('UPDATE messages SET conversation_id = NULL WHERE conversation_id = ?', id);
    db.run('DELETE FROM conversations WHERE id = ?', id);
  }
  refreshChatDates(db, chat);
  return { changed, removed };
}

function sameFacts(db: Database, id: number, facts: Facts): boolean {
  return (
    db.value(
      `SELECT 1 FROM conversations
       WHERE id = ? AND started_at = ? AND ended_at = ? AND first_message_id = ?
         AND initiator_id IS (SELECT sender_id FROM messages WHERE id = first_message_id)`,
      id,
      facts.startedAt,
      facts.endedAt,
      facts.firstMessage,
    ) !== null
  );
}

/** Says of a conversation what its members, which are in the store, have come to. */
export function updateConversation(db: Database, id: number, facts: Omit<Facts, 'chat'>, moment: Moment): void {
  const { state, sealedAtMs } = stateAt({ endedAtMs: facts.endedAt, ...moment });
  db.run(
    `UPDATE conversations SET started_at = ?, ended_at = ?, message_count = ?, first_message_id = ?,
       initiator_id = (SELECT sender_id FROM messages WHERE id = ?), state = ?, sealed_at = ?, revision = revision + 1
     WHERE id = ?`,
    facts.startedAt,
    facts.endedAt,
    facts.count,
    facts.firstMessage,
    facts.firstMessage,
    state,
    sealedAtMs,
    id,
  );
}

/** Active conversations that have meanwhile been silent for the gap are ready, as they would be if imported now. */
export function sealDue(db: Database, moment: Moment): void {
  const active = db.all<{ id: number; endedAt: number }>(
    `SELECT id, ended_at AS endedAt FROM conversations WHERE state = 'active'`,
  );
  for (const { id, endedAt } of active) {
    const { state, sealedAtMs } = stateAt({ endedAtMs: endedAt, ...moment });
    if (state !== 'active')
      db.run('UPDATE conversations SET state = ?, sealed_at = ? WHERE id = ?', state, sealedAtMs, id);
  }
}

/** Dates of a chat by the messages that count; null where none has a date. */
export type ChatDates = { createdAt: number | null; lastMessageAt: number | null; count: number };

export function writeChatDates(db: Database, dates: ReadonlyMap<number, ChatDates>): void {
  for (const [chat, { createdAt, lastMessageAt, count }] of dates) {
    db.run(
      'UPDATE chats SET created_at = ?, last_message_at = ?, message_count = ? WHERE id = ?',
      createdAt,
      lastMessageAt,
      count,
      chat,
    );
  }
}

function refreshChatDates(db: Database, chat: number): void {
  const dates = db.get<ChatDates>(
    `SELECT min(sent_at) AS createdAt, max(sent_at) AS lastMessageAt, count(*) AS count FROM messages WHERE ${COUNTED}`,
    chat,
  );
  if (dates !== undefined) writeChatDates(db, new Map([[chat, dates]]));
}

/** The same where messages have come or gone: the dates by the ends of the index, the count by how many. */
export function moveChatDates(db: Database, chat: number, count: number): void {
  const end = (order: 'ASC' | 'DESC') =>
    `SELECT sent_at FROM messages WHERE chat_id = chats.id AND sent_at IS NOT NULL AND kind <> 'event' AND is_scheduled = 0
     ORDER BY sent_at ${order} LIMIT 1`;
  db.run(
    `UPDATE chats SET created_at = (${end('ASC')}), last_message_at = (${end('DESC')}), message_count = message_count + ?
     WHERE id = ?`,
    ...[count, chat],
  );
}
