import { type Announcement, timeForSplit } from '../conversations/index.ts';
import type { ConversationState } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';

/** What the members of a conversation say about it. Times in Unix milliseconds. */
export type MemberFacts = {
  startedAt: number;
  endedAt: number;
  count: number;
  firstMessage: number;
  initiator: number | null;
};

/** How far a conversation has come, whoever its members are. */
type Progress = { state: ConversationState; sealedAt: number | null; revision: number };

export type ConversationRow = { id: number; chat: number } & MemberFacts & Progress;

/** What became of a conversation, to be told. Times in Unix milliseconds; of a removed one, what was last known. */
export type ConversationChange = {
  id: number;
  chat: number;
  announce: 'conversation_started' | Announcement;
  messageCount: number;
  startedAt: number;
  endedAt: number;
  revision: number;
};

/** What the columns of a conversation are called in code. */
export const CONVERSATION_COLUMNS = `id, chat_id AS chat, started_at AS startedAt, ended_at AS endedAt,
  message_count AS count, first_message_id AS firstMessage, initiator_id AS initiator, state, sealed_at AS sealedAt, revision`;

export function readConversation(db: Database, id: number): ConversationRow | undefined {
  return db.get<ConversationRow>(`SELECT ${CONVERSATION_COLUMNS} FROM conversations WHERE id = ?`, id);
}

export function writeConversation(db: Database, id: number, facts: MemberFacts, progress: Progress): void {
  db.run(
    `UPDATE conversations SET started_at = ?, ended_at = ?, message_count = ?, first_message_id = ?, initiator_id = ?,
       state = ?, sealed_at = ?, revision = ? WHERE id = ?`,
    facts.startedAt,
    facts.endedAt,
    facts.count,
    facts.firstMessage,
    facts.initiator,
    progress.state,
    progress.sealedAt,
    progress.revision,
    id,
  );
}

/** Reads every member, without regard to the conversation's own row; null when there is none. */
export function factsOfMembers(db: Database, id: number): MemberFacts | null {
  const time = `coalesce(sent_at, ${timeForSplit(Number.NaN)})`;
  const first = db.get<{ firstMessage: number; initiator: number | null }>(
    `SELECT id AS firstMessage, sender_id AS initiator FROM messages
     WHERE conversation_id = ? ORDER BY ${time}, id LIMIT 1`,
    id,
  );
  const span = db.get<{ startedAt: number; endedAt: number; count: number }>(
    `SELECT min(${time}) AS startedAt, max(${time}) AS endedAt, count(*) AS count FROM messages
     WHERE conversation_id = ?`,
    id,
  );
  return first === undefined || span === undefined ? null : { ...span, ...first };
}

export function sameFacts(one: MemberFacts, other: MemberFacts): boolean {
  return (
    one.startedAt === other.startedAt &&
    one.endedAt === other.endedAt &&
    one.count === other.count &&
    one.firstMessage === other.firstMessage &&
    one.initiator === other.initiator
  );
}

export function told(
  {
    id,
    chat,
    startedAt,
    endedAt,
    count,
  }: { id: number; chat: number; startedAt: number; endedAt: number; count: number },
  announce: ConversationChange['announce'],
  revision: number,
): ConversationChange {
  return { id, chat, announce, messageCount: count, startedAt, endedAt, revision };
}
