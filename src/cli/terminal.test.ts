import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, columnsOf, cut, pairs, shown, span, terminalOf } from './terminal.ts';
import type { TextStream } from './world.ts';

const stream = (isTTY: boolean, columns?: number): TextStream => Object.assign(Object.create(null), { isTTY, columns });

describe('a terminal', () => {
  it.each([
    ['a terminal', true, {}, '\u001b[1mx\u001b[22m'],
    ['a pipe', false, {}, 'x'],
    ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, 'x'],
    ['a dumb terminal', true, { TERM: 'dumb' }, 'x'],
  ])('%s is written to in its own way', (_name, isTTY, env, expected) => {
    expect(terminalOf(stream(isTTY), { env }).style('bold', 'x')).toBe(expected);
  });

  it('is taken to be eighty columns wide when it does not say, and never very wide', () => {
    const columns = (named?: number) => terminalOf(stream(true, named), { env: {} }).columns;
    expect([columns(), columns(60), columns(400)]).toEqual([80, 60, 100]);
  });
});

describe('text of others', () => {
  it('cannot act on the terminal', () => {
    const hostile = 'hi\u001b[2J\u001b]0;title\u0007\r\nthere\u202egnp.exe\u009b31m';
    expect(shown(hostile)).not.toMatch(/[\p{Cc}\u202e]/u);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u202a-\u202e]/u.test(shown(text))));
  });

  it.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['👨‍👩‍👧‍👦', 2],
    ['🇯🇵', 2],
    ['', 0],
  ])('%j takes %i columns', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it('is cut between characters, to no more than what fits', () => {
    expect(cut('日本語', 5)).toBe('日本…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
        const kept = cut(text, columns);
        expect(columnsOf(kept)).toBeLessThanOrEqual(columns);
        if (columnsOf(text) <= columns) expect(kept).toBe(text);
      }),
    );
  });
});

describe('numbers', () => {
  it('stand below one another', () => {
    expect(
      pairs([
        ['messages', 1234],
        ['chats', 5],
      ]),
    ).toEqual(['  messages  1,234', '  chats         5']);
  });

  it('of time and size are said as people say them', () => {
    expect([span(420), span(12_345), span(185_000)]).toEqual(['0.4 s', '12 s', '3 min 5 s']);
    expect([bytes(999), bytes(1_500), bytes(86_061_056), bytes(3e12)]).toEqual([
      '999 B',
      '1.5 kB',
      '86.1 MB',
      '3.0 TB',
    ]);
  });
});
