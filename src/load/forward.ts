import {
  LIFE_CYCLE,
  type Pair,
  pairUp,
  place,
  reconcile,
  type Span,
  splitSorted,
  timeForSplit,
} from '../conversations/index.ts';
import { must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  type ConversationChange,
  type ConversationRow,
  factsOfMembers,
  type MemberFacts,
  readConversation,
  sameFacts,
  told,
  writeConversation,
} from './conversation-rows.ts';
import { type Moment, moveChatDates } from './conversations.ts';

export type { ConversationChange } from './conversation-rows.ts';

/**
 * A message that no longer counts in a conversation. Its row may be gone already, may have moved in time or to another
 * chat, or may have become something that does not count.
 */
export type Removal = { message: number; conversation: number };

/** A message that counts and is in no conversation, or still in the one that a removal names. */
export type Arrival = { message: number };

export function removalOf({ id, conversation }: { id: number; conversation: number | null }): Removal[] {
  return conversation === null ? [] : [{ message: id, conversation }];
}

/** Of a message that came or moved: none where it does not count. */
export function arrivalOf(db: Database, id: number): Arrival[] {
  const counts = db.value(`SELECT 1 FROM messages WHERE id = ? AND kind <> 'event' AND is_scheduled = 0`, id);
  return counts === null ? [] : [{ message: id }];
}

/** A conversation as it stands in the middle of the work; its row has the id, the chat, the start and a count above 0. */
type Standing = { id: number; chat: number; startedAt: number; endedAt: number; count: number };

/** Where a message was before the call and where it is now; `taken` out by a removal, whether it came back or not. */
type Home = { from: number | null; to: number | null; taken: boolean };

/**
 * What is known in the course of one call. A message that has no home in here is where it was. Rows of conversations
 * that existed before stay, with a count of 0 when nobody is left, until it is certain that nobody comes back: what
 * points at them must not see them go and come.
 */
type Books = {
  db: Database;
  gapMs: number;
  before: Map<number, ConversationRow>;
  standing: Map<number, Standing>;
  homes: Map<number, Home>;
  /** Conversations that lost messages whose rows are gone. */
  bereft: Set<number>;
};

type Placed = { id: number; chat: number; at: number | null };

const UNDATED_MS = timeForSplit(Number.NaN);

/**
 * The forward algorithm on the store: takes messages out and puts messages in, and leaves conversations, and the dates
 * of their chats, as a fresh split of the same messages would have left them, ids and revisions included (new ids
 * differ). Reads damaged conversations whole, of bridged ones the smaller, and of others a row or two. Work that was
 * done already changes nothing. To be called inside the caller's transaction, after the rows were changed.
 */
export function settleConversations(
  db: Database,
  work: { removals: readonly Removal[]; arrivals: readonly Arrival[] },
  moment: Moment,
): ConversationChange[] {
  const books: Books = {
    db,
    gapMs: moment.gapMs,
    before: new Map(),
    standing: new Map(),
    homes: new Map(),
    bereft: new Set(),
  };
  const named = Map.groupBy(work.removals, ({ conversation }) => conversation);
  for (const [id, removals] of [...named].sort(([a], [b]) => a - b)) {
    const damaged = touch(books, id);
    if (damaged !== null) takeOut(books, damaged, new Set(removals.map(({ message }) => message)));
  }
  for (const message of inOrder(db, work.arrivals)) putIn(books, message);
  keepIds(books);
  const changes = writeRows(books);
  refreshChats(books);
  return changes;
}

/** Null for a conversation that is no more. */
function touch({ db, before, standing }: Books, id: number): Standing | null {
  const known = standing.get(id);
  if (known !== undefined) return known;
  const row = readConversation(db, id);
  if (row === undefined) return null;
  before.set(id, row);
  const { chat, startedAt, endedAt, count } = row;
  const conversation = { id, chat, startedAt, endedAt, count };
  standing.set(id, conversation);
  return conversation;
}

