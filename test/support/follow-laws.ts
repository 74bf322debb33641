import type { MessageLine, StoredEvent } from '../../src/model/index.ts';
import { type Database, openReadable } from '../../src/sqlite/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { type CanonicalStore, canonicalStore } from './canonical-store.ts';
import { eventsOf } from './sync-process.ts';

/**
 * What has to be true of a store that follows, however often it was cut off: each check answers with what breaks it, in
 * words without text or addresses.
 */

/** Guids that an event names, of messages. */
export function messagesNamed(event: StoredEvent): readonly string[] {
  const isOfMessages = ['messages_synced', 'message_updated', 'message_deleted'].includes(event.type);
  return isOfMessages && 'guids' in event.data ? event.data.guids : [];
}

function guids(db: Database, table: string): Set<string> {
  return new Set(db.all<{ guid: string }>(`SELECT guid FROM ${table}`).map((row) => row.guid));
}

/** The guids of all messages of a store. */
export function messagesOf(store: string): Set<string> {
  using db = openStoreForReading(store);
  return guids(db, 'messages');
}

/** P5 Ids rise without a gap, what was told stays as it was told, and nothing is told of what never existed. */
export function eventFaults(store: string, toldBefore: readonly StoredEvent[]): string[] {
  const events = eventsOf(store);
  const faults: string[] = [];
  events.forEach((event, at) => {
    if (event.id !== at + 1) faults.push(`event ${event.id} stands where ${at + 1} should`);
  });
  toldBefore.forEach((event, at) => {
    if (JSON.stringify(event) !== JSON.stringify(events[at]))
      faults.push(`event ${event.id} was told differently before`);
  });
  using db = openStoreForReading(store);
  const messages = guids(db, 'messages');
  for (const { alias } of db.all<{ alias: string }>('SELECT alias FROM message_aliases')) messages.add(alias);
  const reactions = guids(db, 'reactions');
  const attachments = guids(db, 'attachments');
  for (const event of events) {
    for (const guid of messagesNamed(event)) {
      if (!messages.has(guid)) faults.push(`${event.type} ${event.id} names a message that is not there: ${guid}`);
    }
    if (event.type === 'attachment_updated') {
      for (const guid of event.data.guids)
        if (!attachments.has(guid)) faults.push(`${event.id}: no attachment ${guid}`);
    }
    if (event.type === 'reaction_added' && !reactions.has(event.data.guid)) {
      faults.push(`${event.id}: no reaction ${event.data.guid}`);
    }
  }
  return faults;
}

/**
 * Every message that no import brought was announced once, and none twice. `imported`: those that were there before
 * following began. A source that was reconciled brings messages without announcing them: then `mayBeSilent`.
 */
export function announcementFaults(store: string, imported: ReadonlySet<string>, mayBeSilent: boolean): string[] {
  const announced = new Map<string, number>();
  for (const event of eventsOf(store, 0, ['messages_synced'])) {
    for (const guid of messagesNamed(event)) announced.set(guid, (announced.get(guid) ?? 0) + 1);
  }
  const faults = [...announced]
    .filter(([, times]) => times > 1)
    .map(([guid, times]) => `${guid} announced ${times} times`);
  for (const guid of messagesOf(store)) {
    if (imported.has(guid) && announced.has(guid)) faults.push(`${guid} was imported, and announced as new`);
    if (!imported.has(guid) && !announced.has(guid) && !mayBeSilent) faults.push(`${guid} was never announced`);
  }
  return faults;
}

/** What was announced more than once of that which can only happen once (to a message that is not restored). */
export function repeatedAnnouncements(store: string): string[] {
  const seen = new Map<string, number>();
  for (const event of eventsOf(store, 0, ['messages_synced', 'message_deleted', 'reaction_added', 'chat_created'])) {
    const named =
      event.type === 'chat_created' || event.type === 'reaction_added'
        ? [JSON.stringify(event.data)]
        : messagesNamed(event);
    for (const name of named) seen.set(`${event.type} ${name}`, (seen.get(`${event.type} ${name}`) ?? 0) + 1);
  }
  return [...seen].filter(([, times]) => times > 1).map(([name]) => name);
}

/** P4 Every row of the source up to the watermark is in the store, in one of its tables, at any time. */
export function watermarkFaults(store: string, source: string): string[] {
  using held = openStoreForReading(store);
  const states = held.all<{ mark: number; path: string }>('SELECT last_message_rowid AS mark FROM live_sync_state');
  const [state] = states;
  if (state === undefined) return [];
  const known = new Set(
    ['messages', 'reactions', 'poll_votes', 'quarantine'].flatMap((table) => [...guids(held, table)]),
  );
  for (const { alias } of held.all<{ alias: string }>('SELECT alias FROM message_aliases')) known.add(alias);
  using apple = openReadable(source);
  const rows = apple.all<{ guid: string; rowid: number }>(
    'SELECT guid, ROWID AS rowid FROM message WHERE ROWID <= ? ORDER BY ROWID',
    state.mark,
  );
  return rows.filter(({ guid }) => !known.has(guid)).map(({ guid, rowid }) => `row ${rowid} (${guid}) was passed over`);
}

