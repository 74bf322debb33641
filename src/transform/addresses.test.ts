import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress } from './addresses.ts';

const value = (raw: string, region: string | null = null) => normaliseAddress(raw, region).value;
const kind = (raw: string, region: string | null = null) => normaliseAddress(raw, region).kind;

describe('phones', () => {
  it.each([
    ['US', '(415) 555-0123', '+14155550123'],
    ['US', '1 415 555 0123', '+14155550123'],
    ['US', '415.555.0123', '+14155550123'],
    ['US', '011 44 20 7946 0958', '+442079460958'],
    ['CA', '604 555 0100', '+16045550100'],
    ['GB', '020 7946 0958', '+442079460958'],
    ['GB', '07700 900123', '+447700900123'],
    ['DE', '030 / 123456', '+4930123456'],
    ['DE', '0171 1234567', '+491711234567'],
    ['AT', '0664 1234567', '+436641234567'],
    ['CH', '079 123 45 67', '+41791234567'],
    ['FR', '06 12 34 56 78', '+33612345678'],
    ['ES', '612 345 678', '+34612345678'],
    ['IT', '06 1234 5678', '+390612345678'],
    ['IT', '338 123 4567', '+393381234567'],
    ['AR', '011 15-2345-6789', '+5491123456789'],
    ['MX', '55 1234 5678', '+525512345678'],
    ['MX', '044 55 1234 5678', '+525512345678'],
    ['MX', '1 55 1234 5678', '+525512345678'],
    ['BR', '(11) 91234-5678', '+5511912345678'],
    ['JP', '090-1234-5678', '+819012345678'],
    ['KR', '010-1234-5678', '+821012345678'],
    ['CN', '138 1234 5678', '+8613812345678'],
    ['HK', '2345 6789', '+85223456789'],
    ['IN', '098765 43210', '+919876543210'],
    ['AU', '0412 345 678', '+61412345678'],
    ['AU', '0011 1 212 555 0100', '+12125550100'],
    ['RU', '8 (912) 345-67-89', '+79123456789'],
    ['SA', '٠٥٠١٢٣٤٥٦٧', '+966501234567'],
  ])('in %s, %s is %s', (region, typed, e164) => {
    expect(normaliseAddress(typed, region)).toEqual({ value: e164, kind: 'phone' });
  });

  it.each([
    ['+1 (415) 555-0123', '+14155550123'],
    ['(+44) 20 7946 0958', '+442079460958'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    ['+39 (0)6 1234 5678', '+390612345678'],
    ['tel:+1-212-555-0100', '+12125550100'],
    ['+1 212 555 0100;ext=12', '+12125550100'],
    ['+1 212 555 0100 x123', '+12125550100'],
    ['+1 212 555 0100 ext. 123', '+12125550100'],
    ['+12125550100,,123#', '+12125550100'],
    ['+15551230000(smsft)', '+15551230000'],
    ['+15551230000(smsft_rm)', '+15551230000'],
    ['+15551230000(smsfp)', '+15551230000'],
    ['\u202a+1\u00a0(415)\u00a0555\u20110123\u202c', '+14155550123'],
    ['+4\u00ad920 1234567', '+49201234567'],
    ['＋８１ ９０ー１２３４ー５６７８', '+819012345678'],
    ['\u200f+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧', '+966501234567'],
    ['00 44 20 7946 0958', '+442079460958'],
  ])('%j is %s in every region', (typed, e164) => {
    for (const region of [null, 'US', 'GB', 'DE', 'AU', 'JP', 'ID', 'TH', 'BR']) {
      expect(normaliseAddress(typed, region)).toEqual({ value: e164, kind: 'phone' });
    }
  });

  it('keeps the digits of a number with a plus, even where no numbering plan knows them', () => {
    expect(value('+1 555 010')).toBe('+1555010');
    expect(value('+999 12 34')).toBe('+9991234');
    expect(value('+44 0 555 01')).toBe('+44055501');
  });

  it('L30: does not join by the last ten digits, and joins a national and an international spelling', () => {
    expect(value('+44 20 7946 0958')).not.toBe(value('+1 207 946 0958'));
    expect(value('020 7946 0958', 'GB')).toBe(value('+44 20 7946 0958', 'GB'));
    expect(value('2079460958', 'US')).toBe('+12079460958');
    expect(value('+49 171 5550123')).not.toBe(value('171 555 0123', 'US'));
  });

  it('leaves the digits of a local number as they are where the area code is missing', () => {
    expect(normaliseAddress('555-0123', 'US')).toEqual({ value: '5550123', kind: 'phone' });
    expect(value('7946 0958', 'GB')).toBe('79460958');
  });

  it('leaves the digits of a national number as they are when no region, or none with a plan, is known', () => {
    expect(value('(415) 555-0123', null)).toBe('4155550123');
    expect(value('(415) 555-0123', 'AQ')).toBe('4155550123');
    expect(value('(415) 555-0123', 'nowhere')).toBe('4155550123');
    expect(value('518 653 7460', 'US')).toBe('+15186537460');
  });
});

describe('short codes, senders, businesses', () => {
  it.each(['22000', '898287', '110', '112', '11', '131234'])('leaves the short code %s as it is', (code) => {
    for (const region of [null, 'US', 'DE', 'AU']) {
      expect(normaliseAddress(code, region)).toEqual({ value: code, kind: 'short-code' });
    }
  });

  it('strips the mark of a filter from a short code and a sender', () => {
    expect(value('22000(smsft)', 'US')).toBe('22000');
    expect(value('AMAZON(smsft_rm)', 'US')).toBe('AMAZON');
    expect(value('Amazon (smsft)', 'US')).toBe('Amazon');
  });

  it.each(['AMAZON', 'CHASE', 'Vodafone 5G', 'AD-HDFCBK', '1-800-FLOWERS', '4x4', '7Eleven', 'Сбербанк', '淘宝', 'O2'])(
    'L30: leaves the alphanumeric sender %s as it is, apart from every other',
    (sender) => {
      for (const region of [null, 'US', 'GB']) {
        expect(normaliseAddress(sender, region)).toEqual({ value: sender, kind: 'name' });
      }
    },
  );

  it('leaves a business address as it is, its case too', () => {
    const urn = 'urn:biz:4A1b2C3d-0000-4000-8000-00805F9B34FB';
    expect(normaliseAddress(urn, 'US')).toEqual({ value: urn, kind: 'business' });
  });

  it('keeps a joiner inside a name, and drops the marks around it', () => {
    expect(value('\u202bمی\u200cخواهم\u202c')).toBe('می\u200cخواهم');
  });

  it('leaves what is none of these as it is', () => {
    expect(normaliseAddress('', 'US')).toEqual({ value: '', kind: 'unknown' });
    expect(normaliseAddress('*100#', 'US')).toEqual({ value: '*100#', kind: 'unknown' });
    expect(normaliseAddress('+', 'US')).toEqual({ value: '+', kind: 'unknown' });
  });
});

describe('e-mails', () => {
  it.each([
    ['Anna.Smith@Example.COM', 'anna.smith@example.com'],
    ['  anna@example.com\n', 'anna@example.com'],
    ['<Anna@example.com>', 'anna@example.com'],
    ['Anna Smith <anna@example.com>', 'anna@example.com'],
    ['mailto:Anna@example.com?subject=Hi', 'anna@example.com'],
    ['\u200eanna@exam\u00adple.com', 'anna@example.com'],
    ['ÄNNE@münchen.example', 'änne@münchen.example'],
    ['bot@rbm.goog', 'bot@rbm.goog'],
  ])('%j is %s', (typed, email) => {
    expect(normaliseAddress(typed, 'US')).toEqual({ value: email, kind: 'email' });
  });

  it('does not take a name with an at sign for one', () => {
    expect(kind('Sale @ Macys')).toBe('name');
  });
});

describe('laws', () => {
  const region = fc.constantFrom(
    null,
    'US',
    'GB',
    'DE',
    'IT',
    'AR',
    'MX',
    'AU',
    'JP',
    'BR',
    'ID',
    'SG',
    'HK',
    'RU',
    'AQ',
  );
  const piece = fc.oneof(
    fc.constantFrom(
      '+',
      '00',
      '0',
      '011',
      '1',
      '44',
      '39',
      '52',
      '(0)',
      '(',
      ')',
      '-',
      ' ',
      '\u00a0',
      '\u202a',
      '\u00ad',
    ),
    fc.constantFrom(
      'tel:',
      'TEL:',
      'mailto:',
      'urn:biz:',
      '(smsft)',
      '(sms)',
      ';ext=',
      ' x',
      ',',
      '#',
      'p',
      'ext',
      '*',
    ),
    fc.constantFrom('<', '>', '@', '?', 'a', 'İ', '٣', '７', '＋', 'ß', '\u200d', '\n', '.', 'Name '),
    fc.stringMatching(/^[0-9]{1,9}$/),
  );
  const typed = fc.oneof(
    fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 24 }),
    fc.stringMatching(/^[0-9]{5,16}$/),
  );

  it('normalising is total and idempotent', () => {
    fc.assert(
      fc.property(typed, region, (raw, where) => {
        const once = normaliseAddress(raw, where);
        expect(normaliseAddress(once.value, where)).toEqual(once);
      }),
      { numRuns: 5_000 },
    );
  });

  it('E.164 and e-mails are returned as they came, whatever the region', () => {
    // No zero and no "1" behind the country's code, which may be a prefix that does not belong there.
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9][2-9]{6,13}$/), fc.emailAddress(), region, (phone, email, where) => {
        expect(normaliseAddress(phone, where)).toEqual({ value: phone, kind: 'phone' });
        expect(normaliseAddress(email.toLowerCase(), where)).toEqual({ value: email.toLowerCase(), kind: 'email' });
      }),
    );
  });

  it.each(['p', ' ', '1x', '1 ', 'x ', '\u202a', '(sms', '<a', '+', '(0)', 'tel:', 'mailto:'])(
    'no text takes more than a moment: %j over and over',
    (part) => {
      for (const length of [60, 1_000, 100_000]) {
        const raw = `1${part.repeat(length / part.length)}!`;
        expect(value(value(raw, 'US'), 'US')).toBe(value(raw, 'US'));
      }
    },
  );

  it('nothing but blanks and marks becomes empty', () => {
    fc.assert(
      fc.property(typed, region, (raw, where) => {
        const visible = /[^\s\p{Cc}\p{Cf}]/u.test(raw);
        expect(value(raw, where) !== '').toBe(visible);
      }),
    );
  });
});
