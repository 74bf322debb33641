import type { Card } from '../sources/address-book/index.ts';
import { type Address, normaliseAddress } from './addresses.ts';
import { type CardName, cardName, isSameName, namesAgree } from './card-names.ts';
import type { Region } from './region.ts';

/** One person (or firm): a card of an address book, or several that are certain to be of one person. */
export type Person = {
  /** Stable: the smallest "source|uid" of the cards. */
  key: string;
  name: string | null;
  isMe: boolean;
  isOrganization: boolean;
  /** Normalised, unique, in the order of the cards and on each card. */
  identifiers: Address[];
  /** "source|uid" of the cards, sorted. */
  cards: string[];
};

/** People (by their keys, sorted) who share an identifier and were not united, since not all their names agree. */
export type Conflict = { keys: string[] };

type Entry = { key: string; card: Card; name: CardName; identifiers: Address[] };
/** Cards that certainly belong together: connected, and of exactly one name, or all without a name. */
type Unit = { entries: Entry[] /** Different divisions of the one name. */; names: CardName[]; neighbours: Set<Unit> };

/**
 * Unites cards into people. Two cards are of one person only when something connects them (a shared phone or e-mail,
 * or Apple's own link) and their names agree; neither is enough alone. A card whose name fits several (one without a
 * name, or without a middle name) joins only where all that it connects agree with one another: it never glues two
 * people together. The result depends on the set of cards, not on their order.
 */
export function unitePeople(
  cards: readonly Card[],
  region: Region | null,
): { people: Person[]; conflicts: Conflict[] } {
  const entries = cards.map((card) => readCard(card, region));
  const units = uniteEqualNames(entries);
  connectAgreeing(units);
  const people = components(units)
    .flatMap((component) => (allAgree(component) ? [component] : component.map((unit) => [unit])))
    .map((component) => describe(component.flatMap((unit) => unit.entries)))
    .sort((a, b) => compare(a.key, b.key));
  return { people, conflicts: conflictsOf(people) };
}

/**
 * Which person an address stands for. Where several have it: a person before a firm, one with a name before one
 * without, then the smallest key.
 */
export function identifierIndex(people: readonly Person[]): Map<string, Person> {
  const index = new Map<string, Person>();
  for (const person of people) {
    for (const { value } of person.identifiers) {
      const known = index.get(value);
      if (known === undefined || precedes(person, known)) index.set(value, person);
    }
  }
  return index;
}

function precedes(a: Person, b: Person): boolean {
  if (a.isOrganization !== b.isOrganization) return b.isOrganization;
  if ((a.name === null) !== (b.name === null)) return b.name === null;
  return a.key < b.key;
}

function readCard(card: Card, region: Region | null): Entry {
  const identifiers = new Map<string, Address>();
  for (const { value } of [...card.phones, ...card.emails]) {
    const address = normaliseAddress(value, region);
    if (address.value !== '' && !identifiers.has(address.value)) identifiers.set(address.value, address);
  }
  return {
    key: `${card.source}|${card.uid}`,
    card,
    name: cardName(card),
    identifiers: [...identifiers.values()],
  };
}

/** What connects a card with others. Short codes and senders are shared by strangers; phones and e-mails identify. */
function connections(entry: Entry): string[] {
  const shared = entry.identifiers.filter(({ kind }) => kind === 'phone' || kind === 'email').map(({ value }) => value);
  return entry.card.linkId === null ? shared : [...shared, `link ${entry.card.linkId}`];
}

/** Cards of equal names (and those without any) that something connects, directly or through each other. */
function uniteEqualNames(entries: readonly Entry[]): Unit[] {
  const leaders = entries.map((_, index) => index);
  const leaderOf = (index: number): number => {
    let leader = index;
    while (leaders[leader] !== leader) {
      leaders[leader] = leaders[leaders[leader] ?? leader] ?? leader;
      leader = leaders[leader] ?? leader;
    }
    return leader;
  };
  const first = new Map<string, number>();
  entries.forEach((entry, index) => {
    for (const connection of connections(entry)) {
      const meeting = `${connection}\n${entry.name.folded}`;
      const other = first.get(meeting);
      if (other === undefined) first.set(meeting, index);
      else leaders[leaderOf(index)] = leaderOf(other);
    }
  });
  const units = new Map<number, Unit>();
  entries.forEach((entry, index) => {
    const leader = leaderOf(index);
    const unit = units.get(leader) ?? { entries: [], names: [], neighbours: new Set() };
    unit.entries.push(entry);
    if (!unit.names.some((name) => isSameName(name, entry.name))) unit.names.push(entry.name);
    units.set(leader, unit);
  });
  return [...units.values()];
}

