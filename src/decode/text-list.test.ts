import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePlist } from '../simulator/index.ts';
import { readTextList } from './index.ts';

describe('a list of texts', () => {
  it('is read from a binary property list, and from XML', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[+\w@.é ]{1,30}$/).filter((text) => text.trim() !== '')), (texts) => {
        expect(readTextList(encodePlist(texts))).toEqual(texts);
        const strings = texts.map((text) => `<string>${text}</string>`).join('');
        const xml = `<?xml version="1.0"?><plist version="1.0"><array>${strings}</array></plist>`;
        expect(readTextList(Buffer.from(xml))).toEqual(texts);
      }),
    );
  });

  it('is empty for anything else, and never throws', () => {
    expect(readTextList(encodePlist({ a: 'text' }))).toEqual([]);
    expect(readTextList(encodePlist([1, ['inside'], new Uint8Array(3), '', ' ', 'said']))).toEqual(['said']);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readTextList(bytes)).toEqual([]);
      }),
    );
  });

  it('gives texts alone of a list that is damaged anywhere', () => {
    const whole = encodePlist(['+14155550101', 'ann@example.com', 'bén@example.com']);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(whole);
        damaged[at] = byte;
        for (const text of readTextList(damaged)) expect(typeof text).toBe('string');
      }),
    );
  });
});
