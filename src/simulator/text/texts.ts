import type { Random } from '../random.ts';
import { AWKWARD, EMOJI, SENTENCES, SHORT } from './samples.ts';

const LANGUAGES = Object.keys(SENTENCES);
const ENGLISH = SENTENCES.en ?? [];

/** Words glued onto sentences so that few messages of a long history are equal. */
const FILLER = (
  'then again maybe tomorrow before after lunch with everyone downtown near station while still there ' +
  'because honestly really quite never always together somewhere around noon later tonight again please thanks'
).split(' ');

/** A language of a chat: mostly English, else any. */
export function pickLanguage(random: Random): string {
  return random.chance(0.5) ? 'en' : random.pick(LANGUAGES);
}

/** One message's text: short answers, a sentence or three, emoji, now and then something awkward or long. */
export function writeText(random: Random, language: string): string {
  const die = random.unit();
  if (die < 0.14) return random.pick(SHORT);
  if (die < 0.18) return random.pick(EMOJI);
  if (die < 0.19) return random.pick(AWKWARD);
  if (die < 0.2) return writeLong(random, random.between(130, 900));
  const sentences = SENTENCES[language] ?? ENGLISH;
  let text: string = random.pick(sentences);
  if (die < 0.45) text += ` ${random.pick(FILLER)} ${random.int(1000)}`;
  else if (die < 0.6) text += `. ${random.pick(sentences)}`;
  else if (die < 0.72) text += ` ${random.pick(EMOJI)}`;
  else if (die < 0.9 && language === 'en')
    text += ` ${random.pick(FILLER)} ${random.pick(FILLER)} ${random.pick(FILLER)}`;
  return text;
}

/** A text of at least `bytes` UTF-8 bytes, in mixed scripts. */
export function writeLong(random: Random, bytes: number): string {
  const pieces: string[] = [];
  let length = 0;
  while (length < bytes) {
    const piece = random.pick(SENTENCES[random.pick(LANGUAGES)] ?? ENGLISH);
    pieces.push(piece);
    length += Buffer.byteLength(piece) + 1;
  }
  return pieces.join(' ');
}
