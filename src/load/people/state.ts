import { must } from '../../kernel/index.ts';
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

  constructor(db: Database) {
    type Row = Omit<StoredContact, 'isMe' | 'isOrganization' | 'identifiers' | 'cards' | 'handles'>;
    const contacts = db.all<Row & { isMe: number; isOrganization: number }>(
      'SELECT id, name, is_me AS isMe, is_organization AS isOrganization, origin FROM contacts ORDER BY id',
    );
    for (const row of contacts) {
      this.add({ ...row, isMe: row.isMe !== 0, isOrganization: row.isOrganization !== 0 });
    }
    const identifiers = db.all<Address & { contact: number }>(
      'SELECT contact_id AS contact, value, kind FROM contact_identifiers ORDER BY contact_id, position',
    );
    for (const { contact, value, kind } of identifiers) this.contacts.get(contact)?.identifiers.push({ value, kind });
    const cards = db.all<{ card: string; contact: number }>(
      'SELECT card, contact_id AS contact FROM contact_cards WHERE contact_id IS NOT NULL',
    );
    for (const { card, contact } of cards) this.giveCard(card, contact);
    const handles = db.all<StoredHandle>('SELECT id, address, kind, contact_id AS contact FROM handles ORDER BY id');
    for (const handle of handles) this.addHandle(handle);
    this.merges = mergeRecords(db).filter((record) => record.undoneAt === null);
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

  /** Merges in effect that brought something to this contact. */
  arrivals(contact: number): MergeRecord[] {
    return this.merges.filter((record) => record.into === contact);
  }
}
