import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAnswer } from './encode-answer.ts';

/** Any answer there can be, also one with what JSON leaves out. */
const answers = fc.dictionary(
  fc.string({ unit: 'binary' }),
  fc.oneof(
    fc.array(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant(undefined))),
    fc.jsonValue(),
    fc.constant(undefined),
  ),
  { noNullPrototype: true },
);

function textOf(answer: unknown): string {
  return Buffer.from(encodeAnswer(answer)).toString();
}

describe('the bytes of an answer', () => {
  it('are those of JSON', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        expect(textOf(answer)).toBe(JSON.stringify(answer));
      }),
    );
  });

  it('are those of JSON where it is none of our lists', () => {
    for (const answer of [null, 7, 'text', [1, undefined, 'ä'], new Date(0), { at: new Date(0) }]) {
      expect(textOf(answer)).toBe(JSON.stringify(answer));
    }
  });

  it('are not those of the next one, and may be of any number', () => {
    const large = { items: Array.from({ length: 30 }, (_, at) => ({ at, text: '…'.repeat(20_000) })), next: null };
    const small = { items: [{ text: 'ä' }], next: '2' };
    const first = encodeAnswer(large);
    const second = encodeAnswer(small);
    expect(Buffer.from(first).toString()).toBe(JSON.stringify(large));
    expect(Buffer.from(second).toString()).toBe(JSON.stringify(small));
  });
});
