import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barChart, columnChart, heatMap, timeline } from './charts.ts';
import { columnsOf } from './terminal.ts';

describe('a bar chart', () => {
  it('draws the longest bar to the edge and the others in proportion', () => {
    expect(
      barChart(
        [
          { label: 'Ann', value: 1000 },
          { label: 'Bo', value: 500 },
        ],
        30,
      ),
    ).toEqual(['  Ann  1,000  ████████████████', '  Bo     500  ████████']);
  });

  it('is never wider than asked for, whatever the names', () => {
    const bar = fc.record({ label: fc.string({ unit: 'grapheme' }), value: fc.nat() });
    fc.assert(
      fc.property(fc.array(bar), fc.integer({ min: 40, max: 100 }), (bars, columns) => {
        for (const line of barChart(bars, columns)) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('a column chart', () => {
  it('names the largest value and draws in eighths', () => {
    expect(columnChart([0, 4, 8, 16], 2)).toEqual(['  16    █', '   0  ▄██']);
  });

  it('draws something for the smallest value that is not nothing', () => {
    expect(columnChart([0, 1, 100_000], 3).at(-1)).toBe('        0  ▁█');
  });
});

describe('a heat map', () => {
  it('shades nothing lightest, the most darkest, and anything at all visibly', () => {
    expect(heatMap([[0, 1, 100]], 2)).toEqual(['  ░░██']);
  });
});

describe('a timeline', () => {
  const day = (at: string, messages = 1) => ({ day: at, messages });

  it.each([
    [['2025-01-01', '2025-01-31'], 'day', 31],
    [['2025-01-01', '2025-12-31'], 'week', 53],
    [['2021-03-05', '2025-12-31'], 'month', 58],
    [['2010-01-01', '2025-12-31'], 'quarter', 64],
    [['1990-01-01', '2025-12-31'], 'year', 36],
  ])('from %j is drawn by %s', (days, unit, length) => {
    const drawn = timeline(
      days.map((at) => day(at)),
      64,
    );
    expect([drawn?.unit, drawn?.values.length]).toEqual([unit, length]);
  });

  it('counts every message once', () => {
    const days = fc.array(
      fc.record({
        day: fc.integer({ min: 12_000, max: 20_000 }).map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10)),
        messages: fc.integer({ min: 1, max: 5 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(days, fc.integer({ min: 30, max: 90 }), (counts, columns) => {
        const drawn = timeline(counts, columns);
        const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
        expect(sum(drawn?.values ?? [])).toBe(sum(counts.map(({ messages }) => messages)));
        expect(drawn?.values.length).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('is not flattened by a single wrong date', () => {
    const drawn = timeline(
      [day('1970-01-01'), day('2025-01-01', 3_000), day('2025-01-20', 3_000), day('2090-01-01')],
      64,
    );
    expect(drawn).toMatchObject({ unit: 'day', first: '2025-01-01', last: '2025-01-20' });
  });

  it('of nothing is nothing', () => {
    expect(timeline([], 64)).toBeNull();
  });
});
