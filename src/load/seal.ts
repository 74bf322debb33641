import { isDue, LIFE_CYCLE, type LifeCycleEvent, timeForSplit } from '../conversations/index.ts';
import { must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  CONVERSATION_COLUMNS,
  type ConversationChange,
  type ConversationRow,
  factsOfMembers,
  sameFacts,
  told,
  writeConversation,
} from './conversation-rows.ts';
import type { Moment } from './conversations.ts';
import { settleConversations } from './forward.ts';

/**
 * Sealing, by the store alone: what is due is a question to the index, so that it does not matter how long nobody
 * asked. Everything here is the caller's transaction's work, and does nothing when it was done already.
 */
export type SealStep = { changes: ConversationChange[]; more: boolean };

/** Seals conversations that have been silent for the gap, those that ended first, and at most `limit`. */
export function sealDueConversations(db: Database, moment: Moment, limit: number): SealStep {
  const { gapMs, nowMs } = moment;
  const rows = oldest(db, 'active', nowMs - gapMs, limit);
  const changes = rows.slice(0, limit).flatMap((row) => {
    if (!isDue({ endedAtMs: row.endedAt, gapMs, nowMs })) return [];
    return seal(db, row, row.endedAt + gapMs);
  });
  return { changes, more: rows.length > limit };
}

/** Seals the active conversations of one chat now, due or not. */
export function sealChat(db: Database, chatId: number, { gapMs, nowMs }: Moment): ConversationChange[] {
  // Few conversations are active and a chat may have thousands, so the index by state is the one to use.
  const rows = db.all<ConversationRow>(
    `SELECT ${CONVERSATION_COLUMNS} FROM conversations WHERE state = 'active' AND +chat_id = ? ORDER BY ended_at, id`,
    chatId,
  );
  return rows.flatMap((row) => seal(db, row, Math.min(nowMs, row.endedAt + gapMs)));
}

/**
 * Makes sealed conversations ready. What is handed on for analysis is looked at once more: a row that does not say what
 * its members say is put right, and one without members is removed.
 */
export function finaliseSealed(db: Database, moment: Moment, limit: number): SealStep {
  const rows = oldest(db, 'sealed', Number.MAX_SAFE_INTEGER, limit);
  return { changes: rows.slice(0, limit).flatMap((row) => finalise(db, row, moment)), more: rows.length > limit };
}

function finalise(db: Database, row: ConversationRow, moment: Moment): ConversationChange[] {
  const { gapMs, nowMs } = moment;
  if (!isWhole(db, row, gapMs)) return splitAgain(db, row, moment);
  const facts = factsOfMembers(db, row.id);
  if (facts === null) {
    db.run('DELETE FROM conversations WHERE id = ?', row.id);
    return announced(row, 'emptied');
  }
  const { next } = LIFE_CYCLE[row.state].finalised;
  const state = must(next === 'removed' ? null : next, 'finalising removes nothing');
  if (sameFacts(row, facts)) {
    db.run('UPDATE conversations SET state = ? WHERE id = ?', state, row.id);
    return announced(row, 'finalised');
  }
  const sealedAt = Math.min(nowMs, facts.endedAt + gapMs);
  const revision = row.revision + 1;
  writeConversation(db, row.id, facts, { state, sealedAt, revision });
  return announced({ ...row, ...facts, revision }, 'finalised');
}

/** Whether a split of the chat would still make just this conversation: no silence in it, and none too short around it. */
function isWhole(db: Database, { id, chat, startedAt, endedAt }: ConversationRow, gapMs: number): boolean {
  const time = `coalesce(sent_at, ${timeForSplit(Number.NaN)})`;
  const silence = db.value<number>(
    `SELECT max(gap) FROM (SELECT ${time} - lag(${time}) OVER (ORDER BY ${time}) AS gap FROM messages
     WHERE conversation_id = ?)`,
    id,
  );
  if (silence !== null && silence > gapMs) return false;
  const neighbour = db.value(
    `SELECT 1 FROM conversations WHERE chat_id = ? AND started_at BETWEEN ? AND ? AND id <> ? LIMIT 1`,
    chat,
    startedAt,
    endedAt + gapMs,
    id,
  );
  return neighbour === null;
}

/** Takes all members out and puts them in again, which splits, joins and tells as if they had just come. */
function splitAgain(db: Database, { id }: ConversationRow, moment: Moment): ConversationChange[] {
  const members = db.all<{ message: number }>('SELECT id AS message FROM messages WHERE conversation_id = ?', id);
  const removals = members.map(({ message }) => ({ message, conversation: id }));
  return settleConversations(db, { removals, arrivals: members }, moment);
}

/** When the next conversation is to be sealed, in Unix milliseconds; it may be long past. Null when none is active. */
export function nextDueAt(db: Database, gapMs: number): number | null {
  const endedAt = db.value<number>(
    `SELECT ended_at FROM conversations WHERE state = 'active' ORDER BY ended_at LIMIT 1`,
  );
  return endedAt === null ? null : endedAt + gapMs;
}

/** One more than `limit`, by which it is seen that there are more. */
function oldest(db: Database, state: 'active' | 'sealed', endedByMs: number, limit: number): ConversationRow[] {
  return db.all<ConversationRow>(
    `SELECT ${CONVERSATION_COLUMNS} FROM conversations WHERE state = ? AND ended_at <= ? ORDER BY ended_at, id LIMIT ?`,
    state,
    endedByMs,
    limit + 1,
  );
}

function seal(db: Database, row: ConversationRow, sealedAtMs: number): ConversationChange[] {
  const { next } = LIFE_CYCLE[row.state].due;
  db.run('UPDATE conversations SET state = ?, sealed_at = ? WHERE id = ?', next, sealedAtMs, row.id);
  return announced(row, 'due');
}

function announced(row: ConversationRow, event: LifeCycleEvent): ConversationChange[] {
  const { announce } = LIFE_CYCLE[row.state][event];
  return announce === null ? [] : [told(row, announce, row.revision)];
}