/** Once all is read, the watermark is the highest row that there is, or was. */
export function reachedFaults(store: string, source: string): string[] {
  using held = openStoreForReading(store);
  using apple = openReadable(source);
  const mark = held.value<number>('SELECT max(last_message_rowid) FROM live_sync_state') ?? 0;
  const highest = apple.value<number>('SELECT max(ROWID) FROM message') ?? 0;
  const given = apple.value<number>(`SELECT seq FROM sqlite_sequence WHERE name = 'message'`) ?? 0;
  return mark >= highest && mark <= given ? [] : [`the watermark is ${mark}; rows go to ${highest}, of ${given} given`];
}

type Line = Record<string, unknown>;

/**
 * P8 What differs between a store that followed and one freshly imported, once what Apple has deleted or overwritten is
 * set aside. Conversations are left to `verify`, which splits what is left anew.
 */
export function freshFaults(store: string, fresh: string): string[] {
  const ours = canonicalStore(store);
  const theirs = underOurGuids(canonicalStore(fresh), aliasesOf(store));
  const gone = new Set(
    messageLines(ours)
      .filter((line) => line.deletedAt !== null)
      .map((line) => line.guid),
  );
  const unsent = new Set(
    messageLines(theirs)
      .filter((line) => line.unsentAt !== null || line.unsentParts.length > 0)
      .map((line) => line.guid),
  );
  const overwritten = (line: Line) =>
    unsent.has(String(line.guid)) ? ['text', 'edits', 'editedAt', 'attachments', 'kind'] : [];
  return [
    ...compare(ours, theirs, 'messages', 'guid', {
      leaveOut: (line) => ['historical', ...overwritten(line)],
      mayBeExtra: (line) => line.deletedAt !== null,
    }),
    ...compare(ours, theirs, 'reactions', 'guid', {
      // Whether it ended is compared, not when.
      leaveOut: () => ['removedAt'],
      mayBeExtra: (line) => line.removedAt !== null || gone.has(String(line.target)),
    }),
    ...compare(ours, theirs, 'attachments', 'guid', {
      leaveOut: () => [],
      // A file that went back to iCloud is where it was, as far as anybody knows.
      mayBeFilled: ['path', 'bytes'],
      mayBeExtra: (line) => gone.has(String(line.message)) || unsent.has(String(line.message)),
    }),
    ...compare(ours, theirs, 'chats', 'identifier', {
      // They count what is marked deleted.
      leaveOut: () => ['messageCount', 'lastMessageAt', 'createdAt'],
      mayHaveMore: ['services'],
      mayBeExtra: () => false,
    }),
  ];
}

/** Other guids under which a message that we hold is in the source. */
function aliasesOf(store: string): Map<string, string> {
  using db = openStoreForReading(store);
  const rows = db.all<{ alias: string; guid: string }>('SELECT alias, guid FROM message_aliases');
  return new Map(rows.map(({ alias, guid }) => [alias, guid]));
}

const GUIDS_OF_MESSAGES = ['guid', 'target', 'message', 'replyTo'];

function underOurGuids(store: CanonicalStore, aliases: ReadonlyMap<string, string>): CanonicalStore {
  const renamed = (lines: readonly unknown[]) =>
    (lines as Line[]).map((line) => {
      const ours = GUIDS_OF_MESSAGES.filter((field) => aliases.has(String(line[field])));
      return { ...line, ...Object.fromEntries(ours.map((field) => [field, aliases.get(String(line[field]))])) };
    });
  const { messages, reactions, attachments, ...rest } = store;
  return {
    ...rest,
    ...{ messages: renamed(messages), reactions: renamed(reactions), attachments: renamed(attachments) },
  };
}

function messageLines(store: CanonicalStore): MessageLine[] {
  return store.messages as MessageLine[];
}

function isPart(some: unknown, all: unknown): boolean {
  return Array.isArray(some) && Array.isArray(all) && some.every((one) => all.includes(one));
}

function compare(
  ours: CanonicalStore,
  theirs: CanonicalStore,
  kind: keyof CanonicalStore,
  key: string,
  rules: {
    leaveOut(line: Line): readonly string[];
    /** Fields that we may know although the source does not say them any more. */
    mayBeFilled?: readonly string[];
    /** Lists of which we may know more. */
    mayHaveMore?: readonly string[];
    mayBeExtra(line: Line): boolean;
  },
): string[] {
  const held = new Map((ours[kind] as Line[]).map((line) => [String(line[key]), line]));
  const faults: string[] = [];
  for (const line of theirs[kind] as Line[]) {
    const name = String(line[key]);
    const mine = held.get(name);
    held.delete(name);
    if (mine === undefined) {
      faults.push(`${kind}: ${name} is missing`);
      continue;
    }
    const leftOut = new Set(rules.leaveOut(line));
    for (const field of Object.keys(line)) {
      if (leftOut.has(field) || JSON.stringify(line[field]) === JSON.stringify(mine[field])) continue;
      if (line[field] === null && rules.mayBeFilled?.includes(field) === true) continue;
      if (rules.mayHaveMore?.includes(field) === true && isPart(line[field], mine[field])) continue;
      faults.push(`${kind}: ${name} differs in ${field}`);
    }
  }
  for (const [name, line] of held) if (!rules.mayBeExtra(line)) faults.push(`${kind}: ${name} is in no source`);
  return faults;
}
