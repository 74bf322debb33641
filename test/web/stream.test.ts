import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveStream } from '../../web/src/live/stream.ts';

/** A connection as a browser makes it, in the hand of the test. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static readonly made: FakeSource[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: URL;

  constructor(url: string) {
    super();
    this.url = new URL(url, 'http://localhost');
    FakeSource.made.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  say(type: string, id: number | null, data: object = {}): void {
    const text = JSON.stringify({ id, type, at: '', chatId: null, data });
    this.dispatchEvent(new MessageEvent(type, { data: text, lastEventId: id === null ? '' : String(id) }));
  }
}

const newest = () => FakeSource.made.at(-1) as FakeSource;
let stream: LiveStream;
let seen: number[];
let resets: number;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
  FakeSource.made.length = 0;
  stream = new LiveStream();
  seen = [];
  resets = 0;
  stream.onEvent((event) => seen.push(event.id));
  stream.onReset(() => {
    resets += 1;
  });
  stream.start(10);
});
afterEach(() => {
  stream.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the connection of the page', () => {
  it('is one, and begins where the first list ends', () => {
    stream.start(99);
    expect(FakeSource.made.length).toBe(1);
    expect(newest().url.searchParams.get('after')).toBe('10');
    expect(newest().url.searchParams.get('topics')?.split(',')).toContain('messages');
  });

  it('hands each event on once, and what has no position as it comes', () => {
    newest().say('messages_synced', 11);
    newest().say('messages_synced', 11);
    newest().say('message_updated', 10);
    newest().say('state', null);
    newest().say('conversation_sealed', 12);
    expect(seen).toEqual([11, 0, 12]);
  });

  it('is opened again behind the last event when the browser gives it up, with pauses that grow', () => {
    newest().say('messages_synced', 25);
    for (const pauseMs of [500, 1_000, 2_000]) {
      const before = FakeSource.made.length;
      newest().readyState = FakeSource.CLOSED;
      newest().onerror?.();
      expect(stream.state).toBe('lost');
      vi.advanceTimersByTime(pauseMs - 1);
      expect(FakeSource.made.length).toBe(before);
      vi.advanceTimersByTime(1);
      expect(FakeSource.made.length).toBe(before + 1);
      expect(newest().url.searchParams.get('after')).toBe('25');
    }
    newest().onopen?.();
    expect(stream.state).toBe('live');
  });

  it('is left to the browser while that tries by itself', () => {
    newest().readyState = 0;
    newest().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.made.length).toBe(1);
    expect(stream.state).toBe('lost');
  });

  it('says when something was missed for good, and goes on from there, also in a store with lower positions', () => {
    newest().say('messages_synced', 500);
    newest().say('reset', 3);
    expect(resets).toBe(1);
    newest().say('messages_synced', 4);
    expect(seen).toEqual([500, 4]);
  });
});
