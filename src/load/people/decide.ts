import { ChatStatsError } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';
import { type MergeRecord, markUndone, mergeRecord, mergeRecords, widenInto } from './merge-records.ts';
import { giveCard, mergeInto, moveHandle, restoreContact, survivorFirst } from './moves.ts';
import { planPeople } from './plan.ts';
import { type ContactChanges, Settlement } from './settle.ts';
import { PeopleState, type StoredContact } from './state.ts';
import { peopleChanged } from './version.ts';

export type Decided = { merge: number; from: number; into: number; changes: ContactChanges };

/**
 * The user says that two contacts are one person. The first gives the name; the one with more messages keeps its id.
 * Throws CONTACT_NOT_FOUND, and USAGE when both are the same.
 */
export function mergeContacts(db: Database, first: number, second: number, nowMs: number): Decided {
  const state = new PeopleState(db);
  const named = [first, second].map((id) => state.contacts.get(id));
  const [one, other] = named as [StoredContact | undefined, StoredContact | undefined];
  if (one === undefined || other === undefined) throw contactNotFound();
  if (one === other) throw new ChatStatsError('USAGE', 'a contact cannot be merged with itself');
  const [into, from] = survivorFirst(db, [one, other]) as [StoredContact, StoredContact];
  mergeInto(db, state, { into, from, cards: [] }, { reason: 'user', namedBy: one.id, nowMs });
  const changes = settleNow(db, nowMs, state);
  changes.merged.unshift({ from: from.id, into: into.id });
  return { merge: state.merges.at(-1)?.id ?? 0, from: from.id, into: into.id, changes };
}

/**
 * Two contacts are two again, whoever made them one: under their old ids, with the cards and addresses they had, as far
 * as those are still there, and with everything these said meanwhile. Cards will not make them one again. Throws
 * MERGE_NOT_FOUND, also where it was undone before.
 */
export function undoMerge(db: Database, id: number, nowMs: number): Decided {
  const record = mergeRecord(db, id);
  if (record === null) throw new ChatStatsError('MERGE_NOT_FOUND', 'the store has no such merge');
  if (record.undoneAt !== null) throw new ChatStatsError('MERGE_NOT_FOUND', 'this merge has been undone already');
  markUndone(db, id, 'user', nowMs);
  const state = new PeopleState(db);
  const isBack = takeApart(db, state, record);
  const changes = settleNow(db, nowMs, state);
  if (isBack) changes.created.unshift(record.from);
  return { merge: id, from: record.from, into: record.into, changes };
}

/** Gives back what was moved and has not gone elsewhere since. False when there is nothing of it. */
function takeApart(db: Database, state: PeopleState, record: MergeRecord): boolean {
  const holders = successors(db, record.into);
  widenInto(
    db,
    record,
    [...holders].flatMap((id) => [...(state.contacts.get(id)?.cards ?? [])]),
  );
  if (state.contacts.has(record.from)) return false;
  const cards = record.fromWas.cards.filter((card) => holders.has(state.contactOfCard.get(card) ?? 0));
  const handles = record.fromWas.addresses.flatMap((address) => {
    const handle = state.handleOf.get(address);
    return handle !== undefined && holders.has(handle.contact) ? [handle] : [];
  });
  if (cards.length === 0 && handles.length === 0) return false;
  const contact = restoreContact(db, state, record.from, record.fromWas);
  for (const card of cards) giveCard(db, state, card, contact.id);
  for (const handle of handles) moveHandle(db, state, handle, contact.id);
  return true;
}

/** The contact itself, and those that it was merged into later. */
function successors(db: Database, contact: number): Set<number> {
  const found = new Set([contact]);
  for (const { from, into, undoneAt } of mergeRecords(db)) if (undoneAt === null && found.has(from)) found.add(into);
  return found;
}

/** Makes the contacts what cards and decisions say. `before`: what was moved already belongs to what is told. */
export function settleNow(db: Database, nowMs: number, before?: PeopleState): ContactChanges {
  peopleChanged(db);
  const settlement = new Settlement(db, planPeople(db), nowMs).run();
  const moved = before?.takeMoved() ?? [];
  return settlement.takeChanges([...moved].map(({ id }) => id));
}

/** The contact that an id or an address means. Throws CONTACT_NOT_FOUND. */
export function findContact(db: Database, idOrAddress: string): number {
  const id = /^[1-9]\d{0,14}$/.test(idOrAddress)
    ? db.value<number>('SELECT id FROM contacts WHERE id = ?', Number(idOrAddress))
    : null;
  const found =
    id ??
    db.value<number>('SELECT contact_id FROM handles WHERE address = ?', idOrAddress) ??
    db.value<number>('SELECT contact_id FROM contact_identifiers WHERE value = ? ORDER BY contact_id', idOrAddress);
  if (found === null) throw contactNotFound();
  return found;
}

function contactNotFound(): ChatStatsError {
  return new ChatStatsError('CONTACT_NOT_FOUND', 'the store has no such contact');
}
