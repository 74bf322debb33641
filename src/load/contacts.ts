import { must } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { Address, Party, Person } from '../transform/index.ts';

export type PeoplePlan = {
  people: readonly Person[];
  /** Which person an address stands for. */
  index: ReadonlyMap<string, Person>;
  ownAddresses: readonly Address[];
  /** Apple's handles: row id and normalised address. */
  handles: readonly { rowid: number; address: Address }[];
  /** Further addresses that take part in chats. */
  others: readonly Address[];
};

export type LoadedPeople = {
  meContact: number;
  /** By row id of Apple's `handle`. */
  parties: Map<number, Party>;
  /** By normalised address. */
  byAddress: Map<string, Party>;
};

/**
 * Writes contacts, their identifiers and handles. A card keeps its contact for ever (by its key); an address that no
 * card knows gets a placeholder, which gives way, with everything it said, when a card comes to know it.
 */
export function loadPeople(db: Database, plan: PeoplePlan): LoadedPeople {
  const contactOf = new Map<Person, number>();
  const own = new Set(plan.ownAddresses.map((address) => address.value));
  for (const person of plan.people) contactOf.set(person, upsertCard(db, person));
  const meContact = loadMe(db, plan, contactOf);

  const byAddress = new Map<string, Party>();
  const load = (address: Address): Party => {
    const known = byAddress.get(address.value);
    if (known !== undefined) return known;
    const person = plan.index.get(address.value);
    const contact = own.has(address.value)
      ? meContact
      : person === undefined
        ? null
        : must(contactOf.get(person), 'every person has been written');
    const party = upsertHandle(db, address, contact);
    byAddress.set(address.value, party);
    return party;
  };
  const parties = new Map<number, Party>();
  for (const { rowid, address } of plan.handles) parties.set(rowid, load(address));
  for (const address of plan.others) load(address);
  for (const address of plan.ownAddresses) load(address);
  return { meContact, parties, byAddress };
}

/**
 * The party of one more address, of a store whose people have been loaded: the handle that is there, or a new one. It
 * stands for me, for whom a card gives it to (by the order of `identifierIndex`), or for a placeholder.
 */
export function loadParty(db: Database, address: Address): { party: Party; placeholder: boolean } {
  const known = db.get<{ handle: number; contact: number }>(
    'SELECT id AS handle, contact_id AS contact FROM handles WHERE address = ?',
    address.value,
  );
  if (known !== undefined) return { party: { ...known, address: address.value }, placeholder: false };
  const contact = db.value<number>(
    `SELECT c.id FROM contact_identifiers i JOIN contacts c ON c.id = i.contact_id
     WHERE i.value = ? AND c.origin <> 'placeholder'
     ORDER BY c.is_me DESC, c.is_organization, c.name IS NULL, c.card_key LIMIT 1`,
    address.value,
  );
  return { party: upsertHandle(db, address, contact), placeholder: contact === null };
}

function upsertCard(db: Database, person: Person): number {
  const known = knownContact(db, person);
  const flags = [person.isMe ? 1 : 0, person.isOrganization ? 1 : 0] as const;
  let id: number;
  if (known === null) {
    id = db.run(
      `INSERT INTO contacts (name, is_me, is_organization, origin, card_key) VALUES (?, ?, ?, 'address-book', ?)`,
      person.name,
      ...flags,
      person.key,
    ).lastId;
  } else {
    id = known;
    db.run(
      'UPDATE contacts SET name = ?, is_me = ?, is_organization = ?, card_key = ? WHERE id = ?',
      person.name,
      ...flags,
      person.key,
      id,
    );
    db.run('DELETE FROM contact_identifiers WHERE contact_id = ?', id);
  }
  for (const [position, identifier] of person.identifiers.entries()) addIdentifier(db, id, position, identifier);
  return id;
}

/** A person is known by any of their cards; the key is that of the first, and changes when an earlier one joins. */
function knownContact(db: Database, person: Person): number | null {
  for (const key of [person.key, ...person.cards]) {
    const id = db.value<number>('SELECT id FROM contacts WHERE card_key = ?', key);
    if (id !== null) return id;
  }
  return null;
}

function addIdentifier(db: Database, contact: number, position: number, address: Address): void {
  db.run(
    'INSERT OR IGNORE INTO contact_identifiers (contact_id, position, value, kind) VALUES (?, ?, ?, ?)',
    contact,
    position,
    address.value,
    address.kind,
  );
}

