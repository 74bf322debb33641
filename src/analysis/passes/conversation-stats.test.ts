import { describe, expect, it } from 'vitest';
import type { Transcript, TranscriptMessage } from '../../model/index.ts';
import { conversationStats } from './conversation-stats.ts';

const SECOND = 1_000;
const ANN = '+14155550101';

function message(
  by: string | null,
  seconds: number | null,
  text: string | null,
  more: Partial<TranscriptMessage> = {},
) {
  const at = seconds === null ? null : new Date(seconds * SECOND).toISOString();
  return {
    ...{ guid: `${by} ${seconds}`, by, at, kind: 'text' as const, text, app: null, replyTo: null, edits: [] },
    ...{ unsentAt: null, unsentParts: [], deletedAt: null, attachments: [], reactions: [] },
    ...more,
  };
}

function statsOf(messages: readonly TranscriptMessage[]) {
  const people = ['me', ANN].map((id) => ({ id, name: null, addresses: [] }));
  const transcript: Transcript = {
    ...{ conversationId: 1, chatId: 1, chatKind: 'direct', chatName: null, startedAt: null, endedAt: null },
    ...{ people, messages },
  };
  const context = { kind: 'batch' as const, signal: new AbortController().signal, used: () => {} };
  const stats = conversationStats.run(transcript, context);
  const checked = conversationStats.schema.safeParse(stats);
  if (!checked.success) throw new Error('the result does not fit its own schema');
  return checked.data;
}

describe('the statistics of a conversation', () => {
  it('count turns and how long answers took, by person', () => {
    const stats = statsOf([
      message('me', 0, 'hello'),
      message('me', 5, 'are you there?'),
      message(ANN, 65, 'yes'),
      message('me', 75, 'good'),
      message(ANN, 275, 'bye'),
    ]);
    expect(stats).toMatchObject({
      ...{ messages: 5, turns: 4, initiator: 'me', durationMs: 275 * SECOND },
      answers: { count: 3, medianMs: 60 * SECOND, longestMs: 200 * SECOND },
      silence: { longestMs: 200 * SECOND, after: 'me 75' },
    });
    expect(stats.people.map(({ id, messages, turns, answers }) => [id, messages, turns, answers.medianMs])).toEqual([
      ['me', 3, 2, 10 * SECOND],
      [ANN, 2, 2, 130 * SECOND],
    ]);
  });

  it.each<[string, number, number, number]>([
    ['three short words', 3, 15, 0],
    ["it's 9:30 already", 4, 15, 0],
    ['我今天很好', 3, 5, 0],
    ['👨‍👩‍👧‍👦 👍🏽🇩🇪', 0, 3, 3],
    ['1 2 3', 3, 3, 0],
    ['\ufffc', 0, 0, 0],
  ])('take "%s" for %d words, %d characters and %d emoji', (text, words, characters, emoji) => {
    expect(statsOf([message('me', 0, text)])).toMatchObject({ words, characters, emoji });
  });

  it('count what became of messages, and reactions given and received', () => {
    const loved = { by: ANN, kind: 'loved' as const, emoji: null, at: null };
    const custom = { by: ANN, kind: 'emoji' as const, emoji: '🎉', at: null };
    const photo = { name: null, mimeType: 'image/heic', isSticker: false };
    const stats = statsOf([
      message('me', 0, 'a', { reactions: [loved, custom], attachments: [photo, photo] }),
      message('me', 1, 'b', {
        reactions: [loved],
        edits: [
          { at: null, text: 'c' },
          { at: null, text: 'b' },
        ],
      }),
      message(ANN, 2, null, { unsentAt: new Date(0).toISOString() }),
    ]);
    expect(stats.reactions).toEqual([
      { kind: 'loved', emoji: null, count: 2 },
      { kind: 'emoji', emoji: '🎉', count: 1 },
    ]);
    expect(stats.people).toMatchObject([
      { id: 'me', attachments: 2, edited: 1, reactionsReceived: 3, reactionsGiven: 0 },
      { id: ANN, unsent: 1, reactionsGiven: 3 },
    ]);
  });

  it('do without dates, without people, and without anything', () => {
    expect(statsOf([message(null, null, 'who?'), message(ANN, 1, 'I')])).toMatchObject({ turns: 2, durationMs: 0 });
    expect(statsOf([])).toMatchObject({
      messages: 0,
      turns: 0,
      initiator: null,
      answers: { count: 0, medianMs: null },
    });
  });
});
