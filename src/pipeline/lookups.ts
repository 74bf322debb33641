import { appleTimeSql } from '../decode/index.ts';
import { type LoadedPeople, loadChats, loadPeople } from '../load/index.ts';
import { type Card, locateAddressBooks, readAddressBook } from '../sources/address-book/index.ts';
import {
  type AttachmentJoinRow,
  type MessagesSchema,
  readAttachmentJoins,
  readChatHandles,
  readChatLookup,
  readChatServices,
  readChats,
  readHandles,
  readOwnAccounts,
  readRecentlyDeleted,
} from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  type Address,
  attachmentKind,
  identifierIndex,
  normaliseAddress,
  ownAddress,
  ownerRegion,
  type RowContext,
  uniteChats,
  unitePeople,
} from '../transform/index.ts';

export type PeopleOptions = {
  /** A folder or file of an AddressBook, or null for none. */
  addressBook: string | null;
  region: string | null;
  locale: string | null;
};

export type LookUps = {
  chatOfRow: Map<number, number>;
  chatsUnited: Set<number>;
  /** The message each attachment first belongs to: its lowest row id. */
  ownerOf: Map<number, number>;
  /** Recently deleted messages: where they were. */
  deleted: Map<number, { chat: number }>;
  problems: string[];
};

/**
 * Reads the small tables of a source and its address books, writes people and chats, and fills the look-ups that the
 * rules for rows need. Everything that follows asks these instead of the database.
 */
export function prepareLookUps(
  db: Database,
  schema: MessagesSchema,
  context: RowContext,
  options: PeopleOptions,
  sourceId: number,
): LookUps {
  const { cards, problems } = readCards(options.addressBook);
  const handles = readHandles(db, schema);
  const chatRows = readChats(db, schema);
  const ownRaw = [
    ...chatRows.flatMap((row) => [row.accountLogin, row.lastAddressedHandle]),
    ...readOwnAccounts(db, schema),
  ].filter((raw): raw is string => raw !== null && raw !== '');
  const region = ownerRegion({
    ownAddresses: ownRaw,
    handleCountries: handles.map((handle) => handle.country),
    locale: options.locale,
    override: options.region,
  });

  const regionOf = (country: string | null) =>
    country === null
      ? region
      : (ownerRegion({
          ownAddresses: [],
          handleCountries: [],
          locale: null,
          override: country,
        }) ?? region);
  const byRaw = new Map<string, Address>();
  const normalise = (raw: string, country: string | null = null): Address => {
    const known = byRaw.get(raw);
    if (known !== undefined) return known;
    const address = normaliseAddress(raw, regionOf(country));
    byRaw.set(raw, address);
    return address;
  };
  const usable = handles.filter((handle) => handle.id !== null && handle.id !== '');
  const handleAddresses = usable.map((handle) => ({
    rowid: handle.rowid,
    address: normalise(handle.id ?? '', handle.country),
  }));
  const rawOf = new Map(usable.map((handle) => [handle.rowid, handle.id ?? '']));

  const participantsOf = new Map<number, string[]>();
  for (const { chat, handle } of readChatHandles(db, schema)) {
    const raw = rawOf.get(handle);
    if (raw === undefined) continue;
    const list = participantsOf.get(chat);
    if (list === undefined) participantsOf.set(chat, [raw]);
    else list.push(raw);
  }
  const servicesOf = groupBy(readChatServices(db, schema));
  const identities = uniteChats(
    chatRows.map((row) => ({ ...row, participants: participantsOf.get(row.rowid) ?? [] })),
    readChatLookup(db, schema),
    normalise,
  ).map((chat) => ({
    ...chat,
    services: [...new Set([...chat.services, ...chat.rowids.flatMap((rowid) => servicesOf.get(rowid) ?? [])])].sort(),
  }));

  const { people } = unitePeople(cards, region);
  const loaded = loadPeople(db, {
    people,
    index: identifierIndex(people),
    ownAddresses: uniqueAddresses(ownRaw.map((raw) => normalise(ownAddress(raw)))),
    handles: handleAddresses,
    others: uniqueAddresses(identities.flatMap((chat) => chat.participants).map((value) => normalise(value))),
  });
  const { chatOfRow, united } = loadChats(db, identities, loaded.byAddress, sourceId);
  fillContext(db, schema, context, loaded, {
    chatOfRow,
    identities,
    ownAddresses: ownRaw.map((raw) => normalise(ownAddress(raw)).value),
  });
  return {
    chatOfRow,
    chatsUnited: united,
    problems,
    ...attachmentLookUps(db, schema, context),
    deleted: deletedLookUps(db, schema, context, chatOfRow),
  };
}

function readCards(addressBook: string | null): { cards: Card[]; problems: string[] } {
  if (addressBook === null) return { cards: [], problems: [] };
  const cards: Card[] = [];
  const problems: string[] = [];
  for (const file of locateAddressBooks(addressBook)) {
    const read = readAddressBook(file);
    cards.push(...read.cards);
    problems.push(...read.problems);
  }
  return { cards, problems };
}

function fillContext(
  _db: Database,
  _schema: MessagesSchema,
  context: RowContext,
  loaded: LoadedPeople,
  chats: {
    chatOfRow: Map<number, number>;
    identities: { kind: string; identifier: string; rowids: number[] }[];
    ownAddresses: string[];
  },
): void {
  context.meContact = loaded.meContact;
  for (const [rowid, party] of loaded.parties) context.parties.set(rowid, party);
  const own = new Set(chats.ownAddresses);
  for (const chat of chats.identities) {
    const party = loaded.byAddress.get(chat.identifier);
    const id = chats.chatOfRow.get(chat.rowids[0] ?? 0);
    if (chat.kind === 'direct' && own.has(chat.identifier) && party !== undefined && id !== undefined) {
      context.selfChats.set(id, party);
    }
  }
}

function attachmentLookUps(db: Database, schema: MessagesSchema, context: RowContext) {
  const ownerOf = new Map<number, number>();
  let message = Number.NaN;
  let attachments: AttachmentJoinRow[] = [];
  const settle = () => {
    const kind = attachmentKind(attachments);
    if (kind !== null) context.attachmentKindOf.set(message, kind);
    if (attachments.length > 1) context.severalAttachments.add(message);
  };
  for (const row of readAttachmentJoins(db, schema)) {
    if (row.message !== message) {
      settle();
      message = row.message;
      attachments = [];
    }
    attachments.push(row);
    if (!ownerOf.has(row.attachment)) ownerOf.set(row.attachment, row.message);
  }
  settle();
  return { ownerOf };
}

function deletedLookUps(db: Database, schema: MessagesSchema, context: RowContext, chatOfRow: Map<number, number>) {
  const deleted = new Map<number, { chat: number }>();
  for (const row of readRecentlyDeleted(db, schema, appleTimeSql)) {
    const chat = chatOfRow.get(row.chat);
    if (chat === undefined || deleted.has(row.message)) continue;
    deleted.set(row.message, { chat });
    if (row.deletedAt !== null) context.deletedAtOf.set(row.message, row.deletedAt);
  }
  return deleted;
}

function uniqueAddresses(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [address.value, address])).values()];
}

function groupBy(rows: readonly { service: string; chat: number }[]): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const { chat, service } of rows) {
    const list = groups.get(chat);
    if (list === undefined) groups.set(chat, [service]);
    else list.push(service);
  }
  return groups;
}
