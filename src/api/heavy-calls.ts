import { ChatStatsError } from '../kernel/index.ts';
import type { EventType, StoredEvent } from '../model/index.ts';
import { type ConsumerStatus, lastEventId, listConsumers, newestEvents, readEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  type AnalysisCounts,
  analysisCounts,
  findChat,
  type MessageStats,
  messageStats,
  type SearchItem,
  type StoreStatus,
  searchItems,
  storeStatus,
} from '../store/index.ts';

/**
 * What takes longer than a list may: it goes over much of the store, so it runs in a thread of its own and keeps neither
 * lists nor streams waiting.
 */
export type HeavyCalls = {
  search: { args: { q: string; chat: string | null; limit: number }; result: SearchItem[] };
  stats: { args: StatsArgs; result: MessageStats };
  /** Of some types: a rare one is looked for through all that is kept. `after` null: the newest. */
  events: { args: { after: number | null; limit: number; types: string[] }; result: StoredEvent[] };
  status: {
    args: { file: string };
    result: { store: StoreStatus; lastEvent: number; consumers: ConsumerStatus[]; analysis: AnalysisCounts[] };
  };
};
export type HeavyName = keyof HeavyCalls;

/** Moments in Unix milliseconds. */
export type StatsArgs = { chat: string | null; from: number | null; to: number | null; timeZone: string };

export const HEAVY: { [N in HeavyName]: (db: Database, args: HeavyCalls[N]['args']) => HeavyCalls[N]['result'] } = {
  search(db, { q, chat, limit }) {
    return searchItems(db, q, { limit, ...(chat === null ? {} : { chat: chatNamed(db, chat) }) });
  },
  stats(db, { chat, ...scope }) {
    return messageStats(db, { ...scope, chats: chat === null ? null : [chatNamed(db, chat)] });
  },
  events(db, { after, limit, types }) {
    const wanted = types as EventType[];
    return after === null
      ? newestEvents(db, { limit, types: wanted })
      : readEvents(db, { after, limit, types: wanted });
  },
  status(db, { file }) {
    return {
      store: storeStatus(db, file),
      lastEvent: lastEventId(db),
      consumers: listConsumers(db),
      analysis: analysisCounts(db),
    };
  },
};

/** The id of the chat that is named. Throws CHAT_NOT_FOUND. */
export function chatNamed(db: Database, chat: string): number {
  const id = findChat(db, chat);
  if (id === null) throw new ChatStatsError('CHAT_NOT_FOUND', 'the store has no such chat');
  return id;
}
