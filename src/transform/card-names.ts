import type { Card } from '../sources/address-book/index.ts';

/** The name of a card as it is shown, and what is compared of it. */
export type CardName = {
  /** "First Middle Last", else the nickname, else the organisation; null when the card has none. */
  display: string | null;
  /** The shown name without case, accents and spacing; '' when the card has none. */
  folded: string;
  /** First and last name, folded; null unless the card has both. */
  outer: string | null;
  /** The middle name, folded; '' when there is none. */
  middle: string;
  /** There is no name but an organisation's. */
  isOrganization: boolean;
};

/** Of what has no name at all. */
export const NAMELESS: CardName = { display: null, folded: '', outer: null, middle: '', isOrganization: false };

export function cardName(card: Card): CardName {
  const personal = [card.firstName, card.middleName, card.lastName].map(tidy);
  const [first = '', middle = '', last = ''] = personal;
  const full = personal.filter((part) => part !== '').join(' ');
  const nickname = tidy(card.nickname);
  const organization = tidy(card.organization);
  const display = full || nickname || organization;
  return {
    display: display === '' ? null : display,
    folded: fold(display),
    outer: first !== '' && last !== '' ? `${fold(first)}\n${fold(last)}` : null,
    middle: fold(middle),
    isOrganization: full === '' && nickname === '' && organization !== '',
  };
}

/**
 * Names agree when they are the same but for case, accents and spacing, when one card has no name at all, or when
 * first and last name are the same and one has no middle name.
 */
export function namesAgree(a: CardName, b: CardName): boolean {
  if (a.folded === '' || b.folded === '' || a.folded === b.folded) return true;
  return a.outer !== null && a.outer === b.outer && (a.middle === '' || b.middle === '');
}

/** True when the two compare alike with every other name. */
export function isSameName(a: CardName, b: CardName): boolean {
  return a.folded === b.folded && a.outer === b.outer && a.middle === b.middle;
}

function tidy(text: string | null): string {
  const tidied = (text ?? '').trim().replace(/\s+/g, ' ');
  return /[^\s\p{Cf}\p{Cc}]/u.test(tidied) ? tidied : '';
}

/**
 * For comparing. Only the accents of Latin, Greek and Cyrillic (U+0300-U+036F) are dropped: the marks of Devanagari,
 * Thai or kana are vowels and voicing, and without them different names would be one.
 */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}
