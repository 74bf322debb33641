import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimelineMessage } from '../../web/src/data/types.ts';
import { estimateHeight, rowsOf } from '../../web/src/timeline/rows.ts';
import {
  append,
  EMPTY,
  MOST_HELD,
  ofPage,
  prepend,
  remove,
  upsert,
  type Window,
} from '../../web/src/timeline/window.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 5, 1, 10);

function message(id: number, change: Partial<TimelineMessage> = {}): TimelineMessage {
  const nothing = { deliveredAt: null, readAt: null, editedAt: null, unsentAt: null, deletedAt: null, replyTo: null };
  return {
    ...nothing,
    ...{ guid: `g${id}`, chat: 'chat', conversationId: 1, kind: 'text', sender: null, isFromMe: false, service: null },
    ...{ sentAt: new Date(START_MS + id * MINUTE_MS).toISOString(), text: `text ${id}`, edits: [], unsentParts: [] },
    ...{ effect: null, app: null, historical: false, id, cursor: `c${id}`, chatId: 1, senderName: null, senderId: 7 },
    ...{ reactions: [], replyPreview: null, attachments: [], preview: null, ranges: null, event: null, subject: null },
    ...{ isScheduled: false },
    ...change,
  };
}

/** The messages of a chat with these ids, as the API pages them. */
const page = (from: number, to: number, last: number) => ({
  items: Array.from({ length: to - from }, (_, at) => message(from + at)),
  older: from > 0 ? `c${from}` : null,
  newer: to < last ? `c${to - 1}` : null,
});
const ids = (window: Window) => window.items.map(({ id }) => id);
const run = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe('the window of a timeline', () => {
  it('wanders over a chat of any length as one run of it, and holds no more than it may', () => {
    const steps = fc.array(fc.constantFrom('older', 'newer'), { maxLength: 80 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000 }), fc.nat(), steps, (length, at, steps) => {
        const from = at % length;
        let window = ofPage(page(from, Math.min(length, from + 120), length));
        for (const step of steps) {
          const cursor = Number(window[step as 'older' | 'newer']?.slice(1) ?? Number.NaN);
          if (Number.isNaN(cursor)) continue;
          window =
            step === 'older'
              ? prepend(window, page(Math.max(0, cursor - 120), cursor, length))
              : append(window, page(cursor + 1, Math.min(length, cursor + 121), length));
          const [first = 0] = ids(window);
          expect(ids(window)).toEqual(run(first, first + window.items.length));
          expect(window.items.length).toBeLessThanOrEqual(MOST_HELD);
          expect(window.older === null).toBe(first === 0);
          expect(window.newer === null).toBe(first + window.items.length === length);
        }
      }),
    );
  });

  it('takes a message over where it stands, or where its time puts it', () => {
    const window = ofPage(page(0, 5, 5));
    expect(upsert(window, [message(3, { text: 'edited' })]).items[3]?.text).toBe('edited');
    const late = message(9, { sentAt: new Date(START_MS + 1.5 * MINUTE_MS).toISOString() });
    expect(ids(upsert(window, [late]))).toEqual([0, 1, 9, 2, 3, 4]);
    expect(ids(upsert(window, [message(6), message(5)]))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(ids(upsert(window, [message(2, { sentAt: new Date(START_MS + 8 * MINUTE_MS).toISOString() })]))).toEqual([
      0, 1, 3, 4, 2,
    ]);
  });

  it('leaves out what lies beyond an end that is not the end of the chat', () => {
    const window = ofPage(page(10, 20, 100));
    expect(ids(upsert(window, [message(99), message(3)]))).toEqual(run(10, 20));
    expect(ids(upsert(EMPTY, [message(1)]))).toEqual([1]);
  });

  it('is the same whatever the order and repetition of the news', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(run(0, 30), { minLength: 30 }), fc.nat(29), (order, again) => {
        let window = EMPTY;
        for (const id of [...order, again]) window = upsert(window, [message(id)]);
        expect(ids(window)).toEqual(run(0, 30));
      }),
    );
  });

  it('lets go of what has left the store', () => {
    expect(ids(remove(ofPage(page(0, 4, 4)), ['g1', 'g9']))).toEqual([0, 2, 3]);
  });
});

describe('the rows of a timeline', () => {
  const kinds = (items: TimelineMessage[], hasOlder = false, hasNewer = false) =>
    rowsOf(items, hasOlder, hasNewer).map((row) => row.kind);

  it('begin with the beginning, a day and a conversation, and end with the state of the last', () => {
    expect(kinds([message(0), message(1)])).toEqual(['beginning', 'day', 'conversation', 'message', 'message', 'end']);
  });

  it('do not claim a beginning or an end that is not loaded', () => {
    expect(kinds([message(0)], true, true)).toEqual(['day', 'message']);
  });

  it('tell the silence between two conversations', () => {
    const rows = rowsOf([message(0), message(200, { conversationId: 2 })], true, false);
    expect(rows.filter((row) => row.kind === 'conversation')).toMatchObject([{ id: 2, silenceMs: 200 * MINUTE_MS }]);
  });

  it('put what one says within five minutes together, and nobody else in between', () => {
    const items = [message(0), message(1), message(2, { isFromMe: true }), message(3), message(9)];
    const blocks = rowsOf(items, true, true).flatMap((row) =>
      row.kind === 'message' ? [[row.isFirst, row.isLast]] : [],
    );
    expect(blocks).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
      [true, true],
    ]);
  });

  it('have keys of their own, and a height before they are measured', () => {
    const items = run(0, 60).map((id) => message(id * 37, { conversationId: Math.floor(id / 7) }));
    const rows = rowsOf(items, false, false);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
    for (const row of rows) expect(estimateHeight(row)).toBeGreaterThan(10);
  });
});
