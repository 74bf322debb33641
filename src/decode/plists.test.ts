import { parseBuffer } from 'bplist-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EncodablePlist, encodeAttributedBody, encodeKeyedArchive, encodePlist } from '../simulator/index.ts';
import { BALLOON_APPS, balloonAppName, decodePayload, decodeSummaryInfo } from './index.ts';
import { readKeyedArchive } from './keyed-archive.ts';
import { type PlistValue, readPlist } from './plist.ts';

const values: fc.Arbitrary<EncodablePlist> = fc.letrec<{ value: EncodablePlist }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noInteger: true }),
    fc.boolean(),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value;
const roots = fc.dictionary(fc.string({ minLength: 2 }), values, { minKeys: 2, maxKeys: 8, noNullPrototype: true });

/** Maps as records and buffers as hexadecimal, so that both readers can be compared. */
function plainly(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plainly);
  if (value instanceof Map) return [...value].map(([key, entry]) => [key, plainly(entry)]).sort();
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, entry]) => [key, plainly(entry)])
      .sort();
  return value;
}

const poll = (item: unknown) =>
  `data:,${Buffer.from(JSON.stringify({ version: 1, item })).toString('base64url')}?src=p&c=4`;

describe('a binary property list', () => {
  it('is what another reader finds in it', () => {
    fc.assert(
      fc.property(roots, (root) => {
        const bytes = encodePlist(root);
        expect(plainly(readPlist(bytes))).toEqual(plainly(parseBuffer(Buffer.from(bytes))[0]));
      }),
    );
  });

  it('is never fatal, whatever happened to its bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(roots, changes, fc.nat(), (root, edits, cut) => {
        const damaged = encodePlist(root);
        for (const [at, value] of edits) damaged[damaged.length - 1 - (at % damaged.length)] = value;
        for (const bytes of [damaged, damaged.subarray(0, cut % damaged.length)]) {
          readPlist(bytes);
          decodeSummaryInfo(bytes);
          decodePayload(bytes, null);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('that contains itself, or claims more than it has, is none', () => {
    // Object 0 is an array of object 0.
    const cycle = Buffer.from(
      `62706c6973743030a10008${'00'.repeat(6)}0101${'0000000000000001'}${'00'.repeat(8)}000000000000000a`,
      'hex',
    );
    expect(readPlist(cycle)).toBeUndefined();
    expect(readPlist(new Uint8Array())).toBeUndefined();
    const bytes = encodePlist({ a: 'hello', b: [1, 2] });
    bytes[bytes.length - 10] = 0xff;
    expect(readPlist(bytes)).toBeUndefined();
  });

  it('shares what is referred to twice instead of unfolding it again and again', () => {
    let value: EncodablePlist = { uid: 1 };
    const objects: EncodablePlist[] = ['$null', 'end'];
    for (let i = 0; i < 40; i++) {
      objects.push(new Map<string, EncodablePlist>([['NS.objects', [value, value, value]]]));
      value = { uid: objects.length - 1 };
    }
    const bytes = encodePlist({ $objects: objects, $top: { root: value } });
    expect(Array.isArray(readKeyedArchive(bytes))).toBe(true);
  });

  it('as an archive may refer to itself', () => {
    const bytes = encodePlist({
      $objects: [
        '$null',
        new Map<string, EncodablePlist>([
          ['me', { uid: 1 }],
          ['name', { uid: 2 }],
        ]),
        'x',
      ],
      $top: { root: { uid: 1 } },
    });
    const expected: PlistValue = new Map([
      ['me', null],
      ['name', 'x'],
    ]);
    expect(readKeyedArchive(bytes)).toEqual(expected);
  });
});

describe('message_summary_info', () => {
  it('tells every wording of every edited part, and what was unsent', () => {
    const bytes = encodePlist({
      ust: true,
      amc: 0,
      otr: { '0': { lo: 0, le: 5 }, '1': { lo: 5, le: 1 } },
      ep: [0],
      rp: [1],
      ec: {
        '0': [
          { t: encodeAttributedBody('First message  '), d: { real: 690_513_474.27 } },
          { t: encodeAttributedBody('Edited message'), d: { real: 690_513_494 }, bcg: 'X' },
        ],
      },
    });
    expect(decodeSummaryInfo(bytes)).toEqual({
      edits: [
        {
          part: 0,
          versions: [
            { atMs: 1_668_820_674_270, text: 'First message  ', ranges: [] },
            { atMs: 1_668_820_694_000, text: 'Edited message', ranges: [] },
          ],
        },
      ],
      unsentParts: [1],
      parts: [0, 1],
      editedParts: [0],
    });
  });

  it('without edits has nothing to tell, and of other bytes there is none', () => {
    expect(decodeSummaryInfo(encodePlist({ ust: true, amc: 1 }))).toEqual({
      edits: [],
      unsentParts: [],
      parts: [],
      editedParts: [],
    });
    expect(decodeSummaryInfo(new Uint8Array([1, 2, 3]))).toBeNull();
  });
});

describe('payload_data', () => {
  it('of a link tells its preview', () => {
    const metadata = {
      class: 'LPLinkMetadata',
      fields: {
        title: 'A page',
        summary: 'About it',
        siteName: 'A site',
        originalURL: { class: 'NSURLWrapper', fields: { URL: { url: 'https://a.example' } } },
        URL: { url: 'https://b.example/' },
        version: 1,
      },
    };
    const fields = { richLinkIsPlaceholder: false, richLinkMetadata: metadata };
    expect(decodePayload(encodeKeyedArchive({ class: 'RichLink', fields }), null)).toEqual({
      kind: 'link',
      title: 'A page',
      summary: 'About it',
      siteName: 'A site',
      url: 'https://b.example/',
    });
  });

  it('of a link whose preview is not there yet says so', () => {
    const metadata = { class: 'LPLinkMetadata', fields: { originalURL: { url: 'https://a.example' } } };
    const fields = { richLinkIsPlaceholder: true, richLinkMetadata: metadata };
    expect(
      decodePayload(encodeKeyedArchive({ class: 'RichLink', fields }), 'com.apple.messages.URLBalloonProvider'),
    ).toEqual({
      kind: 'link',
      url: 'https://a.example',
      isPlaceholder: true,
    });
  });

  it('of an app tells what it shows, and its URL only when a browser opens it', () => {
    const bytes = encodeKeyedArchive({
      an: 'GamePigeon',
      ldtext: 'Dots & Boxes',
      URL: { url: 'data:?ver=48' },
      userInfo: { caption: 'Your move.', subcaption: '' },
      sessionIdentifier: { uuid: '009612E4-00BB-A808-45F1-E8B7D5A6CF66' },
      ai: new Uint8Array(48),
    });
    expect(decodePayload(bytes, null)).toEqual({
      kind: 'app',
      title: 'Dots & Boxes',
      appName: 'GamePigeon',
      caption: 'Your move.',
      session: '009612E4-00BB-A808-45F1-E8B7D5A6CF66',
    });
  });

  it('of a poll tells question and options, of a vote the whole selection', () => {
    const options = [{ optionIdentifier: 'O1', text: 'Yes', canBeEdited: false }];
    const asked = encodeKeyedArchive({
      an: 'Polls',
      URL: { url: poll({ title: 'Dinner?', orderedPollOptions: options }) },
    });
    expect(decodePayload(asked, null)).toEqual({
      kind: 'poll',
      title: 'Dinner?',
      appName: 'Polls',
      options: [{ id: 'O1', text: 'Yes' }],
    });
    const votes = [{ voteOptionIdentifier: 'O1', participantHandle: '+12223334444' }];
    expect(decodePayload(encodeKeyedArchive({ an: 'Polls', URL: { url: poll({ votes }) } }), null)).toEqual({
      kind: 'poll-vote',
      appName: 'Polls',
      votes: [{ option: 'O1', participant: '+12223334444' }],
    });
  });

  it('of drawings is known by its kind alone, and of other bytes there is none', () => {
    expect(decodePayload(new Uint8Array([8, 1]), 'com.apple.DigitalTouchBalloonProvider')).toEqual({
      kind: 'digital-touch',
    });
    expect(decodePayload(new Uint8Array([8, 1]), 'com.apple.Handwriting.HandwritingProvider')).toEqual({
      kind: 'handwriting',
    });
    expect(decodePayload(new Uint8Array([8, 1]), null)).toBeNull();
  });

  it('has an app behind it that is known by its bundle', () => {
    expect(
      balloonAppName(
        'com.apple.messages.MSMessageExtensionBalloonPlugin:EQHXZ8M8AV:com.google.ios.youtube.MessagesExtension',
      ),
    ).toBe('YouTube');
    for (const [bundle, name] of Object.entries(BALLOON_APPS)) expect(balloonAppName(bundle)).toBe(name);
    expect(balloonAppName('com.example.unknown')).toBeNull();
  });
});
