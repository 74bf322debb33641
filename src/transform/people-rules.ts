import { type Address, normaliseAddress } from './addresses.ts';

/** One side of a decision: keys of cards, or, of somebody without a card, addresses. */
export type Anchors = { cards: readonly string[]; addresses: readonly string[] };

/**
 * What the user decided: who is one person (the first gives the name), and who is not; whose cards are the owner's, and
 * whose are not whatever they say.
 */
export type PeopleRules = {
  joined: readonly (readonly [Anchors, Anchors])[];
  parted: readonly (readonly [Anchors, Anchors])[];
  own: ReadonlySet<string>;
  notOwn: ReadonlySet<string>;
};

export const NO_RULES: PeopleRules = { joined: [], parted: [], own: new Set(), notOwn: new Set() };

type Keyed = { key: string };

/** Decisions, ready to be asked. An address without a card is known by a key of its own. */
export class Rulings {
  readonly #rules: PeopleRules;
  /** By key of a card: the cards it is not of one person with, and the addresses that are not its person's. */
  readonly #partedCards = new Map<string, Set<string>>();
  readonly #takenAddresses = new Map<string, Set<string>>();
  readonly #leading: Set<string>;

  constructor(rules: PeopleRules) {
    this.#rules = rules;
    for (const [one, other] of rules.parted) {
      this.#part(one, other);
      this.#part(other, one);
    }
    this.#leading = new Set(rules.joined.flatMap(([first]) => first.cards));
    for (const [, second] of rules.joined) for (const card of second.cards) this.#leading.delete(card);
  }

  get partsAny(): boolean {
    return this.#partedCards.size > 0;
  }

  /** Whether this card was ever parted from another. */
  parts(card: string): boolean {
    return this.#partedCards.has(card);
  }

  areParted(card: string, other: string): boolean {
    return this.#partedCards.get(card)?.has(other) === true;
  }

  /** Whether a card is the owner's: as it says, unless the user says otherwise. */
  isOwn({ key, isMe }: Keyed & { isMe: boolean }): boolean {
    return this.#rules.own.has(key) || (isMe && !this.#rules.notOwn.has(key));
  }

  isTakenFrom(card: string, address: string): boolean {
    return this.#takenAddresses.get(card)?.has(address) === true;
  }

  /** The name of this card goes before those of cards that the user joined to it. */
  leads(card: string): boolean {
    return this.#leading.has(card);
  }

  /**
   * Joins groups of entries that the user said are of one person, and those that hold the owner's cards. `given` makes
   * an entry of an address that no card stands for.
   */
  join<E extends Keyed & { card: { isMe: boolean } | null }>(
    groups: readonly E[][],
    given: (key: string, address: Address) => E,
  ): E[][] {
    const all = [...groups];
    const groupOf = new Map<string, number>();
    groups.forEach((group, index) => {
      for (const entry of group) groupOf.set(entry.key, index);
    });
    const leaders = new Map<number, number>();
    const leaderOf = (index: number): number => {
      const leader = leaders.get(index);
      return leader === undefined ? index : leaderOf(leader);
    };
    const unite = (indexes: readonly number[]) => {
      const [first, ...others] = [...new Set(indexes.map(leaderOf))].sort((a, b) => a - b);
      for (const other of others) if (first !== undefined) leaders.set(other, first);
    };
    const indexesOf = ({ cards, addresses }: Anchors): number[] => {
      if (cards.length > 0) return cards.flatMap((card) => groupOf.get(card) ?? []);
      return addresses.map((value) => {
        const key = `address|${value}`;
        const known = groupOf.get(key) ?? all.push([given(key, normaliseAddress(value, null))]) - 1;
        groupOf.set(key, known);
        return known;
      });
    };
    for (const [one, other] of this.#rules.joined) {
      const [first, second] = [indexesOf(one), indexesOf(other)];
      // One whose cards are all gone cannot be told any more.
      if (first.length > 0 && second.length > 0) unite([...first, ...second]);
    }
    const mine = groups.flatMap((group, index) => (group.some((entry) => entry.card?.isMe === true) ? [index] : []));
    const keysOf = (index: number) => (groups[index] ?? []).map((entry) => entry.key);
    unite(mine.filter((index) => !isParted(this, keysOf(mine[0] ?? 0), keysOf(index))));
    const joined = new Map<number, E[]>();
    all.forEach((group, index) => {
      const leader = leaderOf(index);
      joined.set(leader, [...(joined.get(leader) ?? []), ...group]);
    });
    return [...joined.values()];
  }

  #part(one: Anchors, other: Anchors): void {
    for (const card of one.cards) {
      for (const parted of other.cards) add(this.#partedCards, card, parted);
      if (other.cards.length === 0) for (const address of other.addresses) add(this.#takenAddresses, card, address);
    }
  }
}

export function isParted(rulings: Rulings, cards: readonly string[], others: readonly string[]): boolean {
  if (!rulings.partsAny) return false;
  return cards.some((card) => rulings.parts(card) && others.some((other) => rulings.areParted(card, other)));
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([value]));
  else known.add(value);
}
