import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAttributedBody } from './encode/typedstream.ts';
import { encodePlainBody } from './plain-body.ts';

const same = (text: string, mutable: boolean): void => {
  const quick = Buffer.from(encodePlainBody(text, { mutable }));
  expect(quick.equals(Buffer.from(encodeAttributedBody(text, undefined, { mutable })))).toBe(true);
};

test('the quick way writes the bytes of the encoder', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.boolean(), same));
});

test.each([0, 1, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536])('at %i units, too', (length) => {
  for (const unit of ['a', 'ä', '字']) {
    same(unit.repeat(length), true);
    same(unit.repeat(length), false);
  }
});
