/**
 * Folding: what two texts have to share for one to be found by the other. Case goes (ß is ss, final sigma is sigma),
 * compatible forms become one (fullwidth, ligatures), diacritics go. Marks that spell other words stay: the vowel
 * signs of Indic scripts and Thai, the voicing of kana; and Hangul stays in whole syllables.
 */

import { must } from '../kernel/index.ts';

/** Hangul jamo, compatibility jamo, circled ones and syllables: NFKD would take them apart and NFC put strangers together. */
const HANGUL =
  '\\u1100-\\u11ff\\u3130-\\u318f\\u3200-\\u321e\\u3260-\\u327e\\ua960-\\ua97f\\uac00-\\ud7ff\\uffa0-\\uffdc';
const RUN = new RegExp(`[^${HANGUL}]+`, 'g');
const JAMO = /[\u1100-\u11ff]/;
const JAMO_RUN = /[\u1100-\u11ff\uac00-\ud7a3]+/g;
const NUL = String.fromCharCode(0);

/** Marks of no script of their own, and those of Hebrew and Arabic, less the voicing marks of kana. */
const DIACRITICS =
  /[[\p{M}&&[\p{Script=Inherited}\p{Script=Common}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]--[\u3099\u309a]]+/gv;

/** Where a folded text can be cut so that each piece folds by itself: a character with all that joins on to it. */
const CLUSTER = /(?:(?:[\uac00-\ud7a3]\p{M}*)?(?:[\u1100-\u11ff]\p{M}*)+|.)[\p{M}\uff9e\uff9f]*/gsu;

/** Nothing joins on to what stands before an ASCII character: such runs are taken whole, and folding moves nothing in them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is the one that is not folded by itself.
const PIECE = /(?:[\x01-\x7f](?![^\x01-\x7f]))+|[\x01-\x7f]?[^\x01-\x7f]+/gu;

/** Total; the result has no NUL (at which the tokenizer would stop) and no half of a surrogate pair. */
export function foldText(text: string): string {
  if (isPlain(text)) return text.toLowerCase();
  let folded = text.toWellFormed().replace(RUN, foldRun).toLowerCase();
  if (JAMO.test(folded)) folded = folded.replace(JAMO_RUN, (run) => run.normalize('NFC'));
  return folded.replaceAll(NUL, '\ufffd');
}

function foldRun(run: string): string {
  const bare = run.normalize('NFKD').replace(DIACRITICS, '').normalize('NFC');
  // Up and down again, because some letters have one capital and two small forms.
  return bare.toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

/** A text with where each UTF-16 unit of its folded form comes from: `starts` and `ends` are offsets in the text. */
export type FoldedText = { folded: string; starts: number[]; ends: number[] };

export function foldWithOffsets(text: string): FoldedText {
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = '';
  for (const { 0: piece, index: from } of text.toWellFormed().matchAll(PIECE)) {
    if (isPlain(piece)) {
      folded += piece.toLowerCase();
      for (let at = from; at < from + piece.length; at += 1) {
        starts.push(at);
        ends.push(at + 1);
      }
      continue;
    }
    for (const { 0: cluster, index } of piece.matchAll(CLUSTER)) {
      const part = foldText(cluster);
      folded += part;
      for (let unit = 0; unit < part.length; unit += 1) {
        starts.push(from + index);
        ends.push(from + index + cluster.length);
      }
    }
  }
  return { folded, starts, ends };
}

/** Nothing joins on to what stands before such a character: a text folds to what its blocks fold to, cut before one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what the range says.
const BEGINS_BLOCK = /[\x01-\x7f\u4e00-\u9fff]/g;
/** Short enough that a place is found soon in it, in UTF-16 units. */
const BLOCK_LENGTH = 256;

/** A part of a text, and where it begins there and in the folded text. */
type Block = { text: string; from: number; foldedFrom: number; offsets: FoldedText | null };

/** Where places in a folded text come from. Only the blocks that somebody asks about are looked at closely: that takes seven times as long as folding. */
class FoldedPlaces {
  readonly folded: string;
  readonly #blocks: Block[] = [];

  constructor(text: string) {
    const whole = text.toWellFormed();
    let folded = '';
    for (let from = 0; from < whole.length; ) {
      BEGINS_BLOCK.lastIndex = from + BLOCK_LENGTH;
      const end = BEGINS_BLOCK.exec(whole)?.index ?? whole.length;
      const block = { text: whole.slice(from, end), from, foldedFrom: folded.length, offsets: null };
      folded += foldText(block.text);
      this.#blocks.push(block);
      from = end;
    }
    this.folded = folded;
  }

  /** Of the part of the folded text from `from` to `to`. */
  place(from: number, to: number): [start: number, end: number] {
    return [this.#at(from, 'starts'), this.#at(to - 1, 'ends')];
  }

  #at(at: number, side: 'starts' | 'ends'): number {
    const block = this.#blockAt(at);
    block.offsets ??= foldWithOffsets(block.text);
    return block.from + (block.offsets[side][at - block.foldedFrom] ?? 0);
  }

  #blockAt(at: number): Block {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#blocks[middle]?.foldedFrom ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return must(this.#blocks[low], 'a place is in a block');
  }
}

/** Where the terms, folded, stand in the text: offset and length in UTF-16 units, in order, without overlaps. */
export function findHighlights(text: string, terms: readonly string[]): [start: number, length: number][] {
  const found: [number, number][] = isPlain(text) ? inPlainText(text, terms) : inAnyText(text, terms);
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const merged: [number, number][] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last !== undefined && start < last[0] + last[1]) last[1] = Math.max(last[1], end - last[0]);
    else merged.push([start, end - start]);
  }
  return merged;
}

/** Of such a text, folding makes lower case alone, and moves nothing. */
export function isPlain(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every ASCII character but NUL is folded by itself.
  return /^[\x01-\x7f]*$/.test(text);
}

function inPlainText(text: string, terms: readonly string[]): [start: number, end: number][] {
  const folded = text.toLowerCase();
  return terms.flatMap((term) => placesOf(term, folded).map((at): [number, number] => [at, at + term.length]));
}

function inAnyText(text: string, terms: readonly string[]): [start: number, end: number][] {
  const places = new FoldedPlaces(text);
  return terms.flatMap((term) => placesOf(term, places.folded).map((at) => places.place(at, at + term.length)));
}

function placesOf(term: string, folded: string): number[] {
  const places: number[] = [];
  for (let at = folded.indexOf(term); at !== -1; at = folded.indexOf(term, at + term.length)) places.push(at);
  return places;
}
