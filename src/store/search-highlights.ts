import { must } from '../kernel/index.ts';
import { type FoldedText, foldText, foldWithOffsets, isPlain } from './search-fold.ts';

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