/** Takes messages out of a conversation, and splits what is left of it. */
function takeOut(books: Books, damaged: Standing, messages: ReadonlySet<number>): void {
  const { db, homes, bereft } = books;
  const unsure: number[] = [];
  let missing = damaged.count;
  for (const message of messages) {
    const sql = 'UPDATE messages SET conversation_id = NULL WHERE id = ? AND conversation_id = ?';
    const { changes } = db.run(sql, message, damaged.id);
    missing -= changes;
    if (changes === 0) unsure.push(message);
    else homes.set(message, { from: damaged.id, to: null, taken: true });
  }
  const left = db.all<{ id: number; at: number | null }>(
    `SELECT id, sent_at AS at FROM messages WHERE conversation_id = ? ORDER BY coalesce(sent_at, ${UNDATED_MS}), id`,
    damaged.id,
  );
  missing -= left.length;
  // Of a row that is gone, or in no conversation, only the count tells whether it was a member when the call came.
  for (const message of missing > 0 ? unsure : []) {
    const row = db.get<{ home: number | null }>('SELECT conversation_id AS home FROM messages WHERE id = ?', message);
    if (row === undefined) bereft.add(damaged.id);
    else if (row.home === null && !homes.has(message)) homes.set(message, { from: damaged.id, to: null, taken: true });
  }
  splitAgain(books, damaged, left);
}

function splitAgain(books: Books, damaged: Standing, left: readonly { id: number; at: number | null }[]): void {
  const { id, chat } = damaged;
  const times = Float64Array.from(left, ({ at }) => timeForSplit(at ?? Number.NaN));
  const starts = splitSorted(times, books.gapMs);
  const previous = new Int32Array(left.length).fill(id);
  const { conversations, removed } = reconcile({ starts, previous, sizes: new Map([[id, damaged.count]]) });
  for (const { start, end, id: kept } of conversations) {
    const span = { chat, startedAt: times[start] ?? 0, endedAt: times[end - 1] ?? 0, count: end - start };
    if (kept !== null) {
      startAt(books, damaged, span.startedAt);
      Object.assign(damaged, span);
      continue;
    }
    const conversation = found(books, span);
    for (const message of left.slice(start, end)) move(books, message.id, id, conversation.id);
  }
  if (removed.length > 0) dissolve(books, id);
}

/** In the order of their conversation, whatever order they are named in; without those that have a place already. */
function inOrder(db: Database, arrivals: readonly Arrival[]): Placed[] {
  const messages = [...new Set(arrivals.map(({ message }) => message))].flatMap(
    (message) =>
      db.get<Placed>(
        `SELECT id, chat_id AS chat, sent_at AS at FROM messages
         WHERE id = ? AND conversation_id IS NULL AND kind <> 'event' AND is_scheduled = 0`,
        message,
      ) ?? [],
  );
  return messages.sort((a, b) => (a.at ?? UNDATED_MS) - (b.at ?? UNDATED_MS) || a.id - b.id);
}

function putIn(books: Books, { id, chat, at }: Placed): void {
  const timeMs = at ?? UNDATED_MS;
  const decision = place(
    timeMs,
    {
      before: neighbour(books, 'started_at <= ? ORDER BY started_at DESC', chat, timeMs),
      after: neighbour(books, 'started_at > ? ORDER BY started_at', chat, timeMs),
    },
    books.gapMs,
  );
  if (decision.kind === 'start') {
    move(books, id, null, found(books, { chat, startedAt: timeMs, endedAt: timeMs, count: 1 }).id);
    return;
  }
  const home = must(touch(books, decision.id), 'a neighbour exists');
  home.count += 1;
  if (decision.kind === 'bridge') {
    const absorbed = must(touch(books, decision.absorbed), 'a neighbour exists');
    home.count += absorbed.count;
    moveAll(books, absorbed.id, home.id);
    dissolve(books, absorbed.id);
  }
  if ('startMs' in decision) startAt(books, home, decision.startMs);
  if ('endMs' in decision) home.endedAt = decision.endMs;
  move(books, id, null, home.id);
}

