import { finish, paused } from '../kernel/index.ts';
import type { Address } from './addresses.ts';
import { type CardName, cardName, isSameName, NAMELESS, namesAgree } from './card-names.ts';
import { type KeyedCard, LINKING_KINDS } from './cards.ts';
import { isParted, NO_RULES, type PeopleRules, Rulings } from './people-rules.ts';

/** One person (or firm): a card of an address book, or several that are certain to be of one person. */
export type Person = {
  /** Stable: the smallest key of the cards; of a person without a card, made of the smallest address. */
  key: string;
  name: string | null;
  isMe: boolean;
  isOrganization: boolean;
  /** Normalised, unique, in the order of the cards and on each card. */
  identifiers: Address[];
  /** Keys of the cards, sorted. */
  cards: string[];
  /** Those of the identifiers that are here because the user said so. */
  decided: string[];
};

/** `card` null: an address that the user gave to somebody, and that no card stands for. */
type Entry = { key: string; card: KeyedCard | null; name: CardName; identifiers: Address[] };
/** Cards that certainly belong together: connected, and of exactly one name, or all without a name. */
type Unit = { entries: Entry[] /** Different divisions of the one name. */; names: CardName[]; neighbours: Set<Unit> };

/**
 * Unites cards into people. Two cards are of one person only when something connects them (a shared phone or e-mail,
 * or Apple's own link) and their names agree; neither is enough alone. A card whose name fits several (one without a
 * name, or without a middle name) joins only where all that it connects agree with one another: it never glues two
 * people together. What the user decided goes before all of this, and cards marked as the owner's are all the
 * owner's. The result depends on the set of cards and decisions, not on their order.
 */
export function unitePeople(cards: readonly KeyedCard[], rules: PeopleRules = NO_RULES): Person[] {
  return finish(unitePeopleSlices(cards, rules));
}

/** So many cards are looked at between two pauses: a millisecond or so. */
const SLICE = 200;

/** The same, pausing now and then. */
export function* unitePeopleSlices(
  cards: readonly KeyedCard[],
  rules: PeopleRules = NO_RULES,
): Generator<void, Person[]> {
  const rulings = new Rulings(rules);
  const entries: Entry[] = [];
  yield* paused(cards, SLICE, (card) => entries.push(readCard(card, rulings)));
  entries.sort((a, b) => compare(a.key, b.key));
  const units = yield* uniteEqualNames(entries, rulings);
  yield* connectAgreeing(units, rulings);
  const certain: Entry[][] = [];
  yield* paused(yield* components(units, rulings), SLICE, (component) => {
    const parts = allAgree(component, rulings) ? [component] : component.map((unit) => [unit]);
    certain.push(...parts.map((part) => part.flatMap((unit) => unit.entries)));
  });
  const joined = rulings.join(certain, givenAddress);
  const people: Person[] = [];
  yield* paused(joined, SLICE, (group) => people.push(describe(group, rulings)));
  return people.sort((a, b) => compare(a.key, b.key));
}

/**
 * Which person an address stands for. Where several have it: whom the user gave it to, a person before a firm, one with
 * a name before one without, then the smallest key.
 */
export function identifierIndex(people: readonly Person[]): Map<string, Person> {
  const index = new Map<string, Person>();
  for (const person of people) {
    for (const { value } of person.identifiers) {
      const known = index.get(value);
      if (known === undefined || precedes(person, known, value)) index.set(value, person);
    }
  }
  return index;
}

function precedes(a: Person, b: Person, address: string): boolean {
  const isDecided = a.decided.includes(address);
  if (isDecided !== b.decided.includes(address)) return isDecided;
  if (a.isOrganization !== b.isOrganization) return b.isOrganization;
  if ((a.name === null) !== (b.name === null)) return b.name === null;
  return a.key < b.key;
}

function readCard(card: KeyedCard, rulings: Rulings): Entry {
  const identifiers = card.identifiers.filter(({ value }) => !rulings.isTakenFrom(card.key, value));
  const isMe = rulings.isOwn(card);
  return { key: card.key, card: isMe === card.isMe ? card : { ...card, isMe }, name: cardName(card), identifiers };
}

/** An address that the user gave to somebody, as if it were a card without a name. */
function givenAddress(key: string, address: Address): Entry {
  return { key, card: null, name: NAMELESS, identifiers: [address] };
}

/** What connects a card with others. Short codes and senders are shared by strangers; phones and e-mails identify. */
function connections(entry: Entry): string[] {
  const shared = entry.identifiers.filter(({ kind }) => LINKING_KINDS.has(kind)).map(({ value }) => value);
  const link = entry.card?.linkId ?? null;
  return link === null ? shared : [...shared, `link ${link}`];
}

