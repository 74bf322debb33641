import type { Transcript, TranscriptMessage, TranscriptReaction } from '../../../model/index.ts';

/**
 * A conversation as text for a language model: a line for each message, with the time, who said it, and what became of
 * it. People have labels (P1, P2 …), so that an answer can name them without guessing at names. What was unsent is not
 * repeated, because whoever said it took it back; what the owner has deleted is left out.
 */
export type Encoded = {
  text: string;
  /** What each label stands for: the id of a person. */
  people: ReadonlyMap<string, string>;
  /** Messages that were left out of the middle, because there were too many. */
  omitted: number;
};

/** Bytes that a token stands for at least, about: three of a script like Chinese are one character and one token. */
const TOKEN_BYTES = 3;
const MOST_TEXT_CHARACTERS = 4_000;
const MINUTE = 'YYYY-MM-DDTHH:MM'.length;
const DAY = 'YYYY-MM-DD'.length;

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / TOKEN_BYTES);
}

/** Null when nothing was said that a model could read. */
export function encodeTranscript(transcript: Transcript, mostTokens: number): Encoded | null {
  const labels = new Map(transcript.people.map(({ id }, at) => [id, `P${at + 1}`]));
  const messages = transcript.messages.filter(({ deletedAt, kind }) => deletedAt === null && kind !== 'event');
  if (messages.every(({ text }) => (text ?? '').replaceAll('\ufffc', '').trim() === '')) return null;
  const head = headOf(transcript, labels);
  const { lines, omitted } = within(linesOf(messages, labels), mostTokens - tokensOf(head));
  const people = new Map([...labels].map(([id, label]) => [label, id]));
  return { text: [head, ...lines].join('\n'), people, omitted };
}

function headOf({ people, chatKind, chatName }: Transcript, labels: ReadonlyMap<string, string>): string {
  const named = people.map(({ id, name }) => {
    const who = id === 'me' ? 'the owner of this archive' : (name ?? 'somebody without a name');
    return `${labels.get(id)}: ${oneLine(who)}`;
  });
  const chat =
    chatKind === 'group' ? `A group chat${chatName === null ? '' : `, ${oneLine(chatName)}`}.` : 'A chat of two.';
  return [chat, 'People:', ...named, 'Messages (times in UTC):'].join('\n');
}

function linesOf(messages: readonly TranscriptMessage[], labels: ReadonlyMap<string, string>): string[] {
  const numbers = new Map(messages.map(({ guid }, at) => [guid, at + 1]));
  let day = '';
  return messages.map((message, at) => {
    const date = message.at?.slice(0, DAY) ?? '';
    const time = message.at?.slice(date === day ? DAY + 1 : 0, MINUTE).replace('T', ' ') ?? 'no time';
    day = date;
    const by = message.by === null ? 'somebody' : (labels.get(message.by) ?? 'somebody');
    const reply = message.replyTo === null ? undefined : numbers.get(message.replyTo);
    const to = reply === undefined ? '' : ` (in reply to ${reply})`;
    return `${at + 1} [${time}] ${by}${to}: ${[saidIn(message), ...besides(message, labels)].filter((part) => part !== '').join(' ')}`;
  });
}

function saidIn({ text, unsentAt, kind, app }: TranscriptMessage): string {
  if (unsentAt !== null) return '{unsent}';
  const said = (text ?? '').replaceAll('\ufffc', '').trim().slice(0, MOST_TEXT_CHARACTERS);
  // A line is one message, whatever somebody writes.
  if (said !== '') return said.replaceAll(/\s*\n\s*/g, ' / ');
  return kind === 'app'
    ? `{${app === null ? 'an app' : 'something made by an app'}}`
    : kind === 'text'
      ? ''
      : `{${kind}}`;
}

function besides(message: TranscriptMessage, labels: ReadonlyMap<string, string>): string[] {
  const { attachments, edits, unsentAt, unsentParts, reactions } = message;
  const before = edits.length > 1 && unsentAt === null ? edits[0]?.text : null;
  return [
    ...attachments.map(
      ({ mimeType, isSticker }) => `{${isSticker ? 'sticker' : `attachment: ${mimeType ?? 'a file'}`}}`,
    ),
    ...(before == null ? [] : [`{edited; first: ${oneLine(before).slice(0, MOST_TEXT_CHARACTERS)}}`]),
    ...(unsentAt === null && unsentParts.length > 0 ? ['{a part of it was unsent}'] : []),
    ...(reactions.length === 0
      ? []
      : [`{reactions: ${reactions.map((reaction) => shown(reaction, labels)).join(', ')}}`]),
  ];
}

function shown({ by, kind, emoji }: TranscriptReaction, labels: ReadonlyMap<string, string>): string {
  return `${(by === null ? null : labels.get(by)) ?? 'somebody'} ${emoji ?? kind}`;
}

/** The beginning and the end matter most. */
function within(lines: readonly string[], mostTokens: number): { lines: string[]; omitted: number } {
  const costs = lines.map((line) => tokensOf(`${line}\n`));
  if (costs.reduce((sum, cost) => sum + cost, 0) <= mostTokens) return { lines: [...lines], omitted: 0 };
  let left = mostTokens - tokensOf('{999999 messages are left out here}');
  let [start, end] = [0, lines.length];
  while (start < end) {
    const fromStart = start <= lines.length - end;
    const cost = costs[fromStart ? start : end - 1] ?? 0;
    if (cost > left) break;
    left -= cost;
    if (fromStart) start += 1;
    else end -= 1;
  }
  const omitted = end - start;
  return { lines: [...lines.slice(0, start), `{${omitted} messages are left out here}`, ...lines.slice(end)], omitted };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
