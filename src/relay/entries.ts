import type { StoredEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { messageLinesByGuid } from '../store/index.ts';

/** One entry of the stream: its id, and fields and values by turns. */
export type Entry = { id: string; eventId: number; words: string[]; bytes: number };

const WITH_MESSAGES: readonly string[] = [
  'messages_synced',
  'message_updated',
  'message_deleted',
  'attachment_updated',
];

export function entryId(eventId: number): string {
  return `${eventId}-0`;
}

/** The event's id; null for an id that is none of ours. */
export function eventIdOf(id: string): number | null {
  const digits = /^(\d{1,15})-0$/.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** `bodies`: with the messages that it tells of, as export writes them, where the user has asked for that. */
export function entryOf(db: Database, event: StoredEvent, bodies: boolean): Entry {
  const { id, type, at, chatId, data } = event;
  const words = ['type', type, 'at', at, 'chatId', chatId === null ? '' : String(chatId), 'data', JSON.stringify(data)];
  if (bodies && WITH_MESSAGES.includes(type) && 'guids' in data) {
    words.push('messages', JSON.stringify(messageLinesByGuid(db, data.guids)));
  }
  return { id: entryId(id), eventId: id, words, bytes: words.reduce((sum, word) => sum + word.length, 0) };
}

/** Whether an entry that stands in the stream tells of this very event; the messages beside it may have changed since. */
export function tellsOf(words: readonly string[], event: StoredEvent): boolean {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) found.set(words[at] ?? '', words[at + 1] ?? '');
  return (
    found.get('type') === event.type &&
    found.get('at') === event.at &&
    found.get('chatId') === (event.chatId === null ? '' : String(event.chatId)) &&
    found.get('data') === JSON.stringify(event.data)
  );
}
