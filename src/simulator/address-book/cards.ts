import type { Owner } from '../history/handles.ts';
import type { TruthContact } from '../history/truth.ts';
import { fictionalPhone, type Person } from '../people.ts';
import type { Random } from '../random.ts';

/** An identifier as its card has it, and as it reads when normalised. */
export type Typed = { typed: string; normal: string };

/** One card of an address book. */
export type Card = {
  first: string | null;
  last: string | null;
  nickname: string | null;
  organization: string | null;
  note: string | null;
  isMe: boolean;
  isCompany: boolean;
  phones: Typed[];
  emails: Typed[];
  /** Which store it is in: 0 is the root ("On My Mac"), others are accounts. */
  source: number;
};

/** How many stores the cards of `makeCards` lie in, the root included. */
export const SOURCE_COUNT = 3;

/** Beyond the serial numbers of the people of any history. */
const SERIALS_OF_STRANGERS = 4200;

/** A phone number as people type it. `phone` in E.164. */
export function typePhone(random: Random, phone: string): string {
  if (random.chance(0.4)) return phone;
  if (phone.startsWith('+1')) {
    const [area, exchange, line] = [phone.slice(2, 5), phone.slice(5, 8), phone.slice(8)];
    return random.pick([
      `(${area}) ${exchange}-${line}`,
      `${area}-${exchange}-${line}`,
      `${area}.${exchange}.${line}`,
      `+1 (${area}) ${exchange}-${line}`,
      `1 ${area} ${exchange} ${line}`,
      `+1\u00A0${area}\u00A0${exchange}\u00A0${line}`,
      `${area}${exchange}${line}`,
      `\u202A+1 ${area} ${exchange}-${line}\u202C`,
    ]);
  }
  const grouped = phone.slice(1).replace(/^(\d{2})(\d{3,4})(\d+)$/, '$1 $2 $3');
  return random.pick([`+${grouped}`, `00${phone.slice(1)}`, `00 ${grouped}`, `+${grouped.replaceAll(' ', '-')}`]);
}

/** A mail address as people type it. `email` in lower case. */
export function typeEmail(random: Random, email: string): string {
  const die = random.unit();
  if (die < 0.6) return email;
  if (die < 0.85) return email.replace(/(^|[.@])([a-z])/g, (_, before: string, c: string) => before + c.toUpperCase());
  return `<${email}>`;
}

function card(change: Partial<Card>): Card {
  return {
    first: null,
    last: null,
    nickname: null,
    organization: null,
    note: null,
    isMe: false,
    isCompany: false,
    phones: [],
    emails: [],
    source: 1,
    ...change,
  };
}

/**
 * The cards of an address book: about 60 % of `people`, odd cards of every sort, and strangers up to `count`. With
 * them the contacts that an import must make of them, in the order of their first cards.
 */
export function makeCards(
  random: Random,
  owner: Owner,
  people: readonly Person[],
  count: number,
): { cards: Card[]; contacts: TruthContact[] } {
  const phone = (value: string): Typed => ({ typed: typePhone(random, value), normal: value });
  const email = (value: string): Typed => ({ typed: typeEmail(random, value), normal: value });
  const stranger = (serial: number): Typed => phone(fictionalPhone(SERIALS_OF_STRANGERS + serial));
  const groups: Card[][] = [
    [
      card({
        first: 'Owen',
        last: 'Owner',
        isMe: true,
        phones: [phone(owner.phone)],
        emails: [email(owner.email)],
        source: 0,
      }),
    ],
    ...oddCards(stranger, email),
  ];
  for (const person of people) {
    if (!random.chance(0.6)) continue;
    const { first, last } = person;
    groups.push([
      card({
        first,
        last,
        nickname: random.chance(0.1) ? 'Nick' : null,
        note: random.chance(0.1) ? 'met on holiday' : null,
        phones: person.phones.map(phone),
        emails: person.emails.map(email),
        source: random.between(1, SOURCE_COUNT - 1),
      }),
    ]);
  }
  for (let serial = 100; groups.flat().length < count; serial += 1) {
    const source = random.between(1, SOURCE_COUNT - 1);
    groups.push([card({ first: 'Stranger', last: `No ${serial}`, phones: [stranger(serial)], source })]);
  }
  return { cards: groups.flat(), contacts: groups.map(toContact) };
}

/** Each inner list is one contact. */
function oddCards(stranger: (serial: number) => Typed, email: (value: string) => Typed): Card[][] {
  const shared = stranger(1);
  const office = stranger(2);
  return [
    // One person in two accounts: an identifier and the name in common.
    [
      card({ first: 'Dora', last: 'Double', phones: [shared], emails: [email('dora@example.com')], source: 1 }),
      card({ first: 'Dora', last: 'Double', phones: [shared, stranger(3)], source: 2 }),
    ],
    // Two people with one name.
    [card({ first: 'Sam', last: 'Same', phones: [stranger(4)], source: 1 })],
    [card({ first: 'Sam', last: 'Same', emails: [email('sam.same@example.org')], source: 2 })],
    // Two people and one office number.
    [card({ first: 'Olga', last: 'Office', phones: [office, stranger(5)], source: 1 })],
    [card({ first: 'Otto', last: 'Other', phones: [office], emails: [email('otto@example.com')], source: 1 })],
    [card({ phones: [stranger(6)], source: 1 })],
    [card({ organization: 'Example Bakery', isCompany: true, phones: [stranger(7)], source: 1 })],
    [card({ nickname: 'Bear', emails: [email('bear@example.com')], source: 2 })],
    [card({ first: 'Nora', last: 'Numberless', source: 2 })],
    [card({ first: 'Mono', phones: [stranger(8)], source: 2 })],
    [card({ last: 'Solo', phones: [stranger(9)], source: 1 })],
  ];
}

function toContact(cards: Card[]): TruthContact {
  const [first] = cards;
  const identifiers = new Set(cards.flatMap((c) => [...c.phones, ...c.emails].map((typed) => typed.normal)));
  return {
    name: first === undefined ? null : cardName(first),
    isMe: cards.some((c) => c.isMe),
    identifiers: [...identifiers].sort(),
    origin: 'address-book',
  };
}

/** First and last name, else the nickname, else the organisation. */
export function cardName(of: Card): string | null {
  const full = [of.first, of.last].filter((part) => part !== null).join(' ');
  return full.length > 0 ? full : (of.nickname ?? of.organization);
}
