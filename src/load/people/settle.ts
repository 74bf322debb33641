import { must } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';
import { type Address, normaliseAddress, type Party, type Person } from '../../transform/index.ts';
import { type RenamedChat, renameChatsOf } from '../chat-names.ts';
import { type MergeReason, type MergeRecord, markUndone } from './merge-records.ts';
import {
  addContact,
  type ContactFacts,
  type ContactField,
  giveCard,
  mergeInto,
  moveHandle,
  removeContact,
  restoreContact,
  survivorFirst,
  writeFacts,
} from './moves.ts';
import type { PeoplePlan } from './plan.ts';
import { PeopleState, type StoredContact, type StoredHandle } from './state.ts';

/** What settling did, for whoever tells of it. */
export type ContactChanges = {
  created: number[];
  updated: { contact: number; changed: ContactField[] }[];
  merged: { from: number; into: number }[];
  removed: number[];
  chats: RenamedChat[];
  /** Addresses that stand for another contact now. */
  moved: { address: string; contact: number }[];
};

/** A step is also this many people who are as they should be. */
const PAUSE_EVERY = 200;

/**
 * Makes the contacts of a store what the plan says, in steps that each leave it whole. A contact keeps its id as long
 * as one of its cards, or the address it stands for, is there; one that comes apart from another it was merged into
 * gets its old id back. An address that nobody's card names has a contact of its own, a placeholder.
 */
export class Settlement {
  readonly #db: Database;
  readonly #plan: PeoplePlan;
  readonly #nowMs: number;
  readonly state: PeopleState;
  readonly #contactOf = new Map<Person, StoredContact>();
  readonly #claimed = new Set<StoredContact>();
  readonly #personOfCard = new Map<string, Person>();
  readonly #people: readonly Person[];
  #changes = noContactChanges();
  readonly #touched = new Set<number>();

  /** `state`: that of the store, where it has been loaded already; nothing may have been written since. */
  constructor(db: Database, plan: PeoplePlan, nowMs: number, state = PeopleState.load(db)) {
    this.#db = db;
    this.#plan = plan;
    this.#nowMs = nowMs;
    this.state = state;
    this.#people = plan.people.filter((person) => person !== plan.me);
    for (const person of plan.people) for (const card of person.cards) this.#personOfCard.set(card, person);
  }

