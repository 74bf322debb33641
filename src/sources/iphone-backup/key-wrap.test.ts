import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wrapKey } from '../../simulator/index.ts';
import { unwrapKey } from './key-wrap.ts';

/** RFC 3394, section 4.6: 256 bits of key data under a 256-bit key. */
const KEK = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const KEY = Buffer.from('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f', 'hex');
const WRAPPED = Buffer.from('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21', 'hex');

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('the wrapping of keys', () => {
  it('is that of RFC 3394, taken off and put on', () => {
    expect(unwrapKey(KEK, WRAPPED)).toEqual(KEY);
    expect(wrapKey(KEK, KEY)).toEqual(WRAPPED);
  });

  it('gives back every key, and nothing under another one', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(32), (kek, key, other) => {
        const wrapped = wrapKey(kek, key);
        expect(unwrapKey(kek, wrapped)).toEqual(Buffer.from(key));
        if (!Buffer.from(kek).equals(other)) expect(unwrapKey(other, wrapped)).toBeNull();
      }),
    );
  });

  it('tells every changed bit', () => {
    fc.assert(
      fc.property(fc.nat(WRAPPED.length * 8 - 1), (bit) => {
        const changed = Buffer.from(WRAPPED);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(unwrapKey(KEK, changed)).toBeNull();
      }),
    );
  });

  it('is null for anything that is no wrapped key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (kek, wrapped) => {
        expect(unwrapKey(kek, wrapped)).toBeNull();
      }),
    );
  });
});
