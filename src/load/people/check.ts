import type { Database } from '../../sqlite/index.ts';
import type { Person } from '../../transform/index.ts';
import { differences } from './moves.ts';
import type { PeoplePlan } from './plan.ts';
import { factsOf } from './settle.ts';
import { PeopleState, type StoredContact, type StoredHandle } from './state.ts';

/** Something that is not as the plan says; `contact` is 0 for one that is not there. */
export type Unsettled = { contact: number; what: string };

/** What settling would change, changing nothing: for whoever checks a store, which may be damaged. */
export function unsettled(db: Database, plan: PeoplePlan): Unsettled[] {
  const state = PeopleState.load(db);
  const people = plan.people.flatMap((person) => unsettledPerson(state, plan, person));
  const handles = [...state.handles.values()]
    .filter((handle) => !standsForWhomItShould(state.contacts.get(handle.contact), plan, handle))
    .map((handle) => ({ contact: handle.contact, what: 'handles' }));
  return [...people, ...handles];
}

function unsettledPerson(state: PeopleState, plan: PeoplePlan, person: Person): Unsettled[] {
  const [card] = person.cards;
  if (card === undefined) return [];
  const contact = state.contacts.get(state.contactOfCard.get(card) ?? 0);
  if (contact === undefined) return [{ contact: 0, what: 'missing' }];
  const { id } = contact;
  if (person.cards.some((other) => !contact.cards.has(other))) return [{ contact: id, what: 'cards' }];
  if (person === plan.me) return contact.isMe ? [] : [{ contact: id, what: 'isMe' }];
  return differences(contact, factsOf(person)).map((what) => ({ contact: id, what }));
}

function standsForWhomItShould(
  contact: StoredContact | undefined,
  plan: PeoplePlan,
  { address }: StoredHandle,
): boolean {
  if (contact === undefined) return false;
  const person = plan.index.get(address);
  if (plan.own.has(address) || (person !== undefined && person === plan.me)) return contact.isMe;
  if (person === undefined) return contact.cards.size === 0 && !contact.isMe;
  return person.cards.length === 0 || person.cards.some((card) => contact.cards.has(card));
}
