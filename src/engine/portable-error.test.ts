import { describe, expect, it } from 'vitest';
import { ChatStatsError, ERRORS } from '../kernel/index.ts';
import { fromPortable, toPortable } from './portable-error.ts';

const SECRET = 'dinner at eight';

describe('an error on its way', () => {
  it('of the catalogue keeps its code, what happened and what to do', () => {
    const error = new ChatStatsError('DISK_FULL', 'no room left', { hint: 'Buy a disk.' });
    const arrived = fromPortable(toPortable(error));
    expect(arrived).toBeInstanceOf(ChatStatsError);
    expect(arrived).toMatchObject({ code: 'DISK_FULL', message: 'no room left', hint: 'Buy a disk.' });
  });

  it('of any other kind is named by its kind alone', () => {
    const error = Object.assign(new RangeError(`${SECRET}\n    at ${SECRET}`), { code: 1 });
    const portable = toPortable(error);
    expect(portable).toMatchObject({ code: 'INTERNAL', message: 'RangeError 1', hint: ERRORS.INTERNAL.hint });
    expect(portable.places.length).toBeGreaterThan(0);
    expect(JSON.stringify(portable)).not.toContain(SECRET);
  });

  it('does not repeat a name or a code that is none', () => {
    const error = Object.assign(new Error('x'), { name: SECRET, code: SECRET });
    expect(JSON.stringify(toPortable(error))).not.toContain(SECRET);
    expect(JSON.stringify(toPortable(SECRET))).not.toContain(SECRET);
  });

  it('tells where it and its causes happened, without their words', () => {
    const error = new ChatStatsError('DISK_ERROR', 'the disk failed', { cause: new TypeError(SECRET) });
    const { stack } = fromPortable(toPortable(error));
    expect(stack).toMatch(/portable-error\.test\.ts[\s\S]*cause: TypeError[\s\S]*portable-error\.test\.ts/);
    expect(stack).not.toContain(SECRET);
  });

  it('is the one that came first, where cleaning up went wrong as well', () => {
    const first = new ChatStatsError('CANCELLED', 'stopped');
    expect(toPortable(new SuppressedError(new Error('later'), first)).code).toBe('CANCELLED');
  });

  it('that another version names differently is told all the same', () => {
    const error = fromPortable({ code: 'NEW_ONE' as 'INTERNAL', message: 'news', hint: 'Wait.', places: [] });
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'NEW_ONE: news', hint: 'Wait.' });
  });
});
