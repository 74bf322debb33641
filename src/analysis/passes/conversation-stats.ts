import { z } from 'zod';
import type { Transcript, TranscriptMessage } from '../../model/index.ts';
import { definePass } from '../pass.ts';

/**
 * How a conversation went, in numbers: nothing is guessed, and nothing leaves the machine. A turn is what somebody says
 * until somebody else does. An answer is the first message of a turn, to the last of the turn before; its time is the
 * time between the two.
 */
const count = z.int().nonnegative();
const times = z
  .object({ count, medianMs: count.nullable(), longestMs: count.nullable() })
  .describe('how long answers took');
const person = z.object({
  id: z.string().nullable(),
  messages: count,
  words: count,
  characters: count,
  emoji: count,
  turns: count,
  attachments: count,
  edited: count,
  unsent: count,
  reactionsGiven: count,
  reactionsReceived: count,
  answers: times,
});

const schema = z.object({
  messages: count,
  words: count,
  characters: count,
  emoji: count,
  topEmoji: z.array(z.object({ emoji: z.string(), count })),
  attachments: count,
  reactions: z.array(z.object({ kind: z.string(), emoji: z.string().nullable(), count })),
  initiator: z.string().nullable(),
  turns: count,
  answers: times,
  durationMs: count,
  silence: z
    .object({ longestMs: count, after: z.string().nullable() })
    .describe('the longest, and the message before it'),
  people: z.array(person),
});
type Stats = z.infer<typeof schema>;
type Person = z.infer<typeof person>;

const MOST_EMOJI = 10;
const words = new Intl.Segmenter('en', { granularity: 'word' });
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3/u;

export const conversationStats = definePass<Transcript, Stats>({
  name: 'conversation-stats',
  version: 1,
  kind: ['live', 'batch'],
  input: (transcript) => transcript,
  run: statsOf,
  schema,
});

function statsOf({ messages, people }: Transcript): Stats {
  const tallies = new Map<string | null, Tally>(people.map(({ id }) => [id, new Tally(id)]));
  const tallyOf = (id: string | null) => {
    const tally = tallies.get(id) ?? new Tally(id);
    tallies.set(id, tally);
    return tally;
  };
  const emoji = new Map<string, number>();
  const reactions = new Map<string, { kind: string; emoji: string | null; count: number }>();
  const silence = { longestMs: 0, after: null as string | null };
  const answers: number[] = [];
  let turns = 0;
  let before: TranscriptMessage | null = null;
  for (const message of messages) {
    const tally = tallyOf(message.by);
    tally.says(message, emoji);
    const gapMs = before === null ? null : between(before, message);
    if (gapMs !== null && gapMs > silence.longestMs) Object.assign(silence, { longestMs: gapMs, after: before?.guid });
    if (before === null || before.by !== message.by) {
      turns += 1;
      tally.row.turns += 1;
      if (gapMs !== null) {
        answers.push(gapMs);
        tally.answers.push(gapMs);
      }
    }
    for (const { by, kind, emoji: with_ } of message.reactions) {
      tallyOf(by).row.reactionsGiven += 1;
      tally.row.reactionsReceived += 1;
      const key = `${kind} ${with_ ?? ''}`;
      const known = reactions.get(key) ?? { kind, emoji: with_, count: 0 };
      reactions.set(key, { ...known, count: known.count + 1 });
    }
    before = message;
  }
  const rows = [...tallies.values()].map((tally) => tally.finished());
  const sum = (field: 'messages' | 'words' | 'characters' | 'emoji' | 'attachments') =>
    rows.reduce((total, row) => total + row[field], 0);
  return {
    messages: sum('messages'),
    words: sum('words'),
    characters: sum('characters'),
    emoji: sum('emoji'),
    topEmoji: [...emoji]
      .map(([one, times]) => ({ emoji: one, count: times }))
      .sort((a, b) => b.count - a.count || (a.emoji < b.emoji ? -1 : 1))
      .slice(0, MOST_EMOJI),
    attachments: sum('attachments'),
    reactions: [...reactions.values()].sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1)),
    initiator: messages[0]?.by ?? null,
    turns,
    answers: timesOf(answers),
    durationMs: durationOf(messages),
    silence,
    people: rows.sort((a, b) => b.messages - a.messages || (String(a.id) < String(b.id) ? -1 : 1)),
  };
}

class Tally {
  readonly row: Person;
  readonly answers: number[] = [];

  constructor(id: string | null) {
    const nothing = { messages: 0, words: 0, characters: 0, emoji: 0, turns: 0, attachments: 0, edited: 0, unsent: 0 };
    this.row = { id, ...nothing, reactionsGiven: 0, reactionsReceived: 0, answers: timesOf([]) };
  }

  says({ text, attachments, edits, unsentAt, unsentParts }: TranscriptMessage, emoji: Map<string, number>): void {
    const { row } = this;
    row.messages += 1;
    row.attachments += attachments.length;
    if (edits.length > 0) row.edited += 1;
    if (unsentAt !== null || unsentParts.length > 0) row.unsent += 1;
    // Where an attachment stands in the text is no character that somebody wrote.
    const said = text?.replaceAll('\ufffc', '') ?? '';
    if (said === '') return;
    for (const { isWordLike } of words.segment(said)) if (isWordLike === true) row.words += 1;
    for (const { segment } of graphemes.segment(said)) {
      if (segment.trim() === '') continue;
      row.characters += 1;
      if (!EMOJI.test(segment)) continue;
      row.emoji += 1;
      emoji.set(segment, (emoji.get(segment) ?? 0) + 1);
    }
  }

  finished(): Person {
    return { ...this.row, answers: timesOf(this.answers) };
  }
}

/** Null where one of them has no date, or dates go back. */
function between(one: TranscriptMessage, other: TranscriptMessage): number | null {
  if (one.at === null || other.at === null) return null;
  const ms = Date.parse(other.at) - Date.parse(one.at);
  return ms < 0 ? null : ms;
}

function durationOf(messages: readonly TranscriptMessage[]): number {
  const dated = messages.flatMap(({ at }) => (at === null ? [] : [Date.parse(at)]));
  return dated.length === 0 ? 0 : (dated.at(-1) ?? 0) - (dated[0] ?? 0);
}

function timesOf(ms: readonly number[]): Stats['answers'] {
  const sorted = [...ms].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] ?? null)
      : sorted.length === 0
        ? null
        : Math.round(((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2);
  return { count: sorted.length, medianMs: median, longestMs: sorted.at(-1) ?? null };
}
