import type { Database } from '../../sqlite/index.ts';
import { addMergeRecord, type ContactWas, type MergeReason, type MergeRecord } from './merge-records.ts';
import type { PeopleState, StoredContact, StoredHandle } from './state.ts';

/** What an address said follows it to whomever it stands for now. */
export function moveHandle(db: Database, state: PeopleState, handle: StoredHandle, to: number): void {
  const from = handle.contact;
  db.run('UPDATE handles SET contact_id = ? WHERE id = ?', to, handle.id);
  db.run('UPDATE messages SET sender_id = ? WHERE handle_id = ?', to, handle.id);
  db.run('UPDATE reactions SET sender_id = ? WHERE handle_id = ?', to, handle.id);
  db.run(
    `UPDATE conversations SET initiator_id = ? WHERE initiator_id = ?
       AND (SELECT handle_id FROM messages WHERE id = first_message_id) = ?`,
    to,
    from,
    handle.id,
  );
  state.giveHandle(handle, to);
}

export function giveCard(db: Database, state: PeopleState, card: string, contact: number): void {
  db.run('UPDATE contact_cards SET contact_id = ? WHERE card = ?', contact, card);
  state.giveCard(card, contact);
}

export function messageCount(db: Database, contact: StoredContact): number {
  let count = 0;
  for (const handle of contact.handles) {
    count += Number(db.value('SELECT count(*) FROM messages WHERE handle_id = ?', handle));
  }
  return count;
}

/** The one with more messages stays, so that fewer rows have to be touched; the owner stays in any case. */
export function survivorFirst(db: Database, contacts: readonly StoredContact[]): StoredContact[] {
  if (contacts.length < 2) return [...contacts];
  const weighed = contacts.map((contact) => ({ contact, messages: messageCount(db, contact) }));
  weighed.sort(
    (a, b) =>
      Number(b.contact.isMe) - Number(a.contact.isMe) ||
      b.messages - a.messages ||
      Number(b.contact.cards.size > 0) - Number(a.contact.cards.size > 0) ||
      a.contact.id - b.contact.id,
  );
  return weighed.map(({ contact }) => contact);
}

export type Merge = { reason: MergeReason; namedBy: number | null; nowMs: number };

/**
 * `from` becomes part of `into`: its cards, its addresses and everything they said. `cards`: those by which the two are
 * one, where they are not `into`'s own yet. Kept on record with what both were.
 */
export function mergeInto(
  db: Database,
  state: PeopleState,
  { into, from, cards }: { into: StoredContact; from: StoredContact; cards: readonly string[] },
  { reason, namedBy, nowMs }: Merge,
): MergeRecord {
  const own = [...new Set([...into.cards, ...cards])].filter((card) => !from.cards.has(card)).sort();
  const record = addMergeRecord(db, {
    ...{ mergedAt: nowMs, reason, into: into.id, from: from.id, namedBy },
    intoWas: { ...contactWas(state, into), cards: own },
    fromWas: contactWas(state, from),
  });
  state.merges.push(record);
  for (const card of [...from.cards]) giveCard(db, state, card, into.id);
  for (const id of [...from.handles]) {
    const handle = state.handles.get(id);
    if (handle !== undefined) moveHandle(db, state, handle, into.id);
  }
  removeContact(db, state, from);
  return record;
}

/** What a contact is and has, for the record. */
export function contactWas(state: PeopleState, contact: StoredContact): ContactWas {
  const { name, isMe, isOrganization, origin, cards } = contact;
  // The owner may have addresses that nobody wrote from or to.
  const others = isMe ? contact.identifiers.map(({ value }) => value) : [];
  const addresses = [...new Set([...state.addressesOf(contact), ...others])].sort();
  return { name, isMe, isOrganization, origin, cards: [...cards].sort(), addresses };
}

/** Nothing stands for it any more. */
export function removeContact(db: Database, state: PeopleState, contact: StoredContact): void {
  db.run('DELETE FROM contacts WHERE id = ?', contact.id);
  state.contacts.delete(contact.id);
}

/** A contact that was merged is there again, under its old id, still without anything. */
export function restoreContact(db: Database, state: PeopleState, id: number, was: ContactWas): StoredContact {
  const { name, isOrganization, origin } = was;
  db.run(
    'INSERT INTO contacts (id, name, is_me, is_organization, origin) VALUES (?, ?, 0, ?, ?)',
    id,
    name,
    isOrganization ? 1 : 0,
    origin,
  );
  return state.add({ id, name, isMe: false, isOrganization, origin: origin as StoredContact['origin'] });
}

export function addContact(
  db: Database,
  state: PeopleState,
  fields: Pick<StoredContact, 'name' | 'isMe' | 'isOrganization' | 'origin'>,
): StoredContact {
  const { lastId } = db.run(
    'INSERT INTO contacts (name, is_me, is_organization, origin) VALUES (?, ?, ?, ?)',
    fields.name,
    fields.isMe ? 1 : 0,
    fields.isOrganization ? 1 : 0,
    fields.origin,
  );
  return state.add({ ...fields, id: lastId });
}

export type ContactField = 'name' | 'identifiers' | 'isMe' | 'isOrganization' | 'origin';
export type ContactFacts = Pick<StoredContact, ContactField>;

/** Which of the facts are not what they should be. */
export function differences(contact: StoredContact, wanted: ContactFacts): ContactField[] {
  const scalars = (['name', 'isMe', 'isOrganization', 'origin'] as const).filter(
    (field) => contact[field] !== wanted[field],
  );
  const values = (facts: ContactFacts) => JSON.stringify(facts.identifiers.map(({ value }) => value));
  return values(contact) === values(wanted) ? scalars : [...scalars, 'identifiers'];
}

/** Answers what has changed. */
export function writeFacts(db: Database, contact: StoredContact, wanted: ContactFacts): ContactField[] {
  const changed = differences(contact, wanted);
  if (changed.length === 0) return changed;
  db.run(
    'UPDATE contacts SET name = ?, is_me = ?, is_organization = ?, origin = ? WHERE id = ?',
    wanted.name,
    wanted.isMe ? 1 : 0,
    wanted.isOrganization ? 1 : 0,
    wanted.origin,
    contact.id,
  );
  if (changed.includes('identifiers')) {
    db.run('DELETE FROM contact_identifiers WHERE contact_id = ?', contact.id);
    for (const [position, { value, kind }] of wanted.identifiers.entries()) {
      db.run(
        'INSERT INTO contact_identifiers (contact_id, position, value, kind) VALUES (?, ?, ?, ?)',
        contact.id,
        position,
        value,
        kind,
      );
    }
  }
  const { name, isMe, isOrganization, origin, identifiers } = wanted;
  Object.assign(contact, { name, isMe, isOrganization, origin, identifiers: [...identifiers] });
  return changed;
}
