import { describe, expect, it } from 'vitest';
import { ChatStatsError } from '../kernel/index.ts';
import { failureLines } from './report-error.ts';

describe('a failure', () => {
  it('of the catalogue is two lines: what happened and what to do', () => {
    const error = new ChatStatsError('DISK_FULL', 'no room\nleft', { hint: 'free some' });
    expect(failureLines(error, { debug: false })).toEqual(['error DISK_FULL: no room left', 'hint: free some']);
  });

  it('that nobody expected is named by its kind, because its message may quote private text', () => {
    const parse = () => JSON.parse('see you at eight');
    let caught: unknown = null;
    try {
      parse();
    } catch (error) {
      caught = new Error('see you at eight', { cause: error });
    }
    for (const debug of [false, true]) {
      const lines = failureLines(caught, { debug });
      expect(lines[0]).toBe('error INTERNAL: Error');
      expect(lines[1]).toMatch(/^hint: /);
      expect(lines.join('\n')).not.toContain('see you');
    }
  });

  it('shows where it happened to those who ask', () => {
    const lines = failureLines(new RangeError('x'), { debug: true });
    expect(lines.slice(2).join('\n')).toContain('report-error.test.ts');
    expect(failureLines(new RangeError('x'), { debug: false })).toHaveLength(2);
  });

  it('can be anything that was thrown', () => {
    expect(failureLines('text', { debug: true })[0]).toBe('error INTERNAL: something of type string was thrown');
  });
});
