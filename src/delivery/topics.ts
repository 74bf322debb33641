import type { EventType } from '../model/index.ts';

/** The streams: the message hub (messages, chats, contacts) and the event bus (queue, events, metrics). */
export type Topic = 'messages' | 'chats' | 'contacts' | 'queue' | 'events' | 'metrics';

/**
 * Which events a topic carries. The end of an import is told on every one of the hub, because an import tells nothing
 * of its single messages: whoever shows them loads them again. `events` carries all; `metrics` none that are kept.
 */
const CARRIES: Record<Topic, ReadonlySet<EventType> | 'all'> = {
  messages: new Set<EventType>([
    'messages_synced',
    'message_updated',
    'message_deleted',
    'reaction_added',
    'reaction_removed',
    'attachment_updated',
    'import_completed',
  ]),
  chats: new Set<EventType>([
    'chat_created',
    'chat_updated',
    'conversation_started',
    'conversation_extended',
    'conversation_amended',
    'conversation_removed',
    'conversation_sealed',
    'conversation_ready_for_analysis',
    'import_completed',
  ]),
  contacts: new Set<EventType>(['contact_created', 'contact_updated', 'contact_merged', 'import_completed']),
  queue: new Set<EventType>([
    'conversation_sealed',
    'conversation_ready_for_analysis',
    'analysis_queued',
    'analysis_started',
    'analysis_completed',
    'analysis_failed',
    'analysis_progress',
  ]),
  events: 'all',
  metrics: new Set<EventType>(),
};

/** What is told without being kept, so without a position: how far a first import is, what is being done, figures. */
export type PassingType = 'import_progress' | 'state' | 'metrics';

const CARRIES_PASSING: Record<Topic, readonly PassingType[]> = {
  messages: [],
  chats: [],
  contacts: [],
  queue: [],
  events: ['import_progress', 'state'],
  metrics: ['metrics', 'import_progress', 'state'],
};

/** What one listener wants to hear. */
export type Wish = {
  topics: readonly Topic[];
  /** Of the topic messages: those of these chats alone; null for all. */
  chats: readonly number[] | null;
  /** Of the topic events: these types alone; null for all. */
  types: ReadonlySet<string> | null;
  /** Whether events of messages carry the messages themselves. */
  bodies: boolean;
};

/** Whether a kept event is for this listener. `chatsOf` is asked only for an event that names no chat itself. */
export function isWanted(wish: Wish, type: string, chatsOf: () => readonly number[]): boolean {
  return wish.topics.some((topic) => {
    const carries = CARRIES[topic];
    if (carries !== 'all' && !carries.has(type as EventType)) return false;
    if (topic === 'events') return wish.types === null || wish.types.has(type);
    if (topic !== 'messages' || wish.chats === null || type === 'import_completed') return true;
    const chats = wish.chats;
    return chatsOf().some((chat) => chats.includes(chat));
  });
}

export function isPassingWanted(wish: Wish, type: PassingType): boolean {
  return wish.topics.some(
    (topic) => CARRIES_PASSING[topic].includes(type) && (topic !== 'events' || wish.types?.has(type) !== false),
  );
}
