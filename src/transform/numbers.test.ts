import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { normaliseAddress, normaliseInRegions } from './addresses.ts';

const value = (typed: string, region: string | null) => normaliseAddress(typed, region).value;

describe('numbers that are alike stay apart', () => {
  it.each([
    ['the same last ten digits in Britain and the US', '+442079460958', '+12079460958'],
    ['the same last ten digits in Mexico and the US', '+525512345678', '+15512345678'],
    ['the same last ten digits in India and the US', '+919876543210', '+19876543210'],
    ['the same last nine digits in France and Spain', '+33612345678', '+34612345678'],
    ['an Italian number with and without its zero', '+390612345678', '+39612345678'],
    ['an Argentinian fixed line and a mobile', '+541123456789', '+5491123456789'],
    ['a Brazilian number with eight digits and one with nine', '+551191234567', '+5511991234567'],
    ['two countries of the Caribbean', '+12425550123', '+18765550123'],
    ['a short code and a number that ends with it', '22000', '+14155022000'],
    ['a sender and the digits on its keys', 'AMAZON', '262966'],
    ['two senders', 'AMAZON', 'CHASE'],
  ])('%s', (_what, one, other) => {
    for (const region of [null, 'US', 'GB', 'MX', 'IT', 'AR', 'BR', 'BS']) {
      expect(value(one, region)).toBe(one);
      expect(value(other, region)).toBe(other);
    }
  });

  it('the same digits are two numbers in two countries', () => {
    const typed = '06 12 34 56 78';
    expect([value(typed, 'FR'), value(typed, 'IT'), value(typed, 'US')]).toEqual([
      '+33612345678',
      '+390612345678',
      '0612345678',
    ]);
  });

  it('no digit is made up: an old Brazilian mobile stays as short as it is', () => {
    expect(value('(11) 9123-4567', 'BR')).toBe('+551191234567');
  });

  it('a number behind a trunk zero is no number of a country without one', () => {
    for (const typed of ['030 1234567', '0412 345 678']) expect(value(typed, 'US')).toBe(typed.replaceAll(' ', ''));
  });

  it('short codes and services keep their digits', () => {
    expect(value('131234', 'AU')).toBe('131234');
    expect(value('1300 123 456', 'AU')).toBe('+611300123456');
    expect(value('0800 123 4567', 'BR')).toBe('+558001234567');
  });
});

describe('an address book of several regions', () => {
  it.each([
    ['a German number of an American', '030 1234567', ['US', 'DE'], '+49301234567'],
    ['an American number of a German', '(415) 555-0123', ['DE', 'US'], '+14155550123'],
    ['a number of the first region', '(415) 555-0123', ['US', 'DE'], '+14155550123'],
    ['a number of both, as in the first', '06 12 34 56 78', ['FR', 'DE'], '+33612345678'],
    ['a French number of a Spaniard', '06 12 34 56 78', ['ES', 'FR'], '+33612345678'],
    ['an Indian mobile, whose zero may be left out', '98765 43210', ['US', 'IN'], '+919876543210'],
    [
      'one with a zero that somebody has lost, where no other plan has it',
      '171 1234567',
      ['US', 'DE'],
      '+491711234567',
    ],
    ['the third region', '0412 345 678', ['US', 'ES', 'AU'], '+61412345678'],
    ['made up, but written as in the first', '(555) 123-4567', ['US', 'DE'], '+15551234567'],
    ['the same with a plan that has it behind a zero', '(555) 000-1234', ['US', 'GB'], '+15550001234'],
    ['possible in the second, valid in none', '07700 900123', ['US', 'GB'], '+447700900123'],
    ['with its country', '+33 (0)6 12 34 56 78', ['US', 'DE'], '+33612345678'],
    ['with the prefix of the second region', '0011 39 06 1234 5678', ['ES', 'AU'], '+390612345678'],
    ['possible nowhere', '123 4567 8901 2345', ['US', 'GB'], '123456789012345'],
    ['a short code', '22000', ['US', 'DE'], '22000'],
    ['a sender', 'AMAZON', ['US', 'DE'], 'AMAZON'],
    ['an e-mail', 'Anna@Example.com', ['US', 'DE'], 'anna@example.com'],
    ['no region', '(415) 555-0123', [], '4155550123'],
  ])('%s', (_what, typed, regions, address) => {
    expect(normaliseInRegions(typed, regions).value).toBe(address);
  });
});

describe('laws of numbers', () => {
  const regions = fc.uniqueArray(
    fc.constantFrom('US', 'GB', 'DE', 'FR', 'IT', 'MX', 'BR', 'JP', 'IN', 'AU', 'AR', 'AQ'),
    {
      maxLength: 4,
    },
  );
  const typed = fc.oneof(
    fc.stringMatching(/^(00|011|0)?[0-9]{5,13}$/),
    fc.stringMatching(/^\+?(1|44|49|39|52|54|55|7|225|880)?[ (]?0?[)]?[0-9]{3,12}$/),
    fc.string({ unit: 'binary', maxLength: 16 }),
    fc.constantFrom(
      '+54 (011) 15-2345-6789',
      '044 55 1234 5678',
      '+52 1 55 1234 5678',
      '(0xx11) 91234-5678',
      '49 171 1234567',
    ),
  );

  it('normalising in several regions is total and idempotent, and in one region nothing new', () => {
    fc.assert(
      fc.property(typed, regions, (raw, list) => {
        const once = normaliseInRegions(raw, list);
        expect(normaliseInRegions(once.value, list)).toEqual(once);
        if (list.length < 2) expect(once).toEqual(normaliseAddress(raw, list[0] ?? null));
      }),
      { numRuns: 3_000 },
    );
  });

  it('what comes of several regions is what comes of one of them', () => {
    fc.assert(
      fc.property(typed, regions, (raw, list) => {
        fc.pre(list.length > 0);
        expect(list.map((region) => value(raw, region))).toContain(normaliseInRegions(raw, list).value);
      }),
    );
  });

  it('a number with a plus changes only to one that its plan has, from one that it has not', () => {
    const plus = fc.oneof(
      fc.stringMatching(/^\+[1-9][0-9]{6,14}$/),
      fc.stringMatching(/^\+(44|49|52|54|55|61|81|225|242)0?[0-9]{7,11}$/),
    );
    fc.assert(
      fc.property(plus, (number) => {
        const address = value(number, null);
        if (address === number) return;
        expect(address.length).toBeLessThan(number.length);
        const read = parsePhoneNumberFromString(number);
        expect(read?.isValid() === true && read.number === number).toBe(false);
        expect(parsePhoneNumberFromString(address)?.isPossible()).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
