import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Card } from '../sources/address-book/index.ts';
import { keyCard } from './cards.ts';
import { identifierIndex, type Person, unitePeople as uniteKeyed } from './people.ts';

type Sketch = Partial<Omit<Card, 'phones' | 'emails'>> & { phones?: string[]; emails?: string[] };

let serial = 0;

function card(sketch: Sketch): Card {
  serial += 1;
  const { phones = [], emails = [], ...rest } = sketch;
  return {
    source: 'local',
    uid: `uid-${String(serial).padStart(5, '0')}`,
    firstName: null,
    middleName: null,
    lastName: null,
    nickname: null,
    organization: null,
    isOrganization: false,
    isMe: false,
    linkId: null,
    ...rest,
    phones: phones.map((value) => ({ value, label: null })),
    emails: emails.map((value) => ({ value, label: null })),
  };
}

const unitePeople = (cards: readonly Card[], region: string | null) =>
  uniteKeyed(cards.map((one) => keyCard(one, region === null ? [] : [region])));
const unite = (...sketches: Sketch[]) => unitePeople(sketches.map(card), 'US');
/** How many people have this address. */
const holders = (people: readonly Person[], address: string) =>
  people.filter(({ identifiers }) => identifiers.some(({ value }) => value === address)).length;
const sizes = (...sketches: Sketch[]) =>
  unite(...sketches)
    .map((person) => person.cards.length)
    .sort();
const nameOf = (sketch: Sketch) => unite(sketch)[0]?.name;

describe('one card', () => {
  it('is one person with all its identifiers, normalised, in their order, once each', () => {
    const people = unite({
      uid: 'A:ABPerson',
      firstName: 'Anna',
      lastName: 'Smith',
      phones: ['(415) 555-0123', '+1 415 555 0123', '020 7946 0958'],
      emails: ['Anna@Example.com'],
    });
    expect(people).toEqual([
      {
        key: 'local|A:ABPerson',
        name: 'Anna Smith',
        isMe: false,
        isOrganization: false,
        identifiers: [
          { value: '+14155550123', kind: 'phone' },
          { value: '02079460958', kind: 'phone' },
          { value: 'anna@example.com', kind: 'email' },
        ],
        cards: ['local|A:ABPerson'],
        decided: [],
      },
    ]);
  });

  it('L31: is one person, not one for every identifier', () => {
    expect(sizes({ firstName: 'Anna', phones: ['+14155550123', '+14155550124'], emails: ['a@example.com'] })).toEqual([
      1,
    ]);
  });

  it('has its full name, else its nickname, else its organisation, else none', () => {
    expect(nameOf({ firstName: ' Anna ', middleName: 'B.', lastName: 'Smith\u00a0 Jones', nickname: 'An' })).toBe(
      'Anna B. Smith Jones',
    );
    expect(nameOf({ lastName: 'Smith', organization: 'Acme' })).toBe('Smith');
    expect(nameOf({ nickname: 'An', organization: 'Acme' })).toBe('An');
    expect(nameOf({ firstName: '\u200b', organization: 'Acme' })).toBe('Acme');
    expect(nameOf({ phones: ['+14155550123'] })).toBeNull();
  });

  it('is a firm when it is marked as one or names nothing else', () => {
    const isFirm = (sketch: Sketch) => unite(sketch)[0]?.isOrganization;
    expect(isFirm({ organization: 'Acme' })).toBe(true);
    expect(isFirm({ organization: 'Acme', firstName: 'Anna', isOrganization: true })).toBe(true);
    expect(isFirm({ organization: 'Acme', firstName: 'Anna' })).toBe(false);
    expect(isFirm({})).toBe(false);
  });
});

