import type { Database } from '../sqlite/index.ts';
import { type Answers, AnswerTimes } from './answer-times.ts';
import { localClock, QUARTER_MS } from './stats-local-time.ts';

/** Of what to tell the numbers: some chats or all, and moments in Unix milliseconds, `to` not included. */
export type StatsScope = { chats: readonly number[] | null; from: number | null; to: number | null; timeZone: string };

type Bucket = { upto: number | null; count: number };

/**
 * How much, when, by whom, how quickly answered and in conversations how long. Counted is what was said: every kind but
 * events of a group, and not what is yet to be sent. Days and hours are those of the time zone.
 */
export type MessageStats = {
  messages: number;
  fromMe: number;
  firstMessageAt: string | null;
  lastMessageAt: string | null;
  days: { day: string; messages: number; fromMe: number }[];
  weekdayHours: number[][];
  people: {
    contactId: number;
    name: string | null;
    isMe: boolean;
    messages: number;
    medianAnswerMs: number | null;
  }[];
  answers: { mine: Answers; theirs: Answers };
  conversations: {
    count: number;
    averageMessages: number | null;
    averageDurationMs: number | null;
    byMessages: Bucket[];
    byDurationMs: Bucket[];
  };
  kinds: { kind: string; messages: number }[];
  services: { service: string | null; messages: number }[];
  reactions: { kind: string; count: number }[];
};

const MOST_PEOPLE = 50;
const MINUTE_MS = 60_000;
const MESSAGES_UPTO = [1, 2, 5, 10, 20, 50, 100, 200];
const DURATION_UPTO = [1, 5, 15, 30, 60, 120, 240, 480].map((minutes) => minutes * MINUTE_MS);

type Row = {
  conversation: number | null;
  sender: number | null;
  isFromMe: number;
  at: number | null;
  kind: string;
  service: string | null;
};

/** One pass over the messages in scope, chat by chat in the order of time. Throws USAGE for a zone that there is not. */
export function messageStats(db: Database, scope: StatsScope): MessageStats {
  const tally = new Tally(scope.timeZone);
  const { where, params } = messagesIn(scope);
  // The index has the order in which answers follow what they answer.
  const rows = db.iterate<Row>(
    `SELECT conversation_id AS conversation, sender_id AS sender, is_from_me AS isFromMe, sent_at AS at, kind, service
     FROM messages INDEXED BY messages_by_chat
     WHERE kind <> 'event' AND is_scheduled = 0 AND ${where} ORDER BY chat_id, sent_at, id`,
    ...params,
  );
  for (const row of rows) tally.add(row);
  return { ...tally.result(db), conversations: conversationsIn(db, scope), reactions: reactionsIn(db, scope) };
}

function messagesIn({ chats, from, to }: StatsScope): { where: string; params: (string | number)[] } {
  const parts: string[] = [];
  const params: (string | number)[] = [];
  if (chats !== null) {
    parts.push('chat_id IN (SELECT value FROM json_each(?))');
    params.push(JSON.stringify(chats));
  }
  if (from !== null) {
    parts.push('sent_at >= ?');
    params.push(from);
  }
  if (to !== null) {
    parts.push('sent_at < ?');
    params.push(to);
  }
  return { where: parts.length === 0 ? '1' : parts.join(' AND '), params };
}

