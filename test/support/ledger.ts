import type { StoredEvent } from '../../src/model/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import type { Database } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { messagesNamed } from './follow-laws.ts';

/** What a store holds at one moment, as far as these laws ask. */
type Page = {
  messages: ReadonlySet<string>;
  reactions: ReadonlySet<string>;
  /** Guids by which messages were known before they were found to be twins. */
  aliases: ReadonlySet<string>;
  /** The id of each conversation, by its chat and members. */
  conversations: ReadonlyMap<string, number>;
  lastEvent: number;
};

/**
 * Looks at a store again and again, whatever happens to it in between, and tells which laws were broken since the last
 * look: what is told is there, what is there was told of, nothing is told twice, and a conversation whose members stay
 * the same stays the same.
 */
export class Ledger {
  readonly #store: string;
  #page: Page;

  constructor(store: string) {
    this.#store = store;
    this.#page = this.#read().page;
  }

  /** Faults since the last look, in words without text or addresses. */
  look(): string[] {
    const before = this.#page;
    const { page, events } = this.#read(before.lastEvent);
    this.#page = page;
    return [...eventFaults(before, page, events), ...conversationFaults(before, page)];
  }

  #read(after = 0): { page: Page; events: StoredEvent[] } {
    using db = openStoreForReading(this.#store);
    // One snapshot of all of it.
    return db.transaction(() => ({ page: readPage(db), events: readEvents(db, { after, limit: 1_000_000 }) }));
  }
}

function readPage(db: Database): Page {
  const guids = (sql: string) => new Set(db.all<{ guid: string }>(sql).map((row) => row.guid));
  const members = db.all<{ id: number; members: string }>(
    `SELECT conversation_id AS id, chat_id || ' ' || group_concat(guid ORDER BY guid) AS members FROM messages
     WHERE conversation_id IS NOT NULL GROUP BY conversation_id, chat_id`,
  );
  return {
    messages: guids('SELECT guid FROM messages'),
    reactions: guids('SELECT guid FROM reactions'),
    aliases: guids('SELECT alias AS guid FROM message_aliases'),
    conversations: new Map(members.map((row) => [row.members, row.id])),
    lastEvent: db.value<number>('SELECT max(id) FROM events') ?? 0,
  };
}

/** What was told since the last look, against what was there before and what is there now. */
function eventFaults(before: Page, now: Page, events: readonly StoredEvent[]): string[] {
  const faults: string[] = [];
  const fault = (event: StoredEvent, guid: string, what: string) =>
    faults.push(`${event.type} ${event.id} of ${guid}: ${what}`);
  // What an import brings is not announced; what a followed source brings is, also where it is read whole again.
  const restarted = events.find(({ type }) => type === 'source_restarted')?.id ?? Number.MAX_SAFE_INTEGER;
  const isQuiet = events.some(({ type, id }) => type === 'import_started' && id < restarted);
  const there = new Set(before.messages);
  const removed = new Set<string>();
  for (const event of events) {
    for (const guid of messagesNamed(event)) {
      if (event.type === 'messages_synced') {
        if (there.has(guid)) fault(event, guid, 'it was there before');
        there.add(guid);
        removed.delete(guid);
      } else if (!isQuiet && !there.has(guid)) fault(event, guid, 'it was never there');
      if (event.type === 'message_deleted' && event.data.removed) {
        there.delete(guid);
        removed.add(guid);
      }
    }
    if (event.type === 'reaction_added') {
      const { guid } = event.data;
      if (before.reactions.has(guid)) fault(event, guid, 'it was there before');
      if (!now.reactions.has(guid)) fault(event, guid, 'it is not there');
    }
  }
  if (isQuiet) return faults;
  for (const guid of now.messages) if (!there.has(guid)) faults.push(`${guid} is there, and was not announced`);
  for (const guid of there) {
    if (!now.messages.has(guid)) faults.push(`${guid} is not there, and nobody was told`);
  }
  for (const guid of removed) if (now.messages.has(guid)) faults.push(`${guid} is there, and was told to be removed`);
  return faults;
}

function conversationFaults(before: Page, now: Page): string[] {
  return [...now.conversations].flatMap(([members, id]) => {
    const old = before.conversations.get(members);
    return old === undefined || old === id ? [] : [`conversation ${old} has become ${id}, its members being the same`];
  });
}
