import { ChatStatsError, finish } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';
import { type MergeRecord, markUndone, mergeRecord, widenInto } from './merge-records.ts';
import { contactWas, giveCard, mergeInto, moveHandle, restoreContact, survivorFirst } from './moves.ts';
import { type PeoplePlan, planPeople, planSlices } from './plan.ts';
import { type ContactChanges, Settlement } from './settle.ts';
import { PeopleState, type StoredContact } from './state.ts';
import { peopleChanged } from './version.ts';

export type Decided = { merge: number; from: number; into: number; changes: ContactChanges };

/**
 * Something that the user decided, with everything thought out: `write` belongs into a transaction, and nothing about
 * people may have been written since it was prepared.
 */
export type PreparedDecision = { write(): Decided };

/**
 * The user says that two contacts are one person. The first gives the name; the one with more messages keeps its id.
 * Throws CONTACT_NOT_FOUND, and USAGE when both are the same.
 */
export function* prepareMerge(
  db: Database,
  [first, second]: readonly [number, number],
  nowMs: number,
): Generator<void, PreparedDecision> {
  const state = yield* PeopleState.slices(db);
  const [one, other] = [state.contacts.get(first), state.contacts.get(second)];
  if (one === undefined || other === undefined) throw contactNotFound();
  if (one === other) throw new ChatStatsError('USAGE', 'a contact cannot be merged with itself');
  const [into, from] = survivorFirst(db, [one, other]) as [StoredContact, StoredContact];
  const merge = { reason: 'user', namedBy: one.id, nowMs } as const;
  const record: MergeRecord = {
    ...{ id: 0, mergedAt: nowMs, reason: merge.reason, namedBy: one.id, into: into.id, from: from.id },
    ...{ intoWas: contactWas(state, into), fromWas: contactWas(state, from), undoneAt: null, undoneBy: null },
  };
  const plan = yield* planSlices(db, (records) => [...records, record]);
  return {
    write() {
      const { id } = mergeInto(db, state, { into, from, cards: [] }, merge);
      const changes = settle(db, plan, nowMs, state);
      changes.merged.unshift({ from: from.id, into: into.id });
      return { merge: id, from: from.id, into: into.id, changes };
    },
  };
}

/**
 * Two contacts are two again, whoever made them one: under their old ids, with the cards and addresses they had, as far
 * as those are still there, and with everything these said meanwhile. Cards will not make them one again. Throws
 * MERGE_NOT_FOUND, also where it was undone before.
 */
export function* prepareUndo(db: Database, id: number, nowMs: number): Generator<void, PreparedDecision> {
  const record = mergeRecord(db, id);
  if (record === null) throw new ChatStatsError('MERGE_NOT_FOUND', 'the store has no such merge');
  if (record.undoneAt !== null) throw new ChatStatsError('MERGE_NOT_FOUND', 'this merge has been undone already');
  const state = yield* PeopleState.slices(db);
  const holders = successors(state, record.into);
  const undone = { ...widenInto(record, cardsOf(state, holders)), undoneAt: nowMs, undoneBy: 'user' } as const;
  const plan = yield* planSlices(db, (records) => records.map((one) => (one.id === id ? undone : one)));
  return {
    write() {
      markUndone(db, undone);
      state.forgetMerge(id);
      const isBack = takeApart(db, state, record, holders);
      const changes = settle(db, plan, nowMs, state);
      if (isBack) changes.created.unshift(record.from);
      return { merge: id, from: record.from, into: record.into, changes };
    },
  };
}

function settle(db: Database, plan: PeoplePlan, nowMs: number, state: PeopleState): ContactChanges {
  peopleChanged(db);
  return new Settlement(db, plan, nowMs, state).run().takeChanges();
}

/** Gives back what was moved and has not gone elsewhere since. False when there is nothing of it. */
function takeApart(db: Database, state: PeopleState, { from, fromWas }: MergeRecord, holders: Set<number>): boolean {
  if (state.contacts.has(from)) return false;
  const cards = fromWas.cards.filter((card) => holders.has(state.contactOfCard.get(card) ?? 0));
  const handles = fromWas.addresses.flatMap((address) => {
    const handle = state.handleOf.get(address);
    return handle !== undefined && holders.has(handle.contact) ? [handle] : [];
  });
  if (cards.length === 0 && handles.length === 0) return false;
  const contact = restoreContact(db, state, from, fromWas);
  for (const card of cards) giveCard(db, state, card, contact.id);
  for (const handle of handles) moveHandle(db, state, handle, contact.id);
  return true;
}

/** The contact itself, and those that it was merged into later. */
function successors(state: PeopleState, contact: number): Set<number> {
  const found = new Set([contact]);
  for (const { from, into } of state.merges) if (found.has(from)) found.add(into);
  return found;
}

function cardsOf(state: PeopleState, contacts: ReadonlySet<number>): string[] {
  return [...contacts].flatMap((id) => [...(state.contacts.get(id)?.cards ?? [])]);
}

/** Makes the contacts what cards and decisions say, at once. */
export function settleNow(db: Database, nowMs: number): ContactChanges {
  return settle(db, planPeople(db), nowMs, PeopleState.load(db));
}

/** The same as preparing and writing, at once. */
export function mergeContacts(db: Database, first: number, second: number, nowMs: number): Decided {
  return finish(prepareMerge(db, [first, second], nowMs)).write();
}

export function undoMerge(db: Database, id: number, nowMs: number): Decided {
  return finish(prepareUndo(db, id, nowMs)).write();
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