class Tally {
  readonly #clock: ReturnType<typeof localClock>;
  readonly #quarters = new Map<number, { all: number; mine: number }>();
  readonly #people = new Map<number, number>();
  readonly #kinds = new Map<string, number>();
  readonly #services = new Map<string | null, number>();
  readonly #answers = new AnswerTimes();
  #messages = 0;
  #fromMe = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(timeZone: string) {
    this.#clock = localClock(timeZone);
  }

  add({ conversation, sender, isFromMe, at, kind, service }: Row): void {
    this.#messages += 1;
    this.#fromMe += isFromMe;
    increase(this.#kinds, kind);
    increase(this.#services, service);
    if (sender !== null) increase(this.#people, sender);
    if (at === null) return;
    if (at < this.#first) this.#first = at;
    if (at > this.#last) this.#last = at;
    const quarter = Math.floor(at / QUARTER_MS);
    const counts = this.#quarters.get(quarter);
    if (counts === undefined) this.#quarters.set(quarter, { all: 1, mine: isFromMe });
    else {
      counts.all += 1;
      counts.mine += isFromMe;
    }
    this.#answers.add({ conversation, sender, isFromMe: isFromMe !== 0, at });
  }

  result(db: Database): Omit<MessageStats, 'conversations' | 'reactions'> {
    const days = new Map<string, { messages: number; fromMe: number }>();
    const weekdayHours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
    for (const [quarter, { all, mine }] of this.#quarters) {
      const { day, hour, weekday } = this.#clock(quarter * QUARTER_MS);
      const known = days.get(day) ?? { messages: 0, fromMe: 0 };
      days.set(day, { messages: known.messages + all, fromMe: known.fromMe + mine });
      const hours = weekdayHours[weekday];
      if (hours !== undefined) hours[hour] = (hours[hour] ?? 0) + all;
    }
    return {
      messages: this.#messages,
      fromMe: this.#fromMe,
      firstMessageAt: Number.isFinite(this.#first) ? new Date(this.#first).toISOString() : null,
      lastMessageAt: Number.isFinite(this.#last) ? new Date(this.#last).toISOString() : null,
      days: [...days].map(([day, counts]) => ({ day, ...counts })).sort((a, b) => (a.day < b.day ? -1 : 1)),
      weekdayHours,
      people: this.#whoWroteMost(db),
      answers: this.#answers.result(),
      kinds: ranked(this.#kinds).map(([kind, messages]) => ({ kind, messages })),
      services: ranked(this.#services).map(([service, messages]) => ({ service, messages })),
    };
  }

  #whoWroteMost(db: Database): MessageStats['people'] {
    return ranked(this.#people)
      .slice(0, MOST_PEOPLE)
      .map(([contactId, messages]) => {
        const row = db.get<{ name: string | null; isMe: number }>(
          'SELECT name, is_me AS isMe FROM contacts WHERE id = ?',
          contactId,
        );
        return {
          contactId,
          name: row?.name ?? null,
          isMe: row?.isMe === 1,
          messages,
          medianAnswerMs: this.#answers.medianOf(contactId),
        };
      });
  }
}

function conversationsIn(db: Database, { chats, from, to }: StatsScope): MessageStats['conversations'] {
  const byMessages = buckets(MESSAGES_UPTO);
  const byDurationMs = buckets(DURATION_UPTO);
  let count = 0;
  let messages = 0;
  let durationMs = 0;
  const rows = db.iterate<{ messages: number; durationMs: number }>(
    `SELECT message_count AS messages, ended_at - started_at AS durationMs FROM conversations
     WHERE (?1 IS NULL OR chat_id IN (SELECT value FROM json_each(?1)))
       AND (?2 IS NULL OR started_at >= ?2) AND (?3 IS NULL OR started_at < ?3)`,
    chats === null ? null : JSON.stringify(chats),
    from,
    to,
  );
  for (const row of rows) {
    count += 1;
    messages += row.messages;
    durationMs += row.durationMs;
    put(byMessages, row.messages);
    put(byDurationMs, row.durationMs);
  }
  return {
    count,
    averageMessages: count === 0 ? null : messages / count,
    averageDurationMs: count === 0 ? null : durationMs / count,
    byMessages,
    byDurationMs,
  };
}

/** Every reaction that export lists, ended ones too, by when it was given. */
function reactionsIn(db: Database, { chats, from, to }: StatsScope): MessageStats['reactions'] {
  const scope = chats === null ? '' : 'AND m.chat_id IN (SELECT value FROM json_each(?1))';
  const tables = chats === null ? 'reactions r' : 'reactions r JOIN messages m ON m.guid = r.target_guid';
  return db.all(
    `SELECT r.kind, count(*) AS count FROM ${tables}
     WHERE r.is_removal = 0 AND ?1 IS ?1 AND (?2 IS NULL OR r.reacted_at >= ?2) AND (?3 IS NULL OR r.reacted_at < ?3)
       ${scope}
     GROUP BY r.kind ORDER BY count DESC, r.kind`,
    chats === null ? null : JSON.stringify(chats),
    from,
    to,
  );
}

function buckets(bounds: readonly number[]): Bucket[] {
  return [...bounds.map((upto) => ({ upto, count: 0 })), { upto: null, count: 0 }];
}

function put(into: Bucket[], value: number): void {
  const bucket = into.find(({ upto }) => upto === null || value <= upto);
  if (bucket !== undefined) bucket.count += 1;
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ranked<Key>(counts: ReadonlyMap<Key, number>): [Key, number][] {
  return [...counts].sort(
    ([a, many], [b, more]) => more - many || String(a).localeCompare(String(b), 'en', { numeric: true }),
  );
}
