/**
 * The exact bytes around the text of a plain body: one run over the whole text that says "part 0" and nothing else
 * that is worth keeping. Nearly all bodies have one of these shapes, so that comparing bytes replaces reading them.
 *
 *   head · length of the text in UTF-8 bytes · text · RUN · length of the run in UTF-16 units · tail
 */
export type PlainShape = { head: Uint8Array; tail: Uint8Array };

/** Ends the string, names the type of a run ("iI") and gives the run the number 1. */
export const RUN = latin1('\x86\x84\x02iI\x01');

const STREAM_HEAD = '\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@';

const IMMUTABLE_HEAD = `${STREAM_HEAD}\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+`;

const MUTABLE_HEAD =
  `${STREAM_HEAD}\x84\x84\x84\x19NSMutableAttributedString\x00\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85` +
  '\x92\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString\x01\x95\x84\x01+';

const PART_KEY = '\x1d__kIMMessagePartAttributeName\x86';
const DIRECTION_KEY = '\x26__kIMBaseWritingDirectionAttributeName\x86';

export const MUTABLE: PlainShape = {
  head: latin1(MUTABLE_HEAD),
  tail: latin1(
    `\x92\x84\x84\x84\x0cNSDictionary\x00\x95\x84\x01i\x01\x92\x84\x98\x98${PART_KEY}` +
      '\x92\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x95\x84\x01*\x84\x9b\x9b\x00\x86\x86\x86',
  ),
};

export const IMMUTABLE: PlainShape = {
  head: latin1(IMMUTABLE_HEAD),
  tail: latin1(
    `\x92\x84\x84\x84\x0cNSDictionary\x00\x94\x84\x01i\x01\x92\x84\x96\x96${PART_KEY}` +
      '\x92\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94\x84\x01*\x84\x99\x99\x00\x86\x86\x86',
  ),
};

/** As sent from a device of one's own: it also says that the writing direction is the natural one (-1). */
export const IMMUTABLE_DIRECTED: PlainShape = {
  head: IMMUTABLE.head,
  tail: latin1(
    `\x92\x84\x84\x84\x0cNSDictionary\x00\x94\x84\x01i\x02\x92\x84\x96\x96${DIRECTION_KEY}` +
      '\x92\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94\x84\x01*\x84\x84\x01q\x9d\xff\x86' +
      `\x92\x84\x96\x96${PART_KEY}\x92\x84\x9b\x9c\x9d\x9d\x00\x86\x86\x86`,
  ),
};

function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
