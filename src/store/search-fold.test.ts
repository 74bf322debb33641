import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, foldWithOffsets } from './search-fold.ts';
import { findHighlights } from './search-highlights.ts';

const scripts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...[
        'a',
        'Ü',
        'u\u0308',
        'ß',
        'İ',
        'ı',
        'ς',
        'Σ',
        'ǆ',
        'ﬁ',
        'が',
        'か\u3099',
        'ｶﾞ',
        'ㅋ',
        'ㅠ',
        '가',
        '각',
        '\u1100',
      ],
      ...[
        '\u1161',
        '\u11a8',
        '\u0301',
        '㉠',
        '\u0915\u093f',
        '\u0e01\u0e34',
        '\u05d0\u05b8',
        '\ufe0f',
        '\u200d',
        '👨‍👩‍👧',
        '👍🏽',
        '中',
        '\0',
        ' ',
      ],
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});

describe('folding', () => {
  it.each([
    ['Über', 'uber'],
    ['U\u0308ber', 'uber'],
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['İstanbul', 'istanbul'],
    ['ısı', 'ISI'],
    ['ＦＵＬＬ', 'full'],
    ['か\u3099', 'が'],
    ['\u1112\u1161\u11ab', '한'],
    ['שָׁלוֹם', 'שלום'],
    ['❤️', '❤'],
  ])('%s and %s are one', (one, other) => {
    expect(foldText(one)).toBe(foldText(other));
  });

  it.each([
    ['が', 'か'],
    ['각', '가'],
    ['की', 'का'],
    ['ㅋㅠ', '큐'],
    ['👍🏽', '👍🏿'],
  ])('%s and %s stay two', (one, other) => {
    expect(foldText(one)).not.toBe(foldText(other));
  });

  it('folds piece by piece to the same as in one go, so that every place in it has a place in the text', () => {
    fc.assert(
      fc.property(scripts, (text) => {
        const { folded, starts, ends } = foldWithOffsets(text);
        expect(folded).toBe(foldText(text));
        expect(starts).toHaveLength(folded.length);
        expect(ends.every((end, at) => end > (starts[at] ?? 0) && end <= text.length)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('highlights', () => {
  it('name the places in the text as it is', () => {
    expect(findHighlights('Die Straße, u\u0308ber STRASSE', ['strasse', 'uber'])).toEqual([
      [4, 6],
      [12, 5],
      [18, 7],
    ]);
  });

  it('of Hangul are as narrow as the term', () => {
    expect(findHighlights('대한민국', ['민'])).toEqual([[2, 1]]);
  });

  it('of terms that overlap are one', () => {
    expect(findHighlights('abcdef', ['abcd', 'cdef'])).toEqual([[0, 6]]);
  });

  it('of a long text are those of the text as a whole, wherever it is cut', () => {
    const long = fc.array(scripts, { minLength: 50, maxLength: 70 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(long, (text) => {
        const { folded, starts, ends } = foldWithOffsets(text);
        const units = new Map<string, Set<number>>();
        for (const [at, unit] of folded.split('').entries()) {
          const places = units.get(unit) ?? new Set();
          for (let place = starts[at] ?? 0; place < (ends[at] ?? 0); place += 1) places.add(place);
          units.set(unit, places);
        }
        // Near the first cut.
        const near = foldText(text.slice(250, 280));
        for (const [unit, places] of units) {
          if (!near.includes(unit)) continue;
          const found = findHighlights(text, [unit]).flatMap(([start, length]) =>
            Array.from({ length }, (_, at) => start + at),
          );
          expect(found).toEqual([...places].sort((a, b) => a - b));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('hold the term', () => {
    fc.assert(
      fc.property(scripts, scripts, scripts, (before, term, after) => {
        const folded = foldText(term);
        const text = before + term + after;
        fc.pre(folded !== '' && foldText(text).includes(folded));
        const found = findHighlights(text, [folded]);
        expect(found.length).toBeGreaterThan(0);
        for (const [start, length] of found) {
          expect(foldText(text.slice(start, start + length))).toContain(folded);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
