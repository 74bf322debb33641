import { finish, must } from '../../kernel/index.ts';
import type { ContactOrigin } from '../../model/index.ts';
import type { Database } from '../../sqlite/index.ts';
import type { Address } from '../../transform/index.ts';
import { type MergeRecord, mergeRecords } from './merge-records.ts';

export type StoredContact = {
  id: number;
  name: string | null;
  isMe: boolean;
  isOrganization: boolean;
  origin: ContactOrigin;
  identifiers: Address[];
  cards: Set<string>;
  /** Addresses that stand for it, by id of their handle. */
  handles: Set<number>;
};

export type StoredHandle = { id: number; address: string; kind: Address['kind']; contact: number };

type ContactRow = { id: number; name: string | null; isMe: number; isOrganization: number; origin: ContactOrigin };
type IdentifierRow = Address & { id: number };
type CardRow = { id: number; card: string };

const CONTACTS = `SELECT id, name, is_me AS isMe, is_organization AS isOrganization, origin FROM contacts
  WHERE id > ? AND id <= ? ORDER BY id`;
const IDENTIFIERS = `SELECT contact_id AS id, value, kind FROM contact_identifiers
  WHERE contact_id > ? AND contact_id <= ? ORDER BY contact_id, position`;
const CARDS = `SELECT contact_id AS id, card FROM contact_cards
  WHERE contact_id > ? AND contact_id <= ? ORDER BY contact_id`;
const HANDLES = `SELECT id, address, kind, contact_id AS contact FROM handles WHERE id > ? AND id <= ? ORDER BY id`;
const SLICE_IDS = 500;

/** Rows by ranges of the ids of contacts or handles, pausing after each. */
function* rowsOf<Row extends { id: number }>(db: Database, sql: string, each: (row: Row) => void): Generator<void> {
  const table = sql === HANDLES ? 'handles' : 'contacts';
  const last = db.value<number>(`SELECT max(id) FROM ${table}`) ?? 0;
  for (let from = 0; from < last; from += SLICE_IDS) {
    for (const row of db.all<Row>(sql, from, from + SLICE_IDS)) each(row);
    yield;
  }
}

/** The contacts of a store with all that belongs to them, in memory; whoever changes the one changes the other. */
export class PeopleState {
  readonly contacts = new Map<number, StoredContact>();
  readonly contactOfCard = new Map<string, number>();
  readonly handles = new Map<number, StoredHandle>();
  readonly handleOf = new Map<string, StoredHandle>();
  /** Merges that are in effect. */
  readonly merges: MergeRecord[];
  me: StoredContact | null = null;
  #moved = new Set<StoredHandle>();

  private constructor(merges: MergeRecord[]) {
    this.merges = merges;
  }

  static load(db: Database): PeopleState {
    return finish(PeopleState.slices(db));
  }

  /** Loads it, pausing now and then; what is written meanwhile may or may not be in it. */
  static *slices(db: Database): Generator<void, PeopleState> {
    const state = new PeopleState(mergeRecords(db).filter((record) => record.undoneAt === null));
    yield* rowsOf<ContactRow>(db, CONTACTS, (row) => {
      state.add({ ...row, isMe: row.isMe !== 0, isOrganization: row.isOrganization !== 0 });
    });
    yield* rowsOf<IdentifierRow>(db, IDENTIFIERS, ({ id, value, kind }) => {
      state.contacts.get(id)?.identifiers.push({ value, kind });
    });
    yield* rowsOf<CardRow>(db, CARDS, ({ id, card }) => state.giveCard(card, id));
    yield* rowsOf<StoredHandle>(db, HANDLES, (handle) => state.addHandle(handle));
    return state;
  }

  add(contact: Omit<StoredContact, 'identifiers' | 'cards' | 'handles'>): StoredContact {
    const added = { ...contact, identifiers: [], cards: new Set<string>(), handles: new Set<number>() };
    this.contacts.set(added.id, added);
    if (added.isMe) this.me = added;
    return added;
  }

  of(contact: number): StoredContact {
    return must(this.contacts.get(contact), 'whoever is named is there');
  }

  giveCard(card: string, contact: number): void {
    const before = this.contactOfCard.get(card);
    if (before !== undefined) this.contacts.get(before)?.cards.delete(card);
    this.contactOfCard.set(card, contact);
    this.contacts.get(contact)?.cards.add(card);
  }

  addHandle(handle: StoredHandle): void {
    this.handles.set(handle.id, handle);
    this.handleOf.set(handle.address, handle);
    this.contacts.get(handle.contact)?.handles.add(handle.id);
  }

  giveHandle(handle: StoredHandle, contact: number): void {
    this.#moved.add(handle);
    this.contacts.get(handle.contact)?.handles.delete(handle.id);
    handle.contact = contact;
    this.contacts.get(contact)?.handles.add(handle.id);
  }

  /** Handles that were given to others since this was asked last. */
  takeMoved(): ReadonlySet<StoredHandle> {
    const moved = this.#moved;
    this.#moved = new Set();
    return moved;
  }

  addressesOf(contact: StoredContact): string[] {
    return [...contact.handles]
      .map((id) => must(this.handles.get(id), 'a handle of a contact is there').address)
      .sort();
  }

  /** It is in effect no more. */
  forgetMerge(id: number): void {
    const at = this.merges.findIndex((record) => record.id === id);
    if (at >= 0) this.merges.splice(at, 1);
  }

  /** Merges in effect that brought something to this contact. */
  arrivals(contact: number): MergeRecord[] {
    return this.merges.filter((record) => record.into === contact);
  }
}
