import { finish, must } from '../../kernel/index.ts';
import type { Database } from '../../sqlite/index.ts';
import { identifierIndex, type Person, unitePeopleSlices } from '../../transform/index.ts';
import { storedCardSlices } from './cards.ts';
import { decisionsOf, type MergeRecord, mergeRecords } from './merge-records.ts';
import { peopleChanged } from './version.ts';

/**
 * Who is who: a function of the kept cards, the owner's addresses and the user's decisions, and of nothing else. Whatever
 * happened before, and in whatever order, contacts end up as this says.
 */
export type PeoplePlan = {
  people: readonly Person[];
  /** The one among them who is the owner. */
  me: Person | null;
  /** Which person an address stands for. */
  index: ReadonlyMap<string, Person>;
  /** The owner's addresses, as the sources tell. */
  own: ReadonlySet<string>;
};

export function planPeople(db: Database): PeoplePlan {
  return finish(planSlices(db));
}

/** The same, pausing now and then. `decided`: what becomes of the merges on record by something that is about to be decided. */
export function* planSlices(
  db: Database,
  decided: (records: readonly MergeRecord[]) => readonly MergeRecord[] = (records) => records,
): Generator<void, PeoplePlan> {
  const decisions = decisionsOf(decided(mergeRecords(db)));
  const own = [...new Set([...ownAddresses(db), ...decisions.ownAddresses])];
  const cards = yield* storedCardSlices(db);
  const people = yield* unitePeopleSlices(cards, decisions);
  const index = identifierIndex(people);
  return { people, me: ownerAmong(people, index, own), index, own: new Set(own) };
}

/** The card that is marked as the owner's, else the one person who has an address of the owner. */
function ownerAmong(
  people: readonly Person[],
  index: ReadonlyMap<string, Person>,
  own: readonly string[],
): Person | null {
  const marked = people.find((person) => person.isMe);
  if (marked !== undefined) return marked;
  const holders = new Set(own.flatMap((address) => index.get(address) ?? []));
  return holders.size === 1 ? must([...holders][0], 'there is one') : null;
}

function ownAddresses(db: Database): string[] {
  return db
    .all<{ address: string }>('SELECT DISTINCT address FROM own_addresses ORDER BY address')
    .map(({ address }) => address);
}

/** Adds what a source says of the owner's addresses. True when there was something new. */
export function addOwnAddresses(db: Database, addresses: readonly { value: string }[], sourceId: number): boolean {
  let added = 0;
  for (const { value } of addresses) {
    added += db.run('INSERT OR IGNORE INTO own_addresses (address, source_id) VALUES (?, ?)', value, sourceId).changes;
  }
  if (added > 0) peopleChanged(db);
  return added > 0;
}
