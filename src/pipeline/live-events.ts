import type { Applied, QuarantineEntry, RemovalStep } from '../load/index.ts';
import type { NewEvent, ReactionKind } from '../model/index.ts';
import { contactEvents } from './contact-events.ts';
import type { PeopleChange } from './live-people.ts';

type Conversation = Applied['conversations'][number];

/**
 * What a batch has to tell, in the order in which a reader understands it: people and chats before the messages in
 * them, messages before the conversations that they make.
 */
export function eventsOf(people: PeopleChange, applied: Applied | null, quarantined: QuarantineEntry[]): NewEvent[] {
  return [
    ...contactEvents(people.contacts),
    ...people.created.map((chatId) => event('chat_created', chatId, { chatId })),
    ...people.updated.map(({ chat, changed }) => event('chat_updated', chat, { chatId: chat, changed })),
    ...(applied === null ? [] : [...messageEvents(applied), ...otherEvents(applied)]),
    ...quarantineEvents(quarantined),
    ...(applied === null ? [] : conversationEvents(applied.conversations)),
  ];
}

function event<T extends NewEvent['type']>(
  type: T,
  chatId: number | null,
  data: Extract<NewEvent, { type: T }>['data'],
): NewEvent {
  return { type, chatId, data } as NewEvent;
}

/** One event for each chat and kind of change; of updates, one for each set of fields. */
function messageEvents({ added, updated, deleted }: Pick<Applied, 'added' | 'updated' | 'deleted'>): NewEvent[] {
  const events: NewEvent[] = [];
  for (const [chat, messages] of byKey(added, (message) => message.chat)) {
    const guids = messages.map((message) => message.guid);
    const historicalGuids = messages.filter((message) => message.historical === 1).map((message) => message.guid);
    events.push(event('messages_synced', chat, { guids, historicalGuids }));
  }
  for (const group of byKey(updated, ({ chat, changed }) => `${chat} ${changed.join(' ')}`).values()) {
    const [first] = group;
    if (first === undefined) continue;
    events.push(event('message_updated', first.chat, { guids: group.map((m) => m.guid), changed: first.changed }));
  }
  for (const group of byKey(deleted, ({ chat, removed }) => `${chat} ${removed}`).values()) {
    const [first] = group;
    if (first === undefined) continue;
    events.push(event('message_deleted', first.chat, { guids: group.map((m) => m.guid), removed: first.removed }));
  }
  return events;
}

/** What is told when a source is taken away: its messages leave, or say less. */
export function deletionEvents({ removed, updated, conversations }: RemovalStep): NewEvent[] {
  const deleted = removed.map((message) => ({ ...message, removed: true }));
  const changes = updated.map((message) => ({ id: 0, ...message }));
  return [...messageEvents({ added: [], updated: changes, deleted }), ...conversationEvents(conversations)];
}

function otherEvents({ reactionsAdded, reactionsEnded, attachments }: Applied): NewEvent[] {
  const reaction = (type: 'reaction_added' | 'reaction_removed') => (facts: Applied['reactionsAdded'][number]) => {
    const { chat, guid, target, part, kind } = facts;
    return event(type, chat, { guid, target, part, kind: kind as ReactionKind });
  };
  return [
    ...reactionsEnded.map(reaction('reaction_removed')),
    ...reactionsAdded.map(reaction('reaction_added')),
    ...[...byKey(attachments, ({ changed }) => changed.join(' ')).values()].flatMap((group) => {
      const changed = group[0]?.changed ?? [];
      const guids = group.map(({ guid }) => guid);
      return changed.length === 0 ? [] : [event('attachment_updated', null, { guids, changed })];
    }),
  ];
}

export function quarantineEvents(entries: readonly QuarantineEntry[]): NewEvent[] {
  return entries.map(({ id, sourceId, rowid, reason }) =>
    event('row_quarantined', null, { quarantineId: id, sourceId, rowid, reason }),
  );
}

/** Of chats that were split anew as a whole. */
export function resplitEvents(chats: Iterable<number>): NewEvent[] {
  return [...chats].map((chatId) => event('chat_updated', chatId, { chatId, changed: ['conversations'] }));
}

export function conversationEvents(changes: readonly Conversation[]): NewEvent[] {
  return changes.map(({ id, chat, announce, messageCount, startedAt, endedAt, revision }) =>
    event(announce, chat, {
      conversationId: id,
      messageCount,
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(endedAt).toISOString(),
      revision,
    }),
  );
}

function byKey<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
