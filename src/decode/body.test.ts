import fc from 'fast-check';
import { NSAttributedString, Unarchiver } from 'node-typedstream';
import { describe, expect, it } from 'vitest';
import { type AttributeValue, type BodyRun, encodeAttributedBody } from '../simulator/index.ts';
import { bodyText, decodeBody, isPlainBody } from './index.ts';

/** The worked example of the format: 179 bytes of an iPhone with iOS 14 that say one emoji. */
const WORKED =
  '040b73747265616d7479706564 81e803 840140 84 8484124e5341747472696275746564537472696e6700 8484084e534f626a65637400 85' +
  '92 84 8484084e53537472696e6701 94 84012b 04f09fa4a2 86 84026949 0102 92 84 84840c4e5344696374696f6e61727900 94' +
  '840169 01 92 84 96 96 1d5f5f6b494d4d657373616765506172744174747269627574654e616d65 86' +
  '92 84 8484084e534e756d62657200 8484074e5356616c756500 94 84012a 84 99 99 00 868686';

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const part = (number: number): Record<string, AttributeValue> => ({ __kIMMessagePartAttributeName: number });
const plain = (text: string) => ({ ok: true, text, ranges: [], attachments: [] });

/** Splits a text into runs of whole code points with attributes of all kinds. */
const bodies = fc
  .tuple(
    fc.array(
      fc.record({
        text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        attributes: fc.dictionary(
          fc.string({ maxLength: 12 }),
          fc.oneof(
            fc.integer({ min: -0x8000, max: 0x7fff }),
            fc.string({ unit: 'grapheme' }),
            fc.webUrl().map((url) => ({ url })),
            fc.uint8Array({ maxLength: 300 }).map((data) => ({ data })),
            fc.double({ noNaN: true }).map((double) => ({ double })),
          ),
          { maxKeys: 5 },
        ),
      }),
      { maxLength: 60 },
    ),
    fc.boolean(),
  )
  .map(([pieces, mutable]) => {
    const runs: BodyRun[] = pieces.map(({ text, attributes }) => ({ length: text.length, attributes }));
    const text = pieces.map((piece) => piece.text).join('');
    return { text, bytes: encodeAttributedBody(text, runs, { mutable }) };
  });

