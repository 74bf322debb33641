import { type Card, type CardAddress, repeatedUid } from './card.ts';
import { SLICE_ROWS } from './limits.ts';

/** Where a card shows an address: which table comes first, then the order that the table gives, then its rows'. */
export type Place = { table: number; order: number; row: number };

/** The places of `addresses`, in their order: three numbers for each, because there are many and none is kept. */
type Shown = { addresses: CardAddress[]; places: number[] };
type Draft = { row: number; card: Card; phones: Shown | null; emails: Shown | null };

const NUMBERS_OF_A_PLACE = 3;

/**
 * The cards of one book while they are read. Rows come in the order in which they lie in the file, since a damaged
 * file cannot be read in any other; what is shown in an order is put in its place here, card by card.
 */
export class Drafts {
  readonly #byRow = new Map<unknown, Draft>();
  readonly #byUid = new Map<string, Draft>();

  /** Adds a card without addresses. Of cards that claim one identity the lowest row has it, whichever is read first. */
  add(row: number, card: Card): void {
    const draft: Draft = { row, card, phones: null, emails: null };
    const holder = this.#byUid.get(card.uid);
    if (holder === undefined || row < holder.row) this.#byUid.set(card.uid, draft);
    if (holder !== undefined) {
      const later = row < holder.row ? holder : draft;
      later.card.uid = repeatedUid(card.uid, later.row);
    }
    this.#byRow.set(row, draft);
  }

  /** Adds an address to the card in row `owner`; an owner that is no card has none. */
  addAddress(owner: unknown, kind: 'phones' | 'emails', address: CardAddress, place: Place): void {
    const draft = this.#byRow.get(owner);
    if (draft === undefined) return;
    const shown = draft[kind];
    if (shown !== null) insert(shown, address, place);
    else draft[kind] = { addresses: [address], places: [place.table, place.order, place.row] };
  }

  /** The cards with their addresses, in the order in which they were added. */
  *finish(): Generator<void, Card[], void> {
    const cards: Card[] = [];
    let work = 0;
    for (const { card, phones, emails } of this.#byRow.values()) {
      if (phones !== null) card.phones = eachOnce(phones.addresses);
      if (emails !== null) card.emails = eachOnce(emails.addresses);
      cards.push(card);
      work += 1 + card.phones.length + card.emails.length;
      if (work < SLICE_ROWS) continue;
      work = 0;
      yield;
    }
    return cards;
  }
}

/** Most rows lie in the order in which they are shown, so that the place is looked for from the end. */
function insert({ addresses, places }: Shown, address: CardAddress, place: Place): void {
  let at = addresses.length;
  while (at > 0 && isBefore(place, places, (at - 1) * NUMBERS_OF_A_PLACE)) at -= 1;
  addresses.splice(at, 0, address);
  places.splice(at * NUMBERS_OF_A_PLACE, 0, place.table, place.order, place.row);
}

function isBefore({ table, order, row }: Place, places: readonly number[], at: number): boolean {
  const [otherTable = 0, otherOrder = 0, otherRow = 0] = [places[at], places[at + 1], places[at + 2]];
  return (table - otherTable || order - otherOrder || row - otherRow) < 0;
}

/** The addresses, each letter for letter once: the first one's label counts. */
function eachOnce(addresses: CardAddress[]): CardAddress[] {
  if (addresses.length === 1) return addresses;
  const known = new Set<string>();
  return addresses.filter(({ value }) => {
    if (known.has(value)) return false;
    known.add(value);
    return true;
  });
}