/** `where` is of the program's own making. Emptied conversations are passed over. */
function neighbour({ db, standing }: Books, where: string, chat: number, timeMs: number): Span | null {
  const row = db.get<Standing>(
    `SELECT id, started_at AS startedAt, ended_at AS endedAt, message_count AS count
     FROM conversations WHERE chat_id = ? AND message_count > 0 AND ${where} LIMIT 1`,
    chat,
    timeMs,
  );
  if (row === undefined) return null;
  const { id, startedAt, endedAt, count } = standing.get(row.id) ?? row;
  return { id, startMs: startedAt, endMs: endedAt, messageCount: count };
}

/** Gives new messages, or those left over from others, a conversation; `id` is null for a new one. */
function found(books: Books, span: Omit<Standing, 'id'>, id: number | null = null): Standing {
  const { chat, startedAt, endedAt, count } = span;
  const { lastId } = books.db.run(
    `INSERT INTO conversations (id, chat_id, started_at, ended_at, message_count, first_message_id, state)
     VALUES (?, ?, ?, ?, ?, 0, 'active')
     ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, message_count = excluded.message_count`,
    id,
    chat,
    startedAt,
    endedAt,
    count,
  );
  const conversation = { ...span, id: id ?? lastId };
  books.standing.set(conversation.id, conversation);
  return conversation;
}

function startAt({ db }: Books, conversation: Standing, startedAt: number): void {
  if (conversation.startedAt === startedAt) return;
  // Neighbours are found by it.
  db.run('UPDATE conversations SET started_at = ? WHERE id = ?', startedAt, conversation.id);
  conversation.startedAt = startedAt;
}

function dissolve({ db, before, standing }: Books, id: number): void {
  standing.delete(id);
  if (before.has(id)) db.run('UPDATE conversations SET message_count = 0 WHERE id = ?', id);
  else db.run('DELETE FROM conversations WHERE id = ?', id);
}

function move(books: Books, message: number, from: number | null, to: number): void {
  books.db.run('UPDATE messages SET conversation_id = ? WHERE id = ?', to, message);
  noteHome(books, message, from, to);
}

function moveAll(books: Books, from: number, to: number): void {
  const members = books.db.all<{ id: number }>('SELECT id FROM messages WHERE conversation_id = ?', from);
  for (const { id } of members) noteHome(books, id, from, to);
  books.db.run('UPDATE messages SET conversation_id = ? WHERE conversation_id = ?', to, from);
}

/** Whoever has no home in the books yet was `from` there before the call. */
function noteHome({ homes }: Books, message: number, from: number | null, to: number): void {
  const home = homes.get(message);
  if (home === undefined) homes.set(message, { from, to, taken: false });
  else home.to = to;
}

/**
 * One message at a time, it may look as if a conversation had gone that has only been left and joined again, or been
 * outgrown by what came in the same call. So the ids are given in the end, by members, as reconcile gives them.
 */
function keepIds(books: Books): void {
  const { before, homes } = books;
  const guests = new Map<number, number>();
  const shares = new Map<number, Map<number, number>>();
  for (const { from, to } of homes.values()) {
    if (to === null || from === to) continue;
    guests.set(to, (guests.get(to) ?? 0) + 1);
    if (from === null || before.get(from)?.chat !== books.standing.get(to)?.chat) continue;
    const sharesOfOne = shares.get(to) ?? new Map<number, number>();
    shares.set(to, sharesOfOne.set(from, (sharesOfOne.get(from) ?? 0) + 1));
  }
  if (shares.size === 0) return;

  const order = [...books.standing.values()].sort((a, b) => a.startedAt - b.startedAt || a.chat - b.chat);
  const pairs: Pair[] = [];
  for (const [segment, { id, count }] of order.entries()) {
    const own = count - (guests.get(id) ?? 0);
    if (before.has(id) && own > 0) pairs.push({ id, segment, shared: own });
    for (const [from, shared] of shares.get(id) ?? []) pairs.push({ id: from, segment, shared });
  }
  const ids = pairUp(pairs);
  const renamed = order.flatMap((conversation, segment) => {
    const id = ids.get(segment) ?? null;
    const stays = id === conversation.id || (id === null && !before.has(conversation.id));
    return stays ? [] : [{ conversation, id }];
  });
  const wanted = new Set(renamed.map(({ id }) => id));
  // Whoever has an id that another one gets makes room first.
  const waiting = renamed.map(({ conversation, id }) => ({
    conversation: wanted.has(conversation.id) ? rename(books, conversation, -conversation.id) : conversation,
    id,
  }));
  for (const { conversation, id } of waiting) rename(books, conversation, id);
}

