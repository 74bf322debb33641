import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Beat, Bell, pause } from './pause.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a pause', () => {
  it('ends after its time, and not before', async () => {
    let isOver = false;
    void pause(50).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(49);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });

  it('resolves when it is aborted, and leaves neither timer nor listener behind', async () => {
    const { signal, abort } = controller();
    const paused = pause(1e9, signal);
    expect(vi.getTimerCount()).toBe(1);
    abort();
    await paused;
    await pause(1e9, signal);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('takes its listener away when its time is over', async () => {
    const { signal } = controller();
    const paused = pause(5, signal);
    await vi.advanceTimersByTimeAsync(5);
    await paused;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a bell', () => {
  it('ends the wait of whoever waits, and tells that it rang', async () => {
    const bell = new Bell();
    const wait = bell.wait(1e9);
    bell.ring();
    expect(await wait).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps a ring that nobody waited for, once however often it rang', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    expect(await bell.wait(1e9)).toBe(true);
    const second = bell.wait(10);
    await vi.advanceTimersByTimeAsync(10);
    expect(await second).toBe(false);
  });

  it('is quiet after it was told to be', async () => {
    const bell = new Bell();
    bell.ring();
    expect([bell.quiet(), bell.quiet()]).toEqual([true, false]);
    const wait = bell.wait(10);
    await vi.advanceTimersByTimeAsync(10);
    expect(await wait).toBe(false);
  });

  it('lets go when it is aborted', async () => {
    const bell = new Bell();
    const { signal, abort } = controller();
    const wait = bell.wait(1e9, signal);
    abort();
    expect(await wait).toBe(false);
    expect(await bell.wait(1e9, signal)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('has one who waits at a time', async () => {
    const bell = new Bell();
    const first = bell.wait(1e9);
    await expect(bell.wait(1)).rejects.toThrow('somebody waits');
    bell.ring();
    expect(await first).toBe(true);
  });
});

describe('a beat', () => {
  const times = { everyMs: fc.integer({ min: 1, max: 1_000 }), worksMs: fc.array(fc.integer({ min: 0, max: 3_000 })) };

  it('does not drift, whatever time the work takes, and comes within one period', () => {
    fc.assert(
      fc.property(times.everyMs, times.worksMs, (everyMs, worksMs) => {
        let nowMs = 12_345;
        const beat = new Beat(everyMs, () => nowMs);
        for (const workMs of worksMs) {
          nowMs += workMs;
          const waitMs = beat.untilNextMs();
          expect(waitMs).toBeGreaterThan(0);
          expect(waitMs).toBeLessThanOrEqual(everyMs);
          nowMs += waitMs;
          expect((nowMs - 12_345) % everyMs).toBe(0);
        }
      }),
    );
  });

  it('is not told twice by a timer that fires too early', () => {
    let nowMs = 0;
    const beat = new Beat(50, () => nowMs);
    nowMs = 49.4;
    expect(beat.untilNextMs()).toBeCloseTo(50.6);
    nowMs = 49;
    expect(beat.untilNextMs()).toBe(1);
  });

  it('is due once for any number of beats that were missed', () => {
    let nowMs = 0;
    const beat = new Beat(10, () => nowMs);
    const due = (atMs: number) => {
      nowMs = atMs;
      return beat.isDue();
    };
    expect([0, 9, 10, 11, 19, 75, 79, 80].map(due)).toEqual([false, false, true, false, false, true, false, true]);
  });

  it('needs a time between its beats', () => {
    expect(() => new Beat(0)).toThrow('invariant');
  });
});

function controller() {
  const made = new AbortController();
  return { signal: made.signal, abort: () => made.abort() };
}
