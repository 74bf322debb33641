import type { EventType, StoredEvent } from '../model/index.ts';
import { isBeforeKept, lastEventId, readEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type ChatItem, type ChatReading, READ_ANEW } from '../store/index.ts';

/** Chats that are kept: beyond the lists that are shown at once there is little to gain. */
const MOST_CHATS = 2_000;
/** Events to look through; when there are more, reading anew takes less. */
const MOST_EVENTS = 500;

/** What one event may have changed of chats: nothing, its own, who is who, or anything. */
type Reach = 'nothing' | 'chat' | 'people' | 'anything' | 'import begins' | 'import ends';

const REACH: Readonly<Record<EventType, Reach>> = {
  messages_synced: 'chat',
  message_updated: 'chat',
  message_deleted: 'chat',
  reaction_added: 'nothing',
  reaction_removed: 'nothing',
  attachment_updated: 'chat',
  chat_created: 'people',
  chat_updated: 'people',
  contact_created: 'people',
  contact_updated: 'people',
  contact_merged: 'people',
  conversation_started: 'chat',
  conversation_extended: 'chat',
  conversation_amended: 'chat',
  conversation_removed: 'chat',
  conversation_sealed: 'chat',
  conversation_ready_for_analysis: 'chat',
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
 * What lists say of chats, kept from one ask to the next: every commit of whoever follows makes SQLite forget the pages
 * it has read, and a list of chats needs some from all over the store. Whatever changes a chat is told by an event in the
 * same transaction, so what the events since the last ask name is read anew, and nothing else. An import tells of its end
 * alone: while one goes on, nothing is kept. For one connection, and inside of its snapshots.
 */
export class KeptChats implements ChatReading {
  readonly #items = new Map<number, ChatItem>();
  #people: ReadonlyMap<number, number> | null = null;
  /** What is kept was so after this event, in the file that this connection has open. */
  #position = 0;
  #db: Database | null = null;
  #isImporting = false;

  items(db: Database, ids: readonly number[]): ReadonlyMap<number, ChatItem> {
    this.#renew(db);
    const missing = ids.filter((id) => !this.#items.has(id));
    if (missing.length > 0) {
      if (this.#items.size + missing.length > MOST_CHATS) this.#items.clear();
      const wanted = this.#items.size === 0 ? ids : missing;
      // Frozen, so that whoever encodes an answer may keep the bytes, too.
      for (const [id, item] of READ_ANEW.items(db, wanted)) this.#items.set(id, Object.freeze(item));
    }
    return this.#items;
  }

  people(db: Database): ReadonlyMap<number, number> {
    this.#renew(db);
    this.#people ??= READ_ANEW.people(db);
    return this.#people;
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
      for (const event of readEvents(db, { after, limit: MOST_EVENTS, types })) this.#hear(event);
    }
    this.#position = position;
    if (this.#isImporting) this.#forget();
  }

  #hear({ type, chatId }: StoredEvent): void {
    const reach = REACH[type];
    if (reach === 'nothing') return;
    if (reach === 'chat' && chatId !== null) this.#items.delete(chatId);
    else this.#forget();
    if (reach === 'import begins') this.#isImporting = true;
    if (reach === 'import ends') this.#isImporting = false;
  }

  #forget(): void {
    this.#items.clear();
    this.#people = null;
  }
}
