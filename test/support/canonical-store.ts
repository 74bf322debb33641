import { type ExportKind, exportLines, openStoreForReading } from '../../src/store/index.ts';

/** Everything a store exports but its events, sorted, with conversations named by their members instead of their ids. */
export type CanonicalStore = Record<Exclude<ExportKind, 'events'>, unknown[]>;

export function canonicalStore(store: string): CanonicalStore {
  using db = openStoreForReading(store);
  const members = new Map<number, string[]>();
  const messages = [...exportLines(db, 'messages')].map(({ conversationId, ...line }) => {
    if (conversationId !== null) members.set(conversationId, [...(members.get(conversationId) ?? []), line.guid]);
    return line;
  });
  const conversations = [...exportLines(db, 'conversations')].map(({ id, revision: _, ...line }) => ({
    ...line,
    members: (members.get(id) ?? []).sort(),
  }));
  const contacts = [...exportLines(db, 'contacts')].map(({ id: _, ...line }) => line);
  return {
    messages: sorted(messages),
    reactions: sorted([...exportLines(db, 'reactions')]),
    attachments: sorted([...exportLines(db, 'attachments')]),
    chats: sorted([...exportLines(db, 'chats')]),
    contacts: sorted(contacts),
    conversations: sorted(conversations),
  };
}

/** The conversation of each message, by guid. */
export function conversationIds(store: string): Map<string, number | null> {
  using db = openStoreForReading(store);
  return new Map([...exportLines(db, 'messages')].map((line) => [line.guid, line.conversationId]));
}

export function sorted<T>(lines: readonly T[]): T[] {
  const keyed = lines.map((line) => [JSON.stringify(line), line] as const);
  return keyed.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).map(([, line]) => line);
}