/** Cards of equal names (and those without any) that something connects, directly or through each other. */
function* uniteEqualNames(entries: readonly Entry[], rulings: Rulings): Generator<void, Unit[]> {
  const leaders = entries.map((_, index) => index);
  const leaderOf = (index: number): number => {
    let leader = index;
    while (leaders[leader] !== leader) {
      leaders[leader] = leaders[leaders[leader] ?? leader] ?? leader;
      leader = leaders[leader] ?? leader;
    }
    return leader;
  };
  const members = entries.map((entry) => [entry.key]);
  const unite = (index: number, other: number) => {
    const [one, two] = [leaderOf(index), leaderOf(other)];
    if (one === two || isParted(rulings, members[one] ?? [], members[two] ?? [])) return;
    leaders[one] = two;
    if (rulings.partsAny) members[two]?.push(...(members[one] ?? []));
  };
  const met = new Map<string, number[]>();
  yield* paused(entries, SLICE, (entry, index) => {
    for (const connection of connections(entry)) {
      const meeting = `${connection}\n${entry.name.folded}`;
      const others = met.get(meeting);
      if (others === undefined) met.set(meeting, [index]);
      else {
        for (const other of others) unite(index, other);
        // One stands for all that are united with it; those that were parted have to be met one by one.
        if (rulings.parts(entry.key)) others.push(index);
      }
    }
  });
  const units = new Map<number, Unit>();
  yield* paused(entries, SLICE, (entry, index) => {
    const leader = leaderOf(index);
    const unit = units.get(leader) ?? { entries: [], names: [], neighbours: new Set() };
    unit.entries.push(entry);
    if (!unit.names.some((name) => isSameName(name, entry.name))) unit.names.push(entry.name);
    units.set(leader, unit);
  });
  return [...units.values()];
}

/** Makes neighbours of the units that something connects and whose names, though not equal, agree. */
function* connectAgreeing(units: readonly Unit[], rulings: Rulings): Generator<void> {
  // Only units that are alike can agree, so that a switchboard's number on thousands of cards costs no pairs.
  const meetings = new Map<string, Set<Unit>>();
  const meet = (place: string, unit: Unit) => {
    const known = meetings.get(place);
    if (known === undefined) meetings.set(place, new Set([unit]));
    else known.add(unit);
  };
  const nameless = new Map<string, Unit[]>();
  yield* paused(units, SLICE, (unit) => {
    for (const entry of unit.entries) {
      for (const connection of connections(entry)) {
        if (entry.name.folded === '') addOnce(nameless, connection, unit);
        else if (entry.name.outer !== null) meet(`${connection}\n${entry.name.outer}`, unit);
        else if (rulings.partsAny) meet(`${connection}\n${entry.name.folded}`, unit);
      }
    }
  });
  yield* paused(meetings.values(), SLICE, (alike) => {
    for (const a of alike) for (const b of alike) if (a !== b && unitsAgree(a, b, rulings)) a.neighbours.add(b);
  });
  yield* paused(units, SLICE, (unit) => {
    for (const entry of unit.entries) {
      if (entry.name.folded === '') continue;
      for (const connection of connections(entry)) {
        for (const other of nameless.get(connection) ?? []) {
          if (!unitsAgree(unit, other, rulings)) continue;
          unit.neighbours.add(other);
          other.neighbours.add(unit);
        }
      }
    }
  });
}

/** The last one alone is looked at: units come one after the other. */
function addOnce(lists: Map<string, Unit[]>, key: string, unit: Unit): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [unit]);
  else if (list.at(-1) !== unit) list.push(unit);
}

/** The connected parts of the graph, after taking out every unit whose neighbours disagree among themselves. */
function* components(units: readonly Unit[], rulings: Rulings): Generator<void, Unit[][]> {
  const ambiguous = new Set<Unit>();
  yield* paused(units, SLICE, (unit) => {
    if (!allAgree([...unit.neighbours], rulings)) ambiguous.add(unit);
  });
  const seen = new Set<Unit>();
  const found: Unit[][] = [];
  for (const start of units) {
    if (seen.has(start)) continue;
    seen.add(start);
    const component = [start];
    if (!ambiguous.has(start)) {
      // The list grows while it is walked.
      for (const unit of component) {
        for (const next of unit.neighbours) {
          if (seen.has(next) || ambiguous.has(next)) continue;
          seen.add(next);
          component.push(next);
        }
      }
    }
    found.push(component);
  }
  return found;
}

function allAgree(units: readonly Unit[], rulings: Rulings): boolean {
  return units.every((a, index) => units.every((b, other) => other <= index || unitsAgree(a, b, rulings)));
}

function unitsAgree(a: Unit, b: Unit, rulings: Rulings): boolean {
  const keys = (unit: Unit) => unit.entries.map((entry) => entry.key);
  if (rulings.partsAny && isParted(rulings, keys(a), keys(b))) return false;
  return a.names.every((one) => b.names.every((other) => namesAgree(one, other)));
}

function describe(entries: Entry[], rulings: Rulings): Person {
  const sorted = entries.sort((a, b) => compare(a.key, b.key));
  const named = sorted.filter((entry) => entry.name.folded !== '');
  const leading = named.filter((entry) => rulings.leads(entry.key));
  // The fullest spelling: "Anna B. Smith" before "Anna Smith".
  const fullest = (leading.length > 0 ? leading : named).reduce<Entry | null>(
    (best, entry) => (best === null || entry.name.folded.length > best.name.folded.length ? entry : best),
    null,
  );
  const identifiers = new Map<string, Address>();
  for (const entry of sorted) {
    for (const address of entry.identifiers)
      if (!identifiers.has(address.value)) identifiers.set(address.value, address);
  }
  return {
    key: sorted[0]?.key ?? '',
    name: fullest?.name.display ?? null,
    isMe: sorted.some((entry) => entry.card?.isMe === true),
    isOrganization: named.length > 0 && named.every((entry) => entry.card?.isOrganization || entry.name.isOrganization),
    identifiers: [...identifiers.values()],
    cards: sorted.flatMap((entry) => (entry.card === null ? [] : [entry.key])),
    decided: sorted.flatMap((entry) => (entry.card === null ? entry.identifiers.map(({ value }) => value) : [])),
  };
}

/** By code units: the same order on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