describe('uniting', () => {
  const anna = { firstName: 'Anna', lastName: 'Smith' };
  const phones = ['+14155550123'];

  it('L35: one person split over two accounts is one, by phone or by mail', () => {
    const people = unite(
      { ...anna, source: 'A', uid: '1', phones: ['415 555 0123'], emails: ['anna@work.example'] },
      { ...anna, source: 'B', uid: '2', phones: ['+1 (415) 555-0123', '+14155550199'] },
      { ...anna, source: 'C', uid: '3', emails: ['ANNA@WORK.example'], isMe: true },
    );
    expect(people).toHaveLength(1);
    expect(people[0]).toMatchObject({ key: 'A|1', cards: ['A|1', 'B|2', 'C|3'], isMe: true });
    expect(people[0]?.identifiers.map(({ value }) => value)).toEqual([
      '+14155550123',
      'anna@work.example',
      '+14155550199',
    ]);
  });

  it('L31: two people of one name stay two', () => {
    expect(sizes({ ...anna, phones }, { ...anna, phones: ['+14155550124'] })).toEqual([1, 1]);
  });

  it('L31: a shared office address does not merge a person with the firm, and stays with both', () => {
    const people = unite(
      { uid: 'a', ...anna, emails: ['office@example.com'] },
      { uid: 'b', organization: 'Acme', isOrganization: true, emails: ['office@example.com'] },
    );
    expect(people).toHaveLength(2);
    expect(people.map(({ key }) => key)).toEqual(['local|a', 'local|b']);
    expect(holders(people, 'office@example.com')).toBe(2);
  });

  it('L30: does not unite cards that share a sender or a short code', () => {
    expect(sizes({ phones: ['AMAZON'] }, { phones: ['AMAZON'] })).toEqual([1, 1]);
    expect(sizes({ ...anna, phones: ['22000'] }, { ...anna, phones: ['22000'] })).toEqual([1, 1]);
  });

  it('takes names as agreeing that differ in case, accents, spacing and normal form', () => {
    expect(
      sizes(
        { firstName: 'José', lastName: 'García', phones },
        { firstName: 'JOSE\u0301 ', lastName: ' garcia', phones },
      ),
    ).toEqual([2]);
    expect(sizes({ firstName: 'Anna Smith', phones }, { ...anna, phones })).toEqual([2]);
  });

  it('does not take vowels and voicing of other scripts for accents', () => {
    expect(sizes({ firstName: 'कमल', phones }, { firstName: 'कोमल', phones })).toEqual([1, 1]);
    expect(sizes({ firstName: 'カク', phones }, { firstName: 'ガク', phones })).toEqual([1, 1]);
  });

  it('takes names as agreeing where one lacks the middle name, and keeps the fuller one', () => {
    const people = unite({ ...anna, phones }, { ...anna, middleName: 'Bea', phones });
    expect(people.map(({ name }) => name)).toEqual(['Anna Bea Smith']);
  });

  it('gives a nameless card the name of the one it meets', () => {
    const people = unite({ phones, emails: ['x@example.com'] }, { ...anna, phones });
    expect(people.map(({ name, identifiers }) => [name, identifiers.length])).toEqual([['Anna Smith', 2]]);
  });

  it("follows Apple's link only where names agree", () => {
    expect(sizes({ ...anna, linkId: 'L' }, { ...anna, linkId: 'L' })).toEqual([2]);
    expect(sizes({ ...anna, linkId: 'L' }, { firstName: 'Ben', linkId: 'L' })).toEqual([1, 1]);
  });

  it('never glues two people through a card without a name', () => {
    const people = unite(
      { ...anna, phones: ['+14155550123'] },
      { phones: ['+14155550123', '+14155550124'] },
      { firstName: 'Ben', phones: ['+14155550124'] },
    );
    expect(people.map(({ name }) => name)).toEqual(['Anna Smith', null, 'Ben']);
  });

  it('never glues two people through a chain of cards without a name', () => {
    const people = unite(
      { ...anna, phones: ['+14155550121'] },
      { phones: ['+14155550121', '+14155550122'] },
      { phones: ['+14155550122', '+14155550123'] },
      { firstName: 'Ben', phones: ['+14155550123'] },
    );
    expect(people.map(({ name, cards }) => [name, cards.length])).toEqual([
      ['Anna Smith', 1],
      [null, 2],
      ['Ben', 1],
    ]);
  });

  it('never glues two people through a card without a middle name', () => {
    const people = unite(
      { ...anna, middleName: 'Bea', phones },
      { ...anna, phones },
      { ...anna, middleName: 'Cleo', phones },
    );
    expect(people.map(({ name }) => name)).toEqual(['Anna Bea Smith', 'Anna Smith', 'Anna Cleo Smith']);
  });

  it('unites what is clear although another card beside it is not', () => {
    const people = unite(
      { uid: 'a', ...anna, phones: ['+14155550121'] },
      { uid: 'b', ...anna, middleName: 'Bea', phones: ['+14155550121', '+14155550122'] },
      { uid: 'c', ...anna, phones: ['+14155550122', '+14155550123'] },
      { uid: 'd', ...anna, middleName: 'Cleo', phones: ['+14155550123'] },
    );
    // The third could be of the second or of the fourth, so it is of neither.
    expect(people.map(({ cards }) => cards)).toEqual([['local|a', 'local|b'], ['local|c'], ['local|d']]);
  });

  it('unites what is clear although one of its cards shares a number with somebody else', () => {
    const people = unite(
      { uid: 'a', ...anna, phones: ['+14155550121'] },
      { uid: 'b', ...anna, middleName: 'Bea', phones: ['+14155550121', '+14155550122'] },
      { uid: 'c', ...anna, middleName: 'Cleo', phones: ['+14155550122'] },
    );
    expect(people.map(({ cards }) => cards)).toEqual([['local|a', 'local|b'], ['local|c']]);
  });

  it('never glues two people through cards each of which fits both of its neighbours', () => {
    const people = unite(
      { ...anna, middleName: 'Bea', phones: ['+14155550121'] },
      { phones: ['+14155550121', '+14155550122'] },
      { ...anna, phones: ['+14155550122', '+14155550123'] },
      { phones: ['+14155550123', '+14155550124'] },
      { ...anna, middleName: 'Cleo', phones: ['+14155550124'] },
    );
    expect(people).toHaveLength(5);
  });

  it('a number on a thousand cards of different people unites none of them', () => {
    const staff = Array.from({ length: 1_000 }, (_, index) => ({ firstName: `Worker ${index}`, phones }));
    const people = unite(...staff, { phones });
    expect(people).toHaveLength(1_001);
    expect(holders(people, '+14155550123')).toBe(1_001);
  });
});

