import { appleTimeSql } from '../decode/index.ts';
import type { Clock } from '../kernel/index.ts';
import {
  addOwnAddresses,
  type ContactChanges,
  type LoadedChats,
  loadChats,
  noteBooks,
  noteHandles,
  planPeople,
  Settlement,
  writeNewest,
} from '../load/index.ts';
import { readAddressBook } from '../sources/address-book/index.ts';
import {
  type AttachmentJoinRow,
  type ChatRow,
  type MessagesSchema,
  readAttachmentJoins,
  readChatHandles,
  readChatLookup,
  readChatServices,
  readChats,
  readRecentlyDeleted,
} from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  type Address,
  attachmentKind,
  type ChatIdentity,
  type Party,
  type RowContext,
  uniteChats,
} from '../transform/index.ts';
import { dropBooks, findStaleBooks, noteRegions, takeBook, takeCopiedBook } from './address-books.ts';
import { newestIn } from './newest-row.ts';
import { SourceAddresses, unique } from './source-addresses.ts';

export type PeopleOptions = {
  /** A folder or file of an AddressBook, or null for none. */
  addressBook: string | null;
  /** The place under which the store remembers the address book, where that is not where it is read from. */
  addressBookPlace?: string | undefined;
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

/** People and chats as a source has them, before the store is asked who they are. */
export type PeopleRead = { addresses: SourceAddresses; identities: readonly ChatIdentity[] };

/** What a source says of people and chats. Reads Apple's tables only. */
export function readPeople(db: Database, schema: MessagesSchema, options: PeopleOptions): PeopleRead {
  const chatRows = readChats(db, schema);
  const addresses = new SourceAddresses(db, schema, chatRows, options);
  return { addresses, identities: readIdentities(db, schema, chatRows, addresses) };
}

export type SettledPeople = { chats: LoadedChats; contacts: ContactChanges; problems: string[] };

/** Reads address books, writes people and chats, and fills the look-ups that the rules for rows need of them. */
export function settlePeople(
  db: Database,
  schema: MessagesSchema,
  context: RowContext,
  options: PeopleOptions & { clock: Clock },
  sourceId: number,
  { addresses, identities }: PeopleRead,
): SettledPeople {
  const nowMs = options.clock.now();
  noteRegions(db, addresses.regions);
  const problems =
    options.addressBook === null ? [] : takeBooks(db, options.addressBook, options.addressBookPlace ?? null, nowMs);
  addOwnAddresses(db, addresses.own, sourceId);
  const settlement = new Settlement(db, planPeople(db), nowMs).run();
  // Chats that are there follow at once; those to come are named when they are written.
  const contacts = settlement.takeChanges();
  const byAddress = new Map<string, Party>();
  const party = (address: Address) => {
    const found = settlement.party(address);
    byAddress.set(address.value, found);
    return found;
  };
  context.meContact = settlement.meContact;
  for (const { rowid, address } of addresses.handles) context.parties.set(rowid, party(address));
  for (const address of [...participantsOf(identities, addresses), ...addresses.own]) party(address);
  if (options.addressBook !== null) noteBooks(db, sourceId, options.addressBookPlace ?? options.addressBook);
  noteHandles(db, sourceId, byAddress.values());
  writeNewest(db, sourceId, newestIn(db, schema, nowMs));
  const chats = loadChats(db, identities, byAddress, sourceId);
  findSelfChats(context, identities, chats.chatOfRow, byAddress);
  contacts.created.push(...settlement.takeChanges().created);
  return { chats, contacts, problems };
}

/** The look-ups that every row is asked about. Reads Apple's tables only. */
export function prepareLookUps(
  db: Database,
  schema: MessagesSchema,
  context: RowContext,
  { chats, problems }: SettledPeople,
): LookUps {
  return {
    chatOfRow: chats.chatOfRow,
    chatsUnited: chats.united,
    problems,
    ...attachmentLookUps(db, schema, context),
    deleted: deletedLookUps(db, schema, context, chats.chatOfRow),
  };
}

/** Reads the address books that are not as they were; answers what could not be read. `place`: a copy is read of that one. */
function takeBooks(db: Database, root: string, place: string | null, nowMs: number): string[] {
  const { changed, gone } = findStaleBooks(db, root);
  dropBooks(db, gone);
  return changed.flatMap((book) => {
    const content = readAddressBook(book.file);
    if (place === null) takeBook(db, root, { ...book, content }, nowMs);
    else takeCopiedBook(db, place, { ...book, content }, nowMs);
    return content.problems;
  });
}

export function participantsOf(identities: readonly ChatIdentity[], addresses: SourceAddresses): Address[] {
  return unique(identities.flatMap((chat) => chat.participants).map((value) => addresses.normalise(value)));
}

/** Apple's chat rows with their participants and services, united into chats. */
export function readIdentities(
  db: Database,
  schema: MessagesSchema,
  rows: readonly ChatRow[],
  addresses: SourceAddresses,
): ChatIdentity[] {
  const rawOf = new Map(addresses.handles.map(({ rowid, raw }) => [rowid, raw]));
  const participants = new Groups<string>();
  for (const { chat, handle } of readChatHandles(db, schema)) participants.add(chat, rawOf.get(handle));
  const services = new Groups<string>();
  for (const { chat, service } of readChatServices(db, schema)) services.add(chat, service);
  const chats = rows.map((row) => ({ ...row, participants: participants.of(row.rowid) }));
  return uniteChats(chats, readChatLookup(db, schema), addresses.normalise).map((chat) => ({
    ...chat,
    services: [...new Set([...chat.services, ...chat.rowids.flatMap((rowid) => services.of(rowid))])].sort(),
  }));
}

/** What arrives in a chat with oneself comes from one's own address, also when its row names no handle. */
export function findSelfChats(
  context: RowContext,
  identities: readonly ChatIdentity[],
  chatOfRow: ReadonlyMap<number, number>,
  byAddress: ReadonlyMap<string, Party>,
): void {
  context.selfChats.clear();
  for (const chat of identities) {
    const party = byAddress.get(chat.identifier);
    const id = chatOfRow.get(chat.rowids[0] ?? 0);
    if (chat.kind === 'direct' && party?.contact === context.meContact && id !== undefined) {
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

/** Lists by row id. */
class Groups<T> {
  readonly #lists = new Map<number, T[]>();

  add(key: number, value: T | undefined): void {
    if (value === undefined) return;
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [value]);
    else list.push(value);
  }

  of(key: number): readonly T[] {
    return this.#lists.get(key) ?? [];
  }
}