/** Makes neighbours of the units that something connects and whose names, though not equal, agree. */
function connectAgreeing(units: readonly Unit[]): void {
  // Only units that are alike can agree, so that a switchboard's number on thousands of cards costs no pairs.
  const meetings = new Map<string, Set<Unit>>();
  const meet = (place: string, unit: Unit) => {
    const known = meetings.get(place);
    if (known === undefined) meetings.set(place, new Set([unit]));
    else known.add(unit);
  };
  const nameless = new Map<string, Unit>();
  for (const unit of units) {
    for (const entry of unit.entries) {
      for (const connection of connections(entry)) {
        if (entry.name.folded === '') nameless.set(connection, unit);
        else if (entry.name.outer !== null) meet(`${connection}\n${entry.name.outer}`, unit);
      }
    }
  }
  for (const alike of meetings.values()) {
    for (const a of alike) for (const b of alike) if (a !== b && unitsAgree(a, b)) a.neighbours.add(b);
  }
  for (const unit of units) {
    for (const entry of unit.entries) {
      if (entry.name.folded === '') continue;
      for (const connection of connections(entry)) {
        const other = nameless.get(connection);
        if (other === undefined) continue;
        unit.neighbours.add(other);
        other.neighbours.add(unit);
      }
    }
  }
}

/** The connected parts of the graph, after taking out every unit whose neighbours disagree among themselves. */
function components(units: readonly Unit[]): Unit[][] {
  const ambiguous = new Set(units.filter((unit) => !allAgree([...unit.neighbours])));
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

function allAgree(units: readonly Unit[]): boolean {
  return units.every((a, index) => units.every((b, other) => other <= index || unitsAgree(a, b)));
}

function unitsAgree(a: Unit, b: Unit): boolean {
  return a.names.every((one) => b.names.every((other) => namesAgree(one, other)));
}

function describe(entries: Entry[]): Person {
  const sorted = entries.sort((a, b) => compare(a.key, b.key));
  const named = sorted.filter((entry) => entry.name.folded !== '');
  // The fullest spelling: "Anna B. Smith" before "Anna Smith".
  const fullest = named.reduce<Entry | null>(
    (best, entry) => (best === null || entry.name.folded.length > best.name.folded.length ? entry : best),
    null,
  );
  const identifiers = new Map<string, Address>();
  for (const entry of sorted) {
    for (const address of entry.identifiers)
      if (!identifiers.has(address.value)) identifiers.set(address.value, address);
  }
  const cards = sorted.map((entry) => entry.key);
  return {
    key: cards[0] ?? '',
    name: fullest?.name.display ?? null,
    isMe: sorted.some((entry) => entry.card.isMe),
    isOrganization: named.length > 0 && named.every((entry) => entry.card.isOrganization || entry.name.isOrganization),
    identifiers: [...identifiers.values()],
    cards,
  };
}

function conflictsOf(people: readonly Person[]): Conflict[] {
  const holders = new Map<string, string[]>();
  for (const person of people) {
    for (const { value, kind } of person.identifiers) {
      if (kind !== 'phone' && kind !== 'email') continue;
      const known = holders.get(value);
      if (known === undefined) holders.set(value, [person.key]);
      else known.push(person.key);
    }
  }
  const groups = new Map<string, Conflict>();
  for (const keys of holders.values()) if (keys.length > 1) groups.set(keys.join('\n'), { keys });
  return [...groups.keys()].sort(compare).flatMap((group) => groups.get(group) ?? []);
}

/** By code units: the same order on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
