import { isoTime } from '../kernel/index.ts';
import type { MessageKind, ReactionKind } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type StoreCounts, storeCounts } from './counts.ts';
import { localClock, QUARTER_MS } from './stats-local-time.ts';

/**
 * The numbers of a store. Messages are what was said: every kind but events of a group, and not what is yet to be
 * sent; edited, unsent and deleted ones too. Those without a date are in no day and no hour.
 */
export type StoreStats = {
  counts: StoreCounts;
  firstMessageAt: string | null;
  lastMessageAt: string | null;
  topChats: { identifier: string; name: string | null; kind: 'direct' | 'group'; messages: number }[];
  topSenders: { contactId: number; name: string | null; isMe: boolean; messages: number }[];
  /** Days of the time zone asked for, as YYYY-MM-DD; only those with messages, in order. */
  byDay: { day: string; messages: number }[];
  /** By hour of the day, 0 to 23. */
  byHour: number[];
  /** By weekday, Monday first, and hour. */
  byWeekdayHour: number[][];
  services: { service: string | null; messages: number }[];
  kinds: { kind: MessageKind; messages: number }[];
  /** Every reaction that export lists, ended ones too. */
  reactions: { kind: ReactionKind; count: number }[];
  edited: number;
  unsent: number;
  deleted: number;
  conversations: { count: number; averageMessages: number | null; averageDurationMs: number | null };
};

const SAID = `kind <> 'event' AND is_scheduled = 0`;

/** `limit`: how many chats and senders are listed. `timeZone`: an IANA name. Throws USAGE for a zone there is not. */
export function storeStats(db: Database, { limit, timeZone }: { limit: number; timeZone: string }): StoreStats {
  // One pass over the messages for all that needs no order.
  const groups = db.all<Group>(
    `SELECT kind, service, count(*) AS messages, min(sent_at) AS first, max(sent_at) AS last,
       count(edited_at) AS edited, count(unsent_at) AS unsent, count(deleted_at) AS deleted
     FROM messages WHERE ${SAID} GROUP BY kind, service`,
  );
  const times = groups.flatMap(({ first, last }) => [first, last]).filter((at) => at !== null);
  const sum = (field: 'edited' | 'unsent' | 'deleted') => groups.reduce((total, group) => total + group[field], 0);
  return {
    counts: storeCounts(db),
    firstMessageAt: times.length === 0 ? null : isoTime(Math.min(...times)),
    lastMessageAt: times.length === 0 ? null : isoTime(Math.max(...times)),
    topChats: db.all(
      `SELECT identifier, name, kind, message_count AS messages FROM chats
       WHERE message_count > 0 ORDER BY message_count DESC, id LIMIT ?`,
      limit,
    ),
    topSenders: topSenders(db, limit),
    ...byTime(db, timeZone),
    services: ranking(groups, 'service'),
    kinds: ranking(groups, 'kind'),
    reactions: db.all(
      `SELECT kind, count(*) AS count FROM reactions WHERE is_removal = 0 GROUP BY kind ORDER BY count DESC, kind`,
    ),
    edited: sum('edited'),
    unsent: sum('unsent'),
    deleted: sum('deleted'),
    conversations: conversationStats(db),
  };
}

type Group = {
  kind: MessageKind;
  service: string | null;
  messages: number;
  first: number | null;
  last: number | null;
  edited: number;
  unsent: number;
  deleted: number;
};

/** Messages by one field of the groups, most first. */
function ranking<Field extends 'kind' | 'service'>(
  groups: readonly Group[],
  field: Field,
): ({ [F in Field]: Group[F] } & { messages: number })[] {
  const sums = new Map<Group[Field], number>();
  for (const group of groups) sums.set(group[field], (sums.get(group[field]) ?? 0) + group.messages);
  return [...sums]
    .sort(([a, many], [b, more]) => more - many || String(a).localeCompare(String(b), 'en'))
    .map(([value, messages]) => ({ [field]: value, messages }) as { [F in Field]: Group[F] } & { messages: number });
}

function topSenders(db: Database, limit: number): StoreStats['topSenders'] {
  const rows = db.all<{ contactId: number; name: string | null; isMe: number; messages: number }>(
    `SELECT s.contactId, c.name, c.is_me AS isMe, s.messages
     FROM (SELECT sender_id AS contactId, count(*) AS messages FROM messages
           WHERE ${SAID} AND sender_id IS NOT NULL GROUP BY sender_id) s
       JOIN contacts c ON c.id = s.contactId
     ORDER BY s.messages DESC, s.contactId LIMIT ?`,
    limit,
  );
  return rows.map((row) => ({ ...row, isMe: row.isMe !== 0 }));
}

/** Messages are counted by quarter of an hour first, which leaves few moments to find the local time of. */
function byTime(db: Database, timeZone: string): Pick<StoreStats, 'byDay' | 'byHour' | 'byWeekdayHour'> {
  const clock = localClock(timeZone);
  const days = new Map<string, number>();
  const byHour = new Array<number>(24).fill(0);
  const byWeekdayHour = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  const quarters = db.iterate<{ quarter: number; messages: number }>(
    `SELECT (sent_at - ((sent_at % ${QUARTER_MS}) + ${QUARTER_MS}) % ${QUARTER_MS}) / ${QUARTER_MS} AS quarter,
       count(*) AS messages
     FROM messages WHERE ${SAID} AND sent_at IS NOT NULL GROUP BY quarter ORDER BY quarter`,
  );
  for (const { quarter, messages } of quarters) {
    const { day, hour, weekday } = clock(quarter * QUARTER_MS);
    days.set(day, (days.get(day) ?? 0) + messages);
    byHour[hour] = (byHour[hour] ?? 0) + messages;
    const hours = byWeekdayHour[weekday];
    if (hours !== undefined) hours[hour] = (hours[hour] ?? 0) + messages;
  }
  return { byDay: [...days].map(([day, messages]) => ({ day, messages })), byHour, byWeekdayHour };
}

function conversationStats(db: Database): StoreStats['conversations'] {
  const row = db.get<StoreStats['conversations']>(
    `SELECT count(*) AS count, avg(message_count) AS averageMessages, avg(ended_at - started_at) AS averageDurationMs
     FROM conversations`,
  );
  return row ?? { count: 0, averageMessages: null, averageDurationMs: null };
}