/** The contact that is me: the "me" card, else the one card that holds an own address, else a contact of its own. */
function loadMe(db: Database, plan: PeoplePlan, contactOf: ReadonlyMap<Person, number>): number {
  const marked = plan.people.find((person) => person.isMe);
  const holders = new Set(plan.ownAddresses.flatMap((address) => plan.index.get(address.value) ?? []));
  const person = marked ?? (holders.size === 1 ? [...holders][0] : undefined);
  const before = db.value<number>('SELECT id FROM contacts WHERE is_me = 1 AND origin = ?', 'me');
  let id: number;
  if (person !== undefined) {
    id = must(contactOf.get(person), 'every person has been written');
    if (before !== null) replaceContact(db, before, id);
  } else {
    id =
      before ??
      db.value<number>('SELECT id FROM contacts WHERE is_me = 1') ??
      db.run(`INSERT INTO contacts (name, is_me, origin) VALUES (NULL, 1, 'me')`).lastId;
  }
  db.run('UPDATE contacts SET is_me = (id = ?) WHERE is_me <> (id = ?)', id, id);
  const held = Number(db.value('SELECT count(*) FROM contact_identifiers WHERE contact_id = ?', id));
  for (const [index, address] of plan.ownAddresses.entries()) addIdentifier(db, id, held + index, address);
  return id;
}

/** `contact` null: nobody knows this address, so it keeps whoever it stood for, or gets a placeholder. */
function upsertHandle(db: Database, address: Address, contact: number | null): Party {
  const known = db.get<{ id: number; contact: number }>(
    'SELECT id, contact_id AS contact FROM handles WHERE address = ?',
    address.value,
  );
  if (known === undefined) {
    const owner = contact ?? addPlaceholder(db, address);
    const { lastId } = db.run(
      'INSERT INTO handles (address, kind, contact_id) VALUES (?, ?, ?)',
      address.value,
      address.kind,
      owner,
    );
    return { handle: lastId, contact: owner, address: address.value };
  }
  const owner = contact ?? ownerWithoutCard(db, known.contact, address);
  if (owner !== known.contact) moveHandle(db, known.id, known.contact, owner);
  return { handle: known.id, contact: owner, address: address.value };
}

/** An address whose card is gone keeps its contact only where that contact still claims it. */
function ownerWithoutCard(db: Database, contact: number, address: Address): number {
  const claimed = db.value(
    'SELECT 1 FROM contact_identifiers WHERE contact_id = ? AND value = ?',
    contact,
    address.value,
  );
  return claimed === null ? addPlaceholder(db, address) : contact;
}

function addPlaceholder(db: Database, address: Address): number {
  const { lastId } = db.run(`INSERT INTO contacts (name, origin) VALUES (?, 'placeholder')`, address.value);
  addIdentifier(db, lastId, 0, address);
  return lastId;
}

function moveHandle(db: Database, handle: number, from: number, to: number): void {
  db.run('UPDATE handles SET contact_id = ? WHERE id = ?', to, handle);
  db.run('UPDATE messages SET sender_id = ? WHERE sender_id = ? AND handle_id = ?', to, from, handle);
  db.run('UPDATE reactions SET sender_id = ? WHERE sender_id = ? AND handle_id = ?', to, from, handle);
  followInitiators(db, from, to);
  dropIfUnused(db, from);
}

function replaceContact(db: Database, from: number, to: number): void {
  for (const table of ['messages', 'reactions'])
    db.run(`UPDATE ${table} SET sender_id = ? WHERE sender_id = ?`, to, from);
  db.run('UPDATE handles SET contact_id = ? WHERE contact_id = ?', to, from);
  followInitiators(db, from, to);
  db.run('DELETE FROM contacts WHERE id = ?', from);
}

function followInitiators(db: Database, from: number, to: number): void {
  db.run(
    `UPDATE conversations SET initiator_id = ? WHERE initiator_id = ?
       AND EXISTS (SELECT 1 FROM messages m WHERE m.id = first_message_id AND m.sender_id = ?)`,
    to,
    from,
    to,
  );
}

/** A placeholder that no address stands for any more has nothing left to say. */
function dropIfUnused(db: Database, contact: number): void {
  db.run(
    `DELETE FROM contacts WHERE id = ? AND origin = 'placeholder'
       AND NOT EXISTS (SELECT 1 FROM handles WHERE contact_id = contacts.id)`,
    contact,
  );
}
