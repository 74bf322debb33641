import type { EventType, StoredEvent } from '../model/index.ts';
import { isBeforeKept, lastEventId, readEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  type ChatItem,
  type ChatReading,
  chatsOfAttachments,
  READ_ANEW,
  type TimelineMessage,
  timelineMessages,
} from '../store/index.ts';

/** What is kept: beyond the lists that are shown at once there is little to gain. */
const MOST_CHATS = 2_000;
const MOST_MESSAGES = 2_000;
/** Guids that are known to be named: those of what was forgotten stay for a while. */
const MOST_NAMES = 4 * MOST_MESSAGES;
/** Events to look through; when there are more, reading anew takes less. */
const MOST_EVENTS = 500;

/**
 * What one event may have changed: nothing; what is said of its chat, and beside that the messages it names with the
 * replies to them, or all that are in it; those of its attachments; who is who; or anything.
 */
type Reach =
  | 'nothing'
  | 'chat item'
  | 'its messages'
  | 'chat'
  | 'attachments'
  | 'people'
  | 'anything'
  | 'import begins'
  | 'import ends';

const REACH: Readonly<Record<EventType, Reach>> = {
  messages_synced: 'its messages',
  message_updated: 'its messages',
  message_deleted: 'its messages',
  reaction_added: 'its messages',
  reaction_removed: 'its messages',
  attachment_updated: 'attachments',
  chat_created: 'people',
  chat_updated: 'people',
  contact_created: 'people',
  contact_updated: 'people',
  contact_merged: 'people',
  conversation_started: 'chat item',
  conversation_extended: 'chat item',
  // Messages that were in a conversation before are in another one, or in none.
  conversation_amended: 'chat',
  conversation_removed: 'chat',
  conversation_sealed: 'chat item',
  conversation_ready_for_analysis: 'chat item',
  analysis_queued: 'nothing',
  analysis_started: 'nothing',
  analysis_progress: 'nothing',
  analysis_completed: 'nothing',
  analysis_failed: 'nothing',
  import_started: 'import begins',
  import_progress: 'nothing',
  import_completed: 'import ends',
  import_failed: 'import ends',
  source_restarted: 'anything',
  row_quarantined: 'nothing',
};

const IMPORTS: readonly EventType[] = ['import_started', 'import_completed', 'import_failed'];

/**
 * What lists say of chats, and timelines of messages, kept from one ask to the next: every commit of whoever follows
 * makes SQLite forget the pages it has read, and a list needs some from all over the store. Whatever changes a chat, or
 * something in it, is told by an event in the same transaction, so what is in the chats that the events since the last
 * ask name is read anew, and nothing else. An import tells of its end alone: while one goes on, nothing is kept over any
 * commit. For one connection, and inside of its snapshots.
 */
export class KeptItems implements ChatReading {
  readonly #chats = new Map<number, ChatItem>();
  readonly #messages = new Map<number, TimelineMessage>();
  readonly #messagesOf = new Map<number, Set<number>>();
  /** Messages by their own guid, and by that of what they reply to and show a piece of. */
  readonly #naming = new Map<string, Set<number>>();
  #people: ReadonlyMap<number, number> | null = null;
  /** What is kept was so after this event, in the file that this connection has open. */
  #position = 0;
  #db: Database | null = null;
  #isImporting = false;
  #commits = 0;

  items(db: Database, ids: readonly number[]): ReadonlyMap<number, ChatItem> {
    this.#renew(db);
    if (this.#chats.size + ids.length > MOST_CHATS) this.#chats.clear();
    const missing = ids.filter((id) => !this.#chats.has(id));
    // Frozen, so that whoever encodes an answer may keep the bytes, too.
    if (missing.length > 0) {
      for (const [id, item] of READ_ANEW.items(db, missing)) this.#chats.set(id, Object.freeze(item));
    }
    return this.#chats;
  }

  people(db: Database): ReadonlyMap<number, number> {
    this.#renew(db);
    this.#people ??= READ_ANEW.people(db);
    return this.#people;
  }

  /** The messages of these ids, in this order. */
  readonly messages = (db: Database, ids: readonly number[]): TimelineMessage[] => {
    this.#renew(db);
    const isFull = this.#messages.size + ids.length > MOST_MESSAGES || this.#naming.size > MOST_NAMES;
    if (isFull) this.#forgetMessages();
    const missing = ids.filter((id) => !this.#messages.has(id));
    if (missing.length > 0) for (const message of timelineMessages(db, missing)) this.#keep(Object.freeze(message));
    return ids.flatMap((id) => this.#messages.get(id) ?? []);
  };

  #keep(message: TimelineMessage): void {
    const { id, chatId, guid, replyTo } = message;
    this.#messages.set(id, message);
    addTo(this.#messagesOf, chatId, id);
    addTo(this.#naming, guid, id);
    if (replyTo !== null) addTo(this.#naming, replyTo, id);
  }

  #renew(db: Database): void {
    const position = lastEventId(db);
    if (db !== this.#db) {
      this.#forget();
      this.#db = db;
      this.#isImporting = false;
    } else if (position !== this.#position) {
      const after = this.#position;
      const isFar = position - after > MOST_EVENTS || isBeforeKept(db, after);
      if (isFar) this.#forget();
      const types = isFar ? IMPORTS : undefined;
      for (const event of readEvents(db, { after, limit: MOST_EVENTS, types })) this.#hear(db, event);
    }
    this.#position = position;
    if (!this.#isImporting) return;
    const commits = db.value<number>('PRAGMA data_version') ?? 0;
    if (commits !== this.#commits) this.#forget();
    this.#commits = commits;
  }

  #hear(db: Database, event: StoredEvent): void {
    const reach = REACH[event.type];
    if (reach === 'nothing') return;
    if (reach === 'attachments' && event.type === 'attachment_updated') {
      for (const chat of chatsOfAttachments(db, event.data.guids)) this.#forgetChat(chat);
    } else if (event.chatId === null) this.#forget();
    else if (reach === 'chat') this.#forgetChat(event.chatId);
    else if (reach === 'chat item' || reach === 'its messages') {
      this.#chats.delete(event.chatId);
      for (const guid of guidsOf(event)) for (const id of this.#naming.get(guid) ?? []) this.#messages.delete(id);
    } else this.#forget();
    if (reach === 'import begins') this.#isImporting = true;
    if (reach === 'import ends') this.#isImporting = false;
  }

  #forgetChat(chat: number): void {
    this.#chats.delete(chat);
    for (const id of this.#messagesOf.get(chat) ?? []) this.#messages.delete(id);
    this.#messagesOf.delete(chat);
  }

  #forget(): void {
    this.#chats.clear();
    this.#people = null;
    this.#forgetMessages();
  }

  #forgetMessages(): void {
    this.#messages.clear();
    this.#messagesOf.clear();
    this.#naming.clear();
  }
}

/** Ids stay listed when what they stand for is forgotten: to forget it again does nothing. */
function addTo<Key>(lists: Map<Key, Set<number>>, key: Key, id: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, new Set([id]));
  else list.add(id);
}

/** The messages that an event is about. */
function guidsOf({ data }: StoredEvent): readonly string[] {
  if ('guids' in data) return data.guids;
  return 'target' in data ? [data.target] : [];
}