  /** Each step changes little; between two of them a transaction may end. */
  *steps(): Generator<void> {
    const { state } = this;
    if (this.#settleMe()) yield;
    for (const [index, person] of this.#people.entries()) {
      if (this.#settle(person) || index % PAUSE_EVERY === 0) yield;
    }
    for (const contact of [...state.contacts.values()]) {
      if (!this.#claimed.has(contact) && this.#dissolve(contact)) yield;
    }
    for (const handle of state.handles.values()) {
      const owner = this.#ownerOf(handle.address);
      const holder = state.of(handle.contact);
      if (!this.#claimed.has(holder) || owner === holder) continue;
      this.#move(handle, owner ?? this.#placeholder(handle, holder.id));
      yield;
    }
  }

  /** All steps at once. */
  run(): this {
    for (const _ of this.steps());
    return this;
  }

  /** What has changed since this was asked last, with the names of chats that follow from it. */
  takeChanges(): ContactChanges {
    const isNew = new Set(this.#changes.created);
    const updated = this.#changes.updated.filter(({ contact }) => !isNew.has(contact));
    const moved = [...this.state.takeMoved()].map(({ address, contact }) => ({ address, contact }));
    for (const { contact } of moved) this.#touched.add(contact);
    const changes = { ...this.#changes, updated, moved, chats: renameChatsOf(this.#db, this.#touched) };
    this.#changes = noContactChanges();
    this.#touched.clear();
    return changes;
  }

  get meContact(): number {
    return must(this.state.me, 'the owner is settled first').id;
  }

  /** The party of an address of a source: the handle that is there, or a new one for whomever it stands. */
  party({ value, kind }: Address): Party {
    const known = this.state.handleOf.get(value);
    if (known !== undefined) return { handle: known.id, contact: known.contact, address: value };
    const owner = this.#ownerOf(value) ?? this.#newPlaceholder({ value, kind });
    const { lastId } = this.#db.run(
      'INSERT INTO handles (address, kind, contact_id) VALUES (?, ?, ?)',
      value,
      kind,
      owner.id,
    );
    this.state.addHandle({ id: lastId, address: value, kind, contact: owner.id });
    return { handle: lastId, contact: owner.id, address: value };
  }

  /** The contact an address stands for by the plan; null where that is nobody's but its own. */
  #ownerOf(address: string): StoredContact | null {
    const { own, index, me } = this.#plan;
    const person = index.get(address);
    if (own.has(address) || (person !== undefined && person === me)) return this.state.me;
    return person === undefined ? null : (this.#contactOf.get(person) ?? null);
  }

  #settleMe(): boolean {
    const { me, own } = this.#plan;
    const { state } = this;
    const isNew = state.me === null;
    const contact = state.me ?? this.#create({ name: null, isMe: true, isOrganization: false, origin: 'me' });
    state.me = contact;
    let isChanged = isNew;
    this.#claimed.add(contact);
    if (me !== null) this.#contactOf.set(me, contact);
    for (const other of me === null ? [] : this.#candidates(me)) {
      this.#merge(contact, other, me);
      isChanged = true;
    }
    const identifiers = [...(me?.identifiers ?? [])];
    const held = new Set(identifiers.map(({ value }) => value));
    for (const value of own) if (!held.has(value)) identifiers.push(normaliseAddress(value, null));
    const isWritten = this.#write(contact, {
      name: me?.name ?? null,
      isMe: true,
      isOrganization: me?.isOrganization ?? false,
      origin: me === null || me.cards.length === 0 ? 'me' : 'address-book',
      identifiers,
    });
    return this.#take(contact, me?.cards ?? [], identifiers) || isWritten || isChanged;
  }

  #settle(person: Person): boolean {
    const [first, ...others] = survivorFirst(this.#db, this.#candidates(person));
    const wanted = factsOf(person);
    const isNew = first === undefined;
    const contact = first ?? this.#restored(person) ?? this.#create(wanted);
    this.#contactOf.set(person, contact);
    this.#claimed.add(contact);
    for (const other of others) this.#merge(contact, other, person);
    const isWritten = this.#write(contact, wanted);
    return this.#take(contact, person.cards, person.identifiers) || isWritten || isNew || others.length > 0;
  }

  /** Contacts that are this person: those of its cards, and placeholders of addresses that it has. */
  #candidates(person: Person): StoredContact[] {
    const { state } = this;
    const found = new Set<StoredContact>();
    for (const card of person.cards) {
      const contact = state.contacts.get(state.contactOfCard.get(card) ?? 0);
      if (contact === undefined || this.#claimed.has(contact)) continue;
      if (this.#keeperOf(contact) === person) found.add(contact);
    }
    for (const { value } of person.identifiers) {
      const handle = state.handleOf.get(value);
      if (handle === undefined || !this.#isOf(person, value)) continue;
      const contact = state.of(handle.contact);
      if (contact.cards.size > 0 || this.#claimed.has(contact)) continue;
      // One that also stands for somebody else's address is not this person.
      if (state.addressesOf(contact).every((address) => this.#isOf(person, address))) found.add(contact);
    }
    return [...found];
  }

  #isOf(person: Person, address: string): boolean {
    if (person === this.#plan.me) return true;
    return this.#plan.index.get(address) === person && !this.#plan.own.has(address);
  }

  /** Of several people whose cards one contact holds, the one who had it before others were merged into it. */
  #keeperOf(contact: StoredContact): Person | undefined {
    const arrived = new Set(this.state.arrivals(contact.id).flatMap((record) => record.fromWas.cards));
    const cards = [...contact.cards].filter((card) => this.#personOfCard.has(card)).sort();
    const card = cards.find((one) => !arrived.has(one)) ?? cards[0];
    return card === undefined ? undefined : this.#personOfCard.get(card);
  }

  /** Its old contact, where it was merged into another that it has come apart from. */
  #restored(person: Person): StoredContact | null {
    for (const card of person.cards) {
      const holder = this.state.contactOfCard.get(card);
      const record = this.#departing(holder, ({ fromWas }) => fromWas.cards.includes(card));
      if (record !== undefined) return this.#restore(record);
    }
    return null;
  }

  #departing(holder: number | undefined, isIt: (record: MergeRecord) => boolean): MergeRecord | undefined {
    if (holder === undefined) return undefined;
    return this.state.arrivals(holder).findLast((record) => isIt(record) && !this.state.contacts.has(record.from));
  }

  #restore(record: MergeRecord): StoredContact {
    markUndone(this.#db, { ...record, undoneAt: this.#nowMs, undoneBy: 'cards' });
    this.state.forgetMerge(record.id);
    const contact = restoreContact(this.#db, this.state, record.from, record.fromWas);
    this.#changes.created.push(contact.id);
    this.#touched.add(contact.id);
    return contact;
  }

  #create(fields: Pick<StoredContact, 'name' | 'isMe' | 'isOrganization' | 'origin'>): StoredContact {
    const contact = addContact(this.#db, this.state, fields);
    this.#changes.created.push(contact.id);
    return contact;
  }

  #merge(into: StoredContact, from: StoredContact, person: Person | null): void {
    const reason: MergeReason = into.isMe
      ? 'own'
      : from.cards.size > 0 && into.cards.size > 0
        ? 'same_card_holder'
        : 'card_names_address';
    const merge = { reason, namedBy: null, nowMs: this.#nowMs };
    mergeInto(this.#db, this.state, { into, from, cards: person?.cards ?? [] }, merge);
    this.#changes.merged.push({ from: from.id, into: into.id });
    this.#touched.add(into.id);
  }

  #write(contact: StoredContact, wanted: ContactFacts): boolean {
    const changed = writeFacts(this.#db, contact, wanted);
    if (changed.length === 0) return false;
    this.#changes.updated.push({ contact: contact.id, changed });
    this.#touched.add(contact.id);
    return true;
  }

  /** Gives a contact the cards of its person and the addresses that stand for it. */
  #take(contact: StoredContact, cards: readonly string[], identifiers: readonly Address[]): boolean {
    const { state } = this;
    let isChanged = false;
    for (const card of cards) {
      if (state.contactOfCard.get(card) === contact.id) continue;
      giveCard(this.#db, state, card, contact.id);
      isChanged = true;
    }
    for (const { value } of identifiers) {
      const handle = state.handleOf.get(value);
      if (handle === undefined || handle.contact === contact.id || this.#ownerOf(value) !== contact) continue;
      this.#move(handle, contact);
      isChanged = true;
    }
    return isChanged;
  }

  #move(handle: StoredHandle, to: StoredContact): void {
    this.#touched.add(handle.contact);
    this.#touched.add(to.id);
    moveHandle(this.#db, this.state, handle, to.id);
  }

  /** A contact that no card names any more: each of its addresses stands for itself again. */
  #dissolve(contact: StoredContact): boolean {
    const { state } = this;
    if (contact.isMe) return false;
    const arrived = new Set(state.arrivals(contact.id).flatMap((record) => record.fromWas.addresses));
    const handles = [...contact.handles].map((id) =>
      must(state.handles.get(id), 'a contact has handles that are there'),
    );
    const kept = handles.find(({ address }) => !arrived.has(address)) ?? handles[0];
    if (kept === undefined) {
      removeContact(this.#db, state, contact);
      this.#changes.removed.push(contact.id);
      return true;
    }
    const others = handles.filter((handle) => handle !== kept);
    for (const handle of others) this.#move(handle, this.#placeholder(handle, contact.id));
    return this.#write(contact, placeholderFacts(kept)) || others.length > 0;
  }

  /** The contact of its own that an address had before it was merged, else a new one. */
  #placeholder(handle: StoredHandle, holder: number): StoredContact {
    const wasAlone = ({ fromWas }: MergeRecord) =>
      fromWas.cards.length === 0 && fromWas.addresses.includes(handle.address);
    const record = this.#departing(holder, wasAlone);
    if (record === undefined) return this.#newPlaceholder({ value: handle.address, kind: handle.kind });
    const contact = this.#restore(record);
    writeFacts(this.#db, contact, placeholderFacts(handle));
    return contact;
  }

  #newPlaceholder({ value, kind }: Address): StoredContact {
    const wanted = placeholderFacts({ address: value, kind });
    const contact = this.#create(wanted);
    writeFacts(this.#db, contact, wanted);
    return contact;
  }
}

/** What a contact of this person says. */
export function factsOf({ cards, name, isOrganization, identifiers }: Person): ContactFacts {
  const isPlaceholder = cards.length === 0;
  return {
    name: isPlaceholder ? (identifiers[0]?.value ?? null) : name,
    isMe: false,
    isOrganization,
    origin: isPlaceholder ? 'placeholder' : 'address-book',
    identifiers,
  };
}

function placeholderFacts({ address, kind }: { address: string; kind: Address['kind'] }): ContactFacts {
  return {
    ...{ name: address, isMe: false, isOrganization: false, origin: 'placeholder' },
    identifiers: [{ value: address, kind }],
  };
}

export function noContactChanges(): ContactChanges {
  return { created: [], updated: [], merged: [], removed: [], chats: [], moved: [] };
}