function rename(books: Books, { id: old, ...span }: Standing, id: number | null): Standing {
  const conversation = found(books, span, id);
  moveAll(books, old, conversation.id);
  dissolve(books, old);
  return conversation;
}

/** What the call did to each conversation, by its members. */
function differences({ homes, bereft }: Books) {
  const gained = new Set<number>();
  const changed = new Set(bereft);
  /** Conversations in which more happened than that messages were added. */
  const disturbed = new Set(bereft);
  for (const { from, to, taken } of homes.values()) {
    if (from !== null && (from !== to || taken)) disturbed.add(from);
    if (from === to) continue;
    if (from !== null) changed.add(from);
    if (to === null) continue;
    gained.add(to);
    changed.add(to);
    // It was not moved here: it came with the conversation that it was in.
    if (from !== null && !taken) disturbed.add(to);
  }
  return { changed, isExtended: (id: number) => gained.has(id) && !disturbed.has(id) };
}

function writeRows(books: Books): ConversationChange[] {
  const { db, before, standing } = books;
  const { changed, isExtended } = differences(books);
  const changes: ConversationChange[] = [];
  for (const [id, row] of before) {
    if (standing.has(id)) continue;
    db.run('DELETE FROM conversations WHERE id = ?', id);
    const { announce } = LIFE_CYCLE[row.state].emptied;
    if (announce !== null) changes.push(told(row, announce, row.revision));
  }
  for (const conversation of standing.values()) {
    const { id } = conversation;
    const facts = factsOf(db, conversation);
    Object.assign(conversation, { startedAt: facts.startedAt, endedAt: facts.endedAt, count: facts.count });
    const row = before.get(id);
    if (row === undefined) {
      writeConversation(db, id, facts, { state: 'active', sealedAt: null, revision: 1 });
      changes.push(told(conversation, 'conversation_started', 1));
    } else if (!changed.has(id) && sameFacts(row, facts)) {
      writeConversation(db, id, facts, row);
    } else {
      const { next, announce } = LIFE_CYCLE[row.state][isExtended(id) ? 'message_added' : 'message_removed'];
      const revision = row.revision + 1;
      if (next !== 'removed') writeConversation(db, id, facts, { state: next, sealedAt: null, revision });
      if (announce !== null) changes.push(told(conversation, announce, revision));
    }
  }
  const isRemoved = (change: ConversationChange) => (change.announce === 'conversation_removed' ? 0 : 1);
  return changes.sort((a, b) => isRemoved(a) - isRemoved(b) || a.id - b.id);
}

/** Looks the first message up in time; all members are read only when they are not where the row has them. */
function factsOf(db: Database, { id, chat, startedAt, endedAt, count }: Standing): MemberFacts {
  const firstAmong = (when: string, ...params: number[]) =>
    db.get<{ firstMessage: number; initiator: number | null }>(
      `SELECT id AS firstMessage, sender_id AS initiator FROM messages
       WHERE chat_id = ? AND ${when} AND +conversation_id = ? ORDER BY id LIMIT 1`,
      chat,
      ...params,
      id,
    );
  const dated = firstAmong('sent_at = ?', startedAt);
  const undated = startedAt === UNDATED_MS ? firstAmong('sent_at IS NULL') : undefined;
  const first =
    undated === undefined || (dated !== undefined && dated.firstMessage < undated.firstMessage) ? dated : undated;
  if (first !== undefined) return { startedAt, endedAt, count, ...first };
  return must(factsOfMembers(db, id), 'a conversation that stands has members');
}

function refreshChats({ db, before, standing }: Books): void {
  const more = new Map<number, number>();
  const add = (chat: number, count: number) => more.set(chat, (more.get(chat) ?? 0) + count);
  for (const { chat, count } of before.values()) add(chat, -count);
  for (const { chat, count } of standing.values()) add(chat, count);
  for (const [chat, count] of more) moveChatDates(db, chat, count);
}