describe('identifierIndex', () => {
  it('prefers a person to a firm, a named one to a nameless one, then the smallest key', () => {
    const phones = ['+14155550123'];
    const holder = (...sketches: Sketch[]) => identifierIndex(unite(...sketches)).get('+14155550123')?.key;
    expect(holder({ uid: 'a', organization: 'Acme', phones }, { uid: 'b', firstName: 'Anna', phones })).toBe('local|b');
    expect(holder({ uid: 'b', firstName: 'Ben', phones }, { uid: 'a', firstName: 'Anna', phones })).toBe('local|a');
    expect(
      holder({ uid: 'a', phones }, { uid: 'c', firstName: 'Ben', phones }, { uid: 'b', firstName: 'Anna', phones }),
    ).toBe('local|b');
    expect(holder({ firstName: 'Anna' })).toBeUndefined();
  });
});

describe('laws', () => {
  const sketch = fc.record({
    firstName: fc.constantFrom(null, 'Anna', 'anna', 'Ben'),
    middleName: fc.constantFrom(null, null, 'Bea', 'Cleo'),
    lastName: fc.constantFrom(null, 'Smith', 'SMITH', 'Jones'),
    organization: fc.constantFrom(null, null, 'Acme'),
    linkId: fc.constantFrom(null, null, 'L', 'M'),
    phones: fc.subarray(['+14155550120', '(415) 555-0120', '+14155550121', '+14155550122', '22000'], { maxLength: 2 }),
    emails: fc.subarray(['a@example.com', 'A@example.com', 'b@example.com'], { maxLength: 1 }),
  });
  const deck = fc
    .array(sketch, { maxLength: 9 })
    .map((sketches) => sketches.map((one, index) => card({ ...one, uid: `u${index}` })));

  it('the result does not depend on the order of the cards', () => {
    fc.assert(
      fc.property(
        deck.chain((cards) => fc.tuple(fc.constant(cards), fc.shuffledSubarray(cards, { minLength: cards.length }))),
        ([cards, shuffled]) => {
          expect(unitePeople(shuffled, 'US')).toEqual(unitePeople(cards, 'US'));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('people are a partition of the cards, and each person has the identifiers of its cards', () => {
    fc.assert(
      fc.property(deck, (cards) => {
        const people = unitePeople(cards, 'US');
        expect(people.flatMap((person) => person.cards).sort()).toEqual(cards.map(({ uid }) => `local|${uid}`).sort());
        for (const person of people) {
          const alone = cards
            .filter(({ uid }) => person.cards.includes(`local|${uid}`))
            .flatMap((one) => unitePeople([one], 'US')[0]?.identifiers ?? []);
          expect(new Set(person.identifiers.map(({ value }) => value))).toEqual(
            new Set(alone.map(({ value }) => value)),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('all cards of one person agree in pairs, by the words of the rule', () => {
    const words = (one: Card) => [one.firstName, one.middleName, one.lastName].map((part) => part?.toLowerCase() ?? '');
    const shown = (one: Card) => words(one).filter(Boolean).join(' ') || (one.organization?.toLowerCase() ?? '');
    const agree = (a: Card, b: Card) => {
      if (shown(a) === '' || shown(b) === '' || shown(a) === shown(b)) return true;
      const [first, middle, last] = words(a);
      const [otherFirst, otherMiddle, otherLast] = words(b);
      if (first === '' || last === '') return false;
      return first === otherFirst && last === otherLast && (middle === '' || otherMiddle === '');
    };
    fc.assert(
      fc.property(deck, (cards) => {
        for (const person of unitePeople(cards, 'US')) {
          const own = cards.filter(({ uid }) => person.cards.includes(`local|${uid}`));
          expect(own.every((a) => own.every((b) => agree(a, b)))).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('two cards alone are one person exactly when they share a phone or mail, or a link, and agree', () => {
    fc.assert(
      fc.property(sketch, sketch, (a, b) => {
        const pair = [card({ ...a, uid: 'a' }), card({ ...b, uid: 'b' })];
        const [first, second] = pair.map((one) => unitePeople([one], 'US')[0]);
        const shared =
          (a.linkId !== null && a.linkId === b.linkId) ||
          first?.identifiers.some(
            ({ value, kind }) => kind !== 'short-code' && second?.identifiers.some((other) => other.value === value),
          ) === true;
        const names = [first?.name ?? null, second?.name ?? null].map((name) => name?.toLowerCase() ?? null);
        const withoutMiddle = (one: typeof a) =>
          one.firstName !== null && one.lastName !== null ? `${one.firstName} ${one.lastName}`.toLowerCase() : null;
        const agree =
          names.includes(null) ||
          names[0] === names[1] ||
          (withoutMiddle(a) !== null &&
            withoutMiddle(a) === withoutMiddle(b) &&
            (a.middleName === null || b.middleName === null));
        expect(unitePeople(pair, 'US').length).toBe(shared && agree ? 1 : 2);
      }),
      { numRuns: 1_000 },
    );
  });
});
