import { describe, expect, it } from 'vitest';
import { loadPasses } from '../../src/analysis/index.ts';
import { must } from '../../src/kernel/index.ts';
import type { Transcript, TranscriptMessage } from '../../src/model/index.ts';
import type { AnalysisResult } from '../../web/src/data/types.ts';
import { factsOf, findingsOf, gist, strength } from '../../web/src/timeline/findings.ts';

const said = (by: string, minute: number, text: string): TranscriptMessage => ({
  ...{ guid: `g${minute}`, by, at: new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString(), kind: 'text', text },
  ...{ app: null, replyTo: null, edits: [], unsentAt: null, unsentParts: [], deletedAt: null },
  ...{ attachments: [], reactions: [{ by: 'me', kind: 'loved', emoji: null, at: null }] },
});

const transcript: Transcript = {
  ...{ conversationId: 1, chatId: 1, chatKind: 'direct', chatName: null, startedAt: null, endedAt: null },
  people: [
    { id: 'me', name: null, addresses: [] },
    { id: '+1', name: 'Ann', addresses: ['+1'] },
  ],
  messages: [said('+1', 0, 'one 🎈'), said('me', 4, 'two words'), said('+1', 10, 'three')],
};

const context = { kind: 'batch', signal: new AbortController().signal, used: () => undefined } as const;
const [loaded] = await loadPasses({ module: null, names: ['conversation-stats'], llm: null });
const stats = await must(loaded, 'it is built in').pass.run(transcript, context);

function result(change: Partial<AnalysisResult> = {}): AnalysisResult {
  return {
    ...{ pass: 'conversation-stats', kind: 'batch', version: 1, computedAt: '2026-01-01T00:00:00.000Z' },
    ...{ isStale: false, staleReason: null, isPending: false, result: stats },
    ...change,
  };
}
const llm = { summary: 'Short.', topics: ['lakes', 'dinner'], entities: [], emotions: [] };
const nameOf = (id: string | null) => (id === 'me' ? 'You' : 'Ann');

describe('what was found, in words', () => {
  it('is what the pass for statistics makes, as it makes it', () => {
    const [finding] = findingsOf([result()], false);
    expect(finding).toMatchObject({ shape: 'stats', isStale: false, why: null });
    expect(gist(findingsOf([result()], false))).toBe('3 turns, answers in 5 min');
    if (finding?.shape !== 'stats') throw new Error('it is taken for something else');
    expect(factsOf(finding.value, nameOf)).toEqual([
      ['Begun by', 'Ann'],
      ['Turns', '3'],
      ['Answers', 'in 5 min as a rule'],
      ['Slowest answer', '6 min'],
      ['Longest silence', '6 min'],
      ['Words', '4'],
      ['Emoji', '1: 🎈'],
      ['Reactions', '3 loved'],
    ]);
  });

  it('is of a conversation that goes on what follows it, and else of the whole', () => {
    const both = [result({ kind: 'live', version: 1 }), result({ version: 2 })];
    expect(findingsOf(both, true)).toMatchObject([{ isStale: false }]);
    expect(findingsOf([result({ kind: 'live' })], false)).toMatchObject([
      { isStale: true, why: 'It is of an earlier part of the conversation' },
    ]);
    expect(findingsOf([...both].reverse(), false)).toHaveLength(1);
  });

  it('begins with what it is about, where a model has said so', () => {
    const found = findingsOf([result(), result({ pass: 'llm', result: llm })], false);
    expect(gist(found)).toBe('lakes, dinner');
    expect(found.map(({ shape }) => shape)).toEqual(['stats', 'summary']);
    expect(gist(findingsOf([result({ pass: 'llm', result: { ...llm, topics: [] } }), result()], false))).toMatch(
      /^3 turns/,
    );
  });

  it('says why it is out of date', () => {
    const stale = result({ isStale: true, staleReason: 'new_version', isPending: true });
    expect(findingsOf([stale], false)).toMatchObject([
      { isStale: true, isPending: true, why: 'It was found by an older version of the pass' },
    ]);
  });

  it('of a pass that it does not know, or that said nothing, takes nothing for granted', () => {
    for (const odd of [{ turns: 'many' }, [], 'words', 7]) {
      expect(findingsOf([result({ result: odd })], false)).toMatchObject([{ shape: 'other', value: odd }]);
    }
    expect(findingsOf([result({ result: null })], false)).toEqual([]);
    expect(gist(findingsOf([result({ pass: 'own', result: { tone: 'calm' } })], false))).toBe('1 finding');
  });

  it('tells how strong a feeling is in three words', () => {
    expect([0, 0.4, 0.9].map(strength)).toEqual(['a little', 'clearly', 'strongly']);
  });
});
