import type { AnalysisResult } from '../data/types.ts';
import { plural, span } from '../parts/format.ts';

/**
 * What passes found in a conversation, in words. A result is whatever its pass has made: of the passes that are built in
 * the page knows the shape, and looks before it relies on it; of others it shows what is there. Pure.
 */
type Times = { count: number; medianMs: number | null; longestMs: number | null };

export type Stats = {
  words: number;
  emoji: number;
  topEmoji: { emoji: string; count: number }[];
  reactions: { kind: string; emoji: string | null; count: number }[];
  initiator: string | null;
  turns: number;
  answers: Times;
  durationMs: number;
  silence: { longestMs: number };
  people: { id: string | null; messages: number; words: number; answers: Times }[];
};

/** What a language model says of it. */
export type Summary = {
  summary: string;
  topics: string[];
  entities: { name: string; kind: string }[];
  emotions: { person: string; emotion: string; intensity: number }[];
};

export type Finding = { pass: string; isStale: boolean; isPending: boolean; why: string | null } & (
  | { shape: 'stats'; value: Stats }
  | { shape: 'summary'; value: Summary }
  | { shape: 'other'; value: unknown }
);

const STALE: Record<string, string> = {
  content_changed: 'The conversation has changed since',
  new_version: 'It was found by an older version of the pass',
  conversation_removed: 'The conversation is no more',
};

/** One result of each pass: of a conversation that goes on the one that follows it, else the one of the whole. */
export function findingsOf(results: readonly AnalysisResult[], isActive: boolean): Finding[] {
  const wanted = isActive ? 'live' : 'batch';
  const chosen = new Map<string, AnalysisResult>();
  for (const result of results) {
    const known = chosen.get(result.pass);
    if (known === undefined || result.kind === wanted) chosen.set(result.pass, result);
  }
  return [...chosen.values()].filter(({ result }) => result !== null).map((result) => findingOf(result, wanted));
}

function findingOf({ pass, kind, isStale, staleReason, isPending, result }: AnalysisResult, wanted: string): Finding {
  // What was found while it went on is not what there is to find in the whole of it.
  const isOld = isStale || kind !== wanted;
  const why = isOld ? (STALE[staleReason ?? ''] ?? 'It is of an earlier part of the conversation') : null;
  const about = { pass, isStale: isOld, isPending, why };
  if (pass === 'conversation-stats' && isStats(result)) return { ...about, shape: 'stats', value: result };
  if (isSummary(result)) return { ...about, shape: 'summary', value: result };
  return { ...about, shape: 'other', value: result };
}

/** In a few words, for the line that a conversation begins with. */
export function gist(findings: readonly Finding[]): string {
  const summary = findings.find((finding) => finding.shape === 'summary');
  if (summary?.shape === 'summary' && summary.value.topics.length > 0) return summary.value.topics.join(', ');
  const stats = findings.find((finding) => finding.shape === 'stats');
  if (stats?.shape === 'stats') return statsGist(stats.value);
  return plural(findings.length, 'finding');
}

function statsGist({ turns, answers }: Stats): string {
  const median = answers.medianMs;
  return [plural(turns, 'turn'), ...(median === null ? [] : [`answers in ${span(median)}`])].join(', ');
}

/** The facts of the statistics, with their names; `nameOf` says who an id of a result is. */
export function factsOf(stats: Stats, nameOf: (id: string | null) => string): [name: string, value: string][] {
  const { turns, answers, silence, words, emoji, topEmoji, reactions, initiator } = stats;
  const facts: [string, string | null][] = [
    ['Begun by', initiator === null ? null : nameOf(initiator)],
    ['Turns', String(turns)],
    ['Answers', answers.medianMs === null ? null : `in ${span(answers.medianMs)} as a rule`],
    ['Slowest answer', answers.longestMs === null ? null : span(answers.longestMs)],
    ['Longest silence', silence.longestMs === 0 ? null : span(silence.longestMs)],
    ['Words', String(words)],
    [
      'Emoji',
      emoji === 0
        ? null
        : `${emoji}: ${topEmoji
            .slice(0, 5)
            .map((one) => one.emoji)
            .join(' ')}`,
    ],
    ['Reactions', reactions.length === 0 ? null : reactions.map(reactionOf).join(', ')],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

const reactionOf = ({ kind, emoji, count }: Stats['reactions'][number]) => `${count} ${emoji ?? kind}`;

/** How strongly somebody felt something, in a word. */
export function strength(intensity: number): string {
  return intensity >= 0.67 ? 'strongly' : intensity >= 0.34 ? 'clearly' : 'a little';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isTimes = (value: unknown) => isRecord(value) && 'medianMs' in value && 'longestMs' in value;

function isStats(value: unknown): value is Stats {
  if (!isRecord(value)) return false;
  const { turns, words, emoji, answers, silence, people, topEmoji, reactions } = value;
  const counts = [turns, words, emoji].every((count) => typeof count === 'number');
  const lists = [people, topEmoji, reactions].every(Array.isArray);
  return counts && lists && isTimes(answers) && isRecord(silence) && typeof silence.longestMs === 'number';
}

function isSummary(value: unknown): value is Summary {
  if (!isRecord(value)) return false;
  const { summary, topics, entities, emotions } = value;
  return typeof summary === 'string' && [topics, entities, emotions].every(Array.isArray);
}