describe('a body', () => {
  it('is read from the bytes of the worked example, which the encoder writes too', () => {
    expect(bytesOf(WORKED)).toHaveLength(179);
    expect(decodeBody(bytesOf(WORKED))).toEqual(plain('🤢'));
    expect(encodeAttributedBody('🤢', undefined, { mutable: false })).toEqual(bytesOf(WORKED));
  });

  it('keeps its text exactly, around every length form', () => {
    for (const length of [1, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 100_000]) {
      for (const mutable of [true, false]) {
        const text = 'x'.repeat(length);
        const bytes = encodeAttributedBody(text, undefined, { mutable });
        expect(decodeBody(bytes)).toEqual(plain(text));
        expect(bodyText(bytes)).toBe(text);
        expect(isPlainBody(bytes)).toBe(length < 65_536);
      }
    }
  });

  it('keeps placeholders, marks and words of the format in its text', () => {
    const text = '\uFEFF\uFFFC\u202E\u00A0\uFFFD \0 NSString NSDictionary \u0086\u0084\u0001+ iI';
    expect(decodeBody(encodeAttributedBody(text))).toEqual(plain(text));
  });

  it('with an empty text has no run', () => {
    expect(encodeAttributedBody('', undefined, { mutable: false })).toHaveLength(76);
    expect(decodeBody(encodeAttributedBody('', undefined, { mutable: false }))).toEqual(plain(''));
  });

  it('gives U+FFFD for bytes that are not UTF-8', () => {
    const bytes = bytesOf(WORKED.replace('04f09fa4a2', '04f09fa441'));
    expect(decodeBody(bytes)).toEqual(plain('\uFFFDA'));
  });

  it('tells mentions, styles and effects, and joins what neighbouring runs say alike', () => {
    const bold = { __kIMTextBoldAttributeName: 1 };
    const bytes = encodeAttributedBody('Test Dad 🅱️ big', [
      { length: 5, attributes: { ...part(0), ...bold } },
      { length: 3, attributes: { ...part(0), ...bold, __kIMMentionConfirmedMention: '+15558675309' } },
      { length: 5, attributes: part(0) },
      { length: 3, attributes: { ...part(0), __kIMTextEffectAttributeName: 5 } },
    ]);
    expect(decodeBody(bytes)).toMatchObject({
      ranges: [
        { start: 0, length: 8, part: 0, kind: 'style', style: 'bold' },
        { start: 5, length: 3, part: 0, kind: 'mention', address: '+15558675309' },
        { start: 13, length: 3, part: 0, kind: 'effect', effect: 'big' },
      ],
    });
  });

  it('lists its parts when there are several, and its attachments in their order', () => {
    const bytes = encodeAttributedBody('\uFFFChello\uFFFC', [
      {
        length: 1,
        attributes: { __kIMFileTransferGUIDAttributeName: 'at_0_B', __kIMFilenameAttributeName: 'b.png', ...part(0) },
      },
      { length: 5, attributes: part(1) },
      { length: 1, attributes: { __kIMFileTransferGUIDAttributeName: 'at_2_A', ...part(2) } },
    ]);
    expect(decodeBody(bytes)).toEqual({
      ok: true,
      text: '\uFFFChello\uFFFC',
      ranges: [
        { start: 0, length: 1, part: 0, kind: 'part' },
        { start: 0, length: 1, part: 0, kind: 'attachment', guid: 'at_0_B', name: 'b.png' },
        { start: 1, length: 5, part: 1, kind: 'part' },
        { start: 6, length: 1, part: 2, kind: 'part' },
        { start: 6, length: 1, part: 2, kind: 'attachment', guid: 'at_2_A', name: null },
      ],
      attachments: ['at_0_B', 'at_2_A'],
    });
  });

  it('tells links, one-time codes, detected data and transcriptions', () => {
    const data = { data: new Uint8Array(700) };
    const bytes = encodeAttributedBody('abcd', [
      {
        length: 1,
        attributes: { __kIMLinkAttributeName: { url: 'tel:1' }, __kIMLinkIsRichLinkAttributeName: 1, ...part(0) },
      },
      {
        length: 1,
        attributes: {
          __kIMOneTimeCodeAttributeName: { dictionary: { displayCode: '0-1', code: '01' } },
          __kIMDataDetectedAttributeName: data,
        },
      },
      { length: 1, attributes: { __kIMPhoneNumberAttributeName: data } },
      { length: 1, attributes: { IMAudioTranscription: 'hello' } },
    ]);
    expect(decodeBody(bytes)).toMatchObject({
      ranges: [
        { start: 0, kind: 'link', url: 'tel:1', rich: true },
        { start: 1, kind: 'code', code: '01' },
        { start: 2, kind: 'detected', detected: 'phoneNumber' },
        { start: 3, kind: 'transcription', text: 'hello' },
      ],
    });
  });

  it('may be a string alone, of a big-endian stream, with integers of eight bytes', () => {
    const string = '\x84\x01@\x84\x84\x84\x08NSString\x01\x84\x84\x08NSObject\x00\x85\x84\x01+';
    expect(decodeBody(latin1(`\x04\x0btypedstream\x81\x03\xe8${string}\x81\x00\x03abc\x86`))).toEqual(plain('abc'));
    const eight = '\x87\x03\0\0\0\0\0\0\0';
    expect(decodeBody(latin1(`\x04\x0bstreamtyped\x81\xe8\x03${string}${eight}abc\x86`))).toEqual(plain('abc'));
  });

  it('passes over objects of unknown classes by their types', () => {
    const bytes = Buffer.from(
      encodeAttributedBody('hi', [{ length: 2, attributes: { unknown: { data: new Uint8Array(3) } } }]),
    );
    const at = bytes.indexOf('\x0dNSMutableData', 0, 'latin1');
    bytes.write('XXMutableDataX'.slice(0, 13), at + 1, 'latin1');
    bytes.write('XXData', bytes.indexOf('\x06NSData', 0, 'latin1') + 1, 'latin1');
    expect(decodeBody(bytes)).toEqual(plain('hi'));
  });

  it('reads references beyond the number 110', () => {
    const runs = Array.from({ length: 300 }, (_, i) => ({
      length: 1,
      attributes: { [`key${i}`]: `value${i}`, ...part(i) },
    }));
    const bytes = encodeAttributedBody('x'.repeat(300), [...runs, ...runs].slice(0, 300), { mutable: false });
    const decoded = decodeBody(bytes);
    expect(decoded.ok && decoded.ranges.map((range) => range.part)).toEqual(runs.map((_, i) => i));
  });

  it('says why it cannot be read, and saves a text that is whole', () => {
    const whole = bytesOf(WORKED);
    expect(decodeBody(new Uint8Array())).toEqual({ ok: false, reason: 'empty', text: null });
    expect(decodeBody(latin1('bplist00 something else'))).toEqual({ ok: false, reason: 'not-typedstream', text: null });
    expect(decodeBody(whole.subarray(0, 76))).toEqual({ ok: false, reason: 'truncated', text: null });
    expect(decodeBody(whole.subarray(0, 120))).toEqual({ ok: false, reason: 'truncated', text: '🤢' });
    expect(bodyText(whole.subarray(0, 120))).toBeNull();
  });

  it('is what another reader finds in it', () => {
    // Two things that reader cannot do, and the format can: integers of four bytes (head 0x82; it takes two bytes and
    // reads four) and of eight (0x87). So numbers here have two bytes at most; the wider ones are tested by bytes.
    fc.assert(
      fc.property(bodies, ({ text, bytes }) => {
        expect(bodyText(bytes)).toBe(text);
        expect(readByPackage(bytes).string).toBe(text);
      }),
      { numRuns: 150 },
    );
  });

  it('has its mentions and parts where another reader finds them', () => {
    const piece = fc.record({
      text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
      mention: fc.option(fc.constantFrom('+15550100', 'a@example.com'), { nil: undefined }),
      part: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), fc.boolean(), (pieces, mutable) => {
        const runs = pieces.map(({ text, mention, part: number }) => ({
          length: text.length,
          attributes: mention === undefined ? part(number) : { ...part(number), __kIMMentionConfirmedMention: mention },
        }));
        const text = pieces.map((each) => each.text).join('');
        const bytes = encodeAttributedBody(text, runs, { mutable });
        const decoded = decodeBody(bytes);
        if (!decoded.ok) throw new Error('the body was not read');
        const ours: string[] = Array(text.length).fill('');
        const parts: number[] = Array(text.length).fill(0);
        for (const range of decoded.ranges) {
          if (range.kind === 'mention') ours.fill(range.address, range.start, range.start + range.length);
          parts.fill(range.part, range.start, range.start + range.length);
        }
        const theirs: string[] = Array(text.length).fill('');
        const theirParts: number[] = Array(text.length).fill(0);
        for (const { range, attributes } of readByPackage(bytes).runs) {
          const [start = 0, length = 0] = range;
          theirs.fill(attributes.__kIMMentionConfirmedMention ?? '', start, start + length);
          theirParts.fill(attributes.__kIMMessagePartAttributeName, start, start + length);
        }
        expect(ours).toEqual(theirs);
        expect(parts).toEqual(theirParts);
      }),
      { numRuns: 150 },
    );
  });

  it('may hold integers of four and of eight bytes', () => {
    const attributes = { a: 100_000, b: -100_000, c: 2 ** 40, d: { double: 0.5 }, __kIMTextBoldAttributeName: 1 };
    const bytes = encodeAttributedBody('hi', [{ length: 2, attributes }]);
    expect(Buffer.from(bytes).includes(Buffer.from('82a0860100', 'hex'))).toBe(true);
    expect(Buffer.from(bytes).includes(Buffer.from('870000000000010000', 'hex'))).toBe(true);
    expect(decodeBody(bytes)).toMatchObject({ text: 'hi', ranges: [{ start: 0, length: 2, kind: 'style' }] });
  });

  it('is never fatal, whatever happened to its bytes', () => {
    const check = (bytes: Uint8Array) => {
      const decoded = decodeBody(bytes);
      expect(bodyText(bytes)).toBe(decoded.ok ? decoded.text : null);
    };
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(bodies, edits, fc.nat(), ({ bytes }, changes, cut) => {
        const damaged = bytes.slice();
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        check(damaged);
        check(damaged.subarray(0, cut % damaged.length));
      }),
      { numRuns: 400 },
    );
    const start = bytesOf(WORKED).subarray(0, 16);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
        check(new Uint8Array([...start, ...rest]));
      }),
    );
  });

  it('made of nothing but nesting or empty types ends quickly', () => {
    const head = '\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@';
    const nested = decodeBody(latin1(head + '\x84\x84\x84\x01X\x00\x85\x84\x01@'.repeat(5_000)));
    expect(nested).toMatchObject({ ok: false, reason: 'too-deep' });
    const hollow = decodeBody(
      latin1(`${head}\x84\x84\x84\x01X\x00\x85\x84\x0f[99[99[99{X=}]]]${'\x94'.repeat(5_000)}`),
    );
    expect(hollow.ok).toBe(false);
  });
});

function readByPackage(bytes: Uint8Array): NSAttributedString {
  const [root] = Unarchiver.open(Buffer.from(bytes)).decodeAll();
  const value = (root as { values?: unknown[] }).values?.[0];
  if (!(value instanceof NSAttributedString)) throw new Error('the package read something else');
  return value;
}
