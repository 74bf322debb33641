/**
 * The catalogue of events: what `data` holds, by type. It names guids, ids, counts, moments and fields, never text,
 * names or addresses, so that whoever reads events learns that something was said and not what; the outbox keeps to
 * this at run time too. Times are ISO 8601 UTC with milliseconds, as in the lines of an export.
 */
import type { ErrorCode } from '../kernel/index.ts';
import type { ReactionKind } from './export-lines.ts';

type Guids = readonly string[];
/** Names of fields, as the export lines spell them. */
type Fields = readonly string[];

export type ReactionEventData = { guid: string; target: string; part: number | null; kind: ReactionKind };

export type ConversationEventData = {
  conversationId: number;
  messageCount: number;
  startedAt: string;
  endedAt: string;
  revision: number;
};

/** Of a conversation and a pass. Of an analysis of what was said before, as a whole, both are null and `plan` is its id. */
export type AnalysisEventData = {
  conversationId: number | null;
  pass: string | null;
  kind?: 'live' | 'batch';
  version?: number;
  run?: number;
  plan?: number;
  code?: string;
};

/** The counters are those of a later import: what it found to be new or different. */
export type ImportCompletedData = {
  sourceId: number;
  bulk: boolean;
  rows: number;
  inserted?: number;
  updated?: number;
  conversations?: number;
  reactions?: number;
  attachments?: number;
};

export type EventData = {
  /** `historical`: how many of them are old messages that came late, as export lines say by the same name. */
  messages_synced: { guids: Guids; historical: number };
  message_updated: { guids: Guids; changed: Fields };
  /** `removed`: true when the rows have left the store, false when they are kept and marked as deleted. */
  message_deleted: { guids: Guids; removed: boolean };
  reaction_added: ReactionEventData;
  reaction_removed: ReactionEventData;
  attachment_updated: { guids: Guids; changed: Fields };

  chat_created: { chatId: number };
  chat_updated: { chatId: number; changed: Fields };
  contact_created: { contactId: number };
  contact_updated: { contactId: number; changed: Fields };
  contact_merged: { from: number; into: number };

  conversation_started: ConversationEventData;
  conversation_extended: ConversationEventData;
  conversation_amended: ConversationEventData;
  conversation_removed: ConversationEventData;
  conversation_sealed: ConversationEventData;
  conversation_ready_for_analysis: ConversationEventData;

  analysis_queued: AnalysisEventData;
  analysis_started: AnalysisEventData;
  analysis_completed: AnalysisEventData;
  analysis_failed: AnalysisEventData;
  /** How far an analysis of what was said before is: `done` of `total` results are there, `failed` will not be. */
  analysis_progress: { plan: number; done: number; failed: number; total: number };

  import_started: { sourceId: number; bulk: boolean };
  import_progress: { stage: string; done: number; total: number };
  import_completed: ImportCompletedData;
  import_failed: { code: ErrorCode };
  source_restarted: { sourceId: number; reason: string };
  row_quarantined: { quarantineId: number; sourceId: number; rowid: number; reason: string };
};

export type EventType = keyof EventData;

/** Of messages that were synced, the historical ones are named: a long list is divided, and their count with it. */
type NewEventData = Omit<EventData, 'messages_synced'> & {
  messages_synced: { guids: Guids; historicalGuids: Guids };
};

/** An event as it is told. `chatId` is the chat it concerns, null when that is none or several. */
export type NewEvent = {
  [T in EventType]: { type: T; chatId: number | null; data: NewEventData[T] };
}[EventType];

/** An event as it is read: an `EventLine` whose data is known by its type. `id` is its position. */
export type StoredEvent = {
  [T in EventType]: { id: number; type: T; at: string; chatId: number | null; data: EventData[T] };
}[EventType];
