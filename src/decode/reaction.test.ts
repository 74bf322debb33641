import { describe, expect, it } from 'vitest';
import { parseReactionTarget, reactionOf } from './index.ts';

const GUID = 'F0B18A15-E9A5-4B18-A38F-685B7B3FF037';

describe('the target of a reaction', () => {
  it('is a part, a balloon or a whole message', () => {
    expect(parseReactionTarget(`p:3/${GUID}`)).toEqual({ guid: GUID, part: 3 });
    expect(parseReactionTarget(`bp:${GUID}`)).toEqual({ guid: GUID, part: null });
    expect(parseReactionTarget(GUID)).toEqual({ guid: GUID, part: null });
  });

  it('is the whole message for a part that cannot be', () => {
    expect(parseReactionTarget(`p:-1/${GUID}`)).toEqual({ guid: GUID, part: null });
    expect(parseReactionTarget(`p:18446744073709551615/${GUID}`)).toEqual({ guid: GUID, part: null });
  });

  it('is none without a guid', () => {
    for (const raw of [null, '', 'p:0/', 'bp:']) expect(parseReactionTarget(raw)).toBeNull();
  });
});

describe('the code of a reaction', () => {
  it('names its kind and whether it takes one back', () => {
    expect([2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007].map((code) => reactionOf(code)?.kind)).toEqual([
      'loved',
      'liked',
      'disliked',
      'laughed',
      'emphasized',
      'questioned',
      'emoji',
      'sticker',
    ]);
    expect(reactionOf(3006)).toEqual({ kind: 'emoji', removal: true });
    expect(reactionOf(1000)).toEqual({ kind: 'sticker', removal: false });
  });

  it('is none for everything else', () => {
    for (const code of [0, 2, 3, 999, 1999, 2008, 2999, 3008, 4000, -1, 2000.5]) expect(reactionOf(code)).toBeNull();
  });
});
