/**
 * Folding: what two texts have to share for one to be found by the other. Case goes (ß is ss, final sigma is sigma),
 * compatible forms become one (fullwidth, ligatures), diacritics go. Marks that spell other words stay: the vowel
 * signs of Indic scripts and Thai, the voicing of kana; and Hangul stays in whole syllables.
 */

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

/** Of such a text, folding makes lower case alone, and moves nothing. */
export function isPlain(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every ASCII character but NUL is folded by itself.
  return /^[\x01-\x7f]*$/.test(text);
}
