import { pause } from '../kernel/index.ts';
import { newestEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { chatList, contactList, conversationList, quarantineLines, timelinePage } from '../store/index.ts';
import { encodeAnswer } from './encode-answer.ts';
import type { StoreReader } from './store-reader.ts';

/** Until then everything that a list needs has been compiled; more rounds make nothing faster. */
const ROUNDS = 30;
/** Between two lists, in milliseconds: whoever asks meanwhile waits for one list at most. */
const REST_MS = 10;
const ITEMS = 100;

/**
 * Warms the lists of a store up: now, and when another file has taken its place, as a first import does. Ends when it is
 * disposed of.
 */
export function keepWarm(reader: StoreReader): AsyncDisposable {
  const stopping = new AbortController();
  let running = warmUp(reader, stopping.signal);
  reader.onReplaced(() => {
    running = running.then(() => warmUp(reader, stopping.signal));
  });
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

/**
 * Asks for every list again and again, answers nobody, and lets others go first. The first dozen answers of a server
 * would otherwise be made by code that is interpreted, and take two to four times as long. Never throws.
 */
export async function warmUp(reader: StoreReader, signal: AbortSignal, restMs = REST_MS): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const list of LISTS) {
      if (!reader.isThere) return;
      await pause(restMs, signal);
      if (signal.aborted) return;
      try {
        encodeAnswer(reader.readAt(list).value);
      } catch {
        // The store is locked, or is none: whoever asks will be told.
        return;
      }
    }
  }
}

const FIRST = { limit: ITEMS, after: null, query: null };

/** As the routes ask for them. */
const LISTS: readonly ((db: Database) => unknown)[] = [
  (db) => chatList(db, { ...FIRST, unified: false }),
  (db) => chatList(db, { ...FIRST, unified: true }),
  (db) => chatList(db, { ...FIRST, query: 'an', unified: false }),
  (db) => timelinePage(db, [busiestChat(db)], { place: null, limit: ITEMS }),
  (db) => {
    const chat = busiestChat(db);
    const middle = db.value<string>(
      'SELECT guid FROM messages WHERE chat_id = ? ORDER BY sent_at DESC, id DESC LIMIT 1 OFFSET ?',
      ...[chat, ITEMS],
    );
    return middle === null ? null : timelinePage(db, [chat], { place: { around: middle }, limit: ITEMS });
  },
  (db) => conversationList(db, [busiestChat(db)], { limit: ITEMS, after: null }),
  (db) => contactList(db, FIRST),
  (db) => ({ items: newestEvents(db, { limit: ITEMS }) }),
  (db) => ({ items: quarantineLines(db, { after: 0, limit: ITEMS }) }),
];

function busiestChat(db: Database): number {
  return db.value<number>('SELECT id FROM chats ORDER BY message_count DESC LIMIT 1') ?? 0;
}
