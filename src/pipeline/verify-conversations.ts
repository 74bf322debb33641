import { splitSorted, timeForSplit } from '../conversations/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Comparison, FRESH } from './verify-rows.ts';

const SAID = (alias: string) => `${alias}.kind <> 'event' AND ${alias}.is_scheduled = 0`;
/** Rows after which other work gets its turn. */
const PAUSE_ROWS = 20_000;

type Said = { id: number; at: number | null; ours: number | null; theirs: number | null };

/**
 * Conversations, chat by chat: ours have to be what a fresh split of our own messages gives; and without the messages
 * that only we have, a fresh split has to give what it gives of the source.
 */
export async function compareConversations(comparison: Comparison, gapMs: number): Promise<void> {
  const { db, findings } = comparison;
  let sinceRest = 0;
  for (const { id: chat } of db.all<{ id: number }>('SELECT id FROM main.chats ORDER BY id')) {
    const said = db.all<Said>(
      `SELECT a.id, a.sent_at AS at, a.conversation_id AS ours, f.conversation_id AS theirs
       FROM main.messages a LEFT JOIN ${FRESH}.messages f ON f.guid = a.guid AND ${SAID('f')}
       WHERE a.chat_id = ? AND ${SAID('a')} ORDER BY coalesce(a.sent_at, ${timeForSplit(Number.NaN)}), a.id`,
      chat,
    );
    const report = (message: number, id: number | null, what: string) =>
      findings.add({ kind: 'conversation', guid: guidOf(db, message), id, what });
    checkOwn(db, chat, said, gapMs, report);
    if (!comparison.skewed.has(chat)) checkShared(said, gapMs, report);
    checkChat(comparison, chat, said);
    sinceRest += said.length;
    if (sinceRest < PAUSE_ROWS) continue;
    sinceRest = 0;
    await comparison.pause();
  }
  checkLeftovers(comparison);
}

type Report = (message: number, id: number | null, what: string) => void;

function times(said: readonly Said[]): Float64Array {
  return Float64Array.from(said, ({ at }) => timeForSplit(at ?? Number.NaN));
}

/** Every segment is one conversation, with the members, times and first message that its row says. */
function checkOwn(db: Database, chat: number, said: readonly Said[], gapMs: number, report: Report): void {
  const at = times(said);
  const starts = splitSorted(at, gapMs);
  for (const [segment, start] of starts.entries()) {
    const end = starts[segment + 1] ?? said.length;
    const first = said[start];
    if (first === undefined) continue;
    const members = said.slice(start, end);
    const stranger = members.find((member) => member.ours !== first.ours || member.ours === null);
    if (stranger !== undefined) {
      report(stranger.id, stranger.ours, 'members');
      continue;
    }
    const row = db.get<{ chat: number; started: number; ended: number; size: number }>(
      `SELECT chat_id AS chat, started_at AS started, ended_at AS ended, message_count AS size
       FROM main.conversations WHERE id = ?`,
      first.ours,
    );
    if (row === undefined) report(first.id, first.ours, 'missing');
    else if (row.size !== members.length) report(first.id, first.ours, 'messageCount');
    else if (row.chat !== chat) report(first.id, first.ours, 'chat');
    else if (row.started !== at[start]) report(first.id, first.ours, 'startedAt');
    else if (row.ended !== at[end - 1]) report(first.id, first.ours, 'endedAt');
  }
}

/** Split without what only we have, neighbours are together exactly when the source's own split has them together. */
function checkShared(said: readonly Said[], gapMs: number, report: Report): void {
  const shared = said.filter((message) => message.theirs !== null);
  const starts = new Set(splitSorted(times(shared), gapMs));
  for (const [index, message] of shared.entries()) {
    const before = shared[index - 1];
    if (before === undefined) continue;
    if (starts.has(index) !== (before.theirs !== message.theirs)) report(message.id, message.ours, 'split');
  }
}

/** What the row of a chat says of its messages. */
function checkChat({ db, findings }: Comparison, chat: number, said: readonly Said[]): void {
  const row = db.get<{ created: number | null; last: number | null; size: number }>(
    'SELECT created_at AS created, last_message_at AS last, message_count AS size FROM main.chats WHERE id = ?',
    chat,
  );
  let first: number | null = null;
  let last: number | null = null;
  for (const { at } of said) {
    if (at === null) continue;
    first = first === null ? at : Math.min(first, at);
    last = last === null ? at : Math.max(last, at);
  }
  const add = (what: string) => findings.add({ kind: 'chat', guid: null, id: chat, what });
  if (row?.size !== said.length) add('messageCount');
  if (row?.created !== first) add('createdAt');
  if (row?.last !== last) add('lastMessageAt');
}

/** Conversations that no message is in, and messages that count for none but are in one. */
function checkLeftovers({ db, findings }: Comparison): void {
  const empty = db.all<{ id: number }>(
    `SELECT v.id FROM main.conversations v
     WHERE NOT EXISTS (SELECT 1 FROM main.messages m WHERE m.conversation_id = v.id)`,
  );
  for (const { id } of empty) findings.add({ kind: 'conversation', guid: null, id, what: 'extra' });
  const uncounted = db.all<{ guid: string; id: number }>(
    `SELECT m.guid, m.conversation_id AS id FROM main.messages m
     WHERE m.conversation_id IS NOT NULL AND NOT (${SAID('m')})`,
  );
  for (const { guid, id } of uncounted) findings.add({ kind: 'conversation', guid, id, what: 'members' });
}

function guidOf(db: Database, message: number): string | null {
  return db.value<string>('SELECT guid FROM main.messages WHERE id = ?', message);
}
