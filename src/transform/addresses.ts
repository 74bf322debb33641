import { fitOf, mendInternational, readNational } from './numbers.ts';
import type { Region } from './region.ts';

/**
 * What an address is, and the one form in which it is stored, compared and exported:
 * - `phone`: E.164 ("+14155550123"), or its bare digits when no country can be given to it
 * - `email`: lower case
 * - `short-code`: at most six digits, no plus
 * - `name`: an alphanumeric sender ("AMAZON"), and anything else with letters, as it is
 * - `business`: a URN ("urn:biz:…"), as it is
 * - `unknown`: everything else, as it is
 */
export type Address = { value: string; kind: 'phone' | 'email' | 'short-code' | 'name' | 'business' | 'unknown' };

/** No address is longer (an e-mail has 254 characters at most); what is, is left alone, so that no work is unbounded. */
const ADDRESS_MAX_LENGTH = 1_024;
/** The longest text that is tried as a number, with its formatting and extension. */
const NUMBER_MAX_LENGTH = 64;
const SHORT_CODE_MAX_DIGITS = 6;
/** Below this many digits a trailing "x12" or ",3" belongs to a name, not to a number with an extension. */
const EXTENSION_MIN_DIGITS = 7;

/** Nearly every handle is one of these two already; they pay for no more than a regular expression. */
const PLAIN_E164 = /^\+[0-9]+$/;
const PLAIN_EMAIL = /^[a-z0-9._%+-]+@[a-z0-9.-]+$/;

/**
 * The one normaliser of addresses, for handles and address books alike. Total and idempotent: it never throws, and
 * what it returns it leaves as it is. `region` is the owner's, for numbers that were typed without a country.
 */
export function normaliseAddress(raw: string, region: Region | null): Address {
  if (PLAIN_E164.test(raw)) return { value: mendInternational(raw), kind: 'phone' };
  if (PLAIN_EMAIL.test(raw)) return { value: raw, kind: 'email' };
  if (raw.length > ADDRESS_MAX_LENGTH) return { value: raw, kind: 'unknown' };
  const visible = unwrap(withoutMarks(raw));
  if (visible === '') return { value: '', kind: 'unknown' };
  if (/^urn:/i.test(visible)) return { value: asTyped(raw, visible), kind: 'business' };
  if (/^\S+@\S+$/.test(visible)) return { value: visible.toLowerCase(), kind: 'email' };
  const digits = dialledDigits(visible);
  if (digits !== null) return normaliseDigits(digits, region);
  return { value: asTyped(raw, visible), kind: /\p{L}/u.test(visible) ? 'name' : 'unknown' };
}

/**
 * The same for one whose own numbers are of several regions, such as the address book of a person who moved. A number
 * typed without a country is read by the first region whose plan has it, typed as it is dialled there; else by the
 * first in which it is possible, else as in the first region. Total and idempotent.
 */
export function normaliseInRegions(raw: string, regions: readonly Region[]): Address {
  const first = normaliseAddress(raw, regions[0] ?? null);
  if (regions.length < 2 || first.kind !== 'phone' || PLAIN_E164.test(raw)) return first;
  const digits = dialledDigits(unwrap(withoutMarks(raw)));
  if (digits === null || digits.startsWith('+')) return first;
  let possible: Address | null = null;
  for (const region of regions) {
    const address = normaliseAddress(digits, region);
    const fit = address.value.startsWith('+') ? fitOf(address.value, digits) : 'none';
    if (fit === 'as-dialled') return address;
    if (fit === 'possible') possible ??= address;
  }
  return possible ?? first;
}

/** Invisible marks (direction, joiners, soft hyphens) come along when a number is copied, and mean nothing in it. */
function withoutMarks(text: string): string {
  return text.replace(/\p{Cf}/gu, '');
}

/** A name keeps the marks inside it: a joiner may change how it reads. Unless they hid what has to be taken off. */
function asTyped(raw: string, visible: string): string {
  const typed = unwrap(raw);
  return withoutMarks(typed) === visible ? typed : visible;
}

/** Takes off what surrounds an address: blanks, URI schemes, angle brackets, and the "(smsft)" marks of SMS filters. */
function unwrap(text: string): string {
  let inner = text;
  while (true) {
    const next = inner
      .replace(/^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu, '')
      .replace(/(?<=.)\(sms[^()]*\)$/i, '')
      .replace(/^tel:(?=.)/i, '')
      .replace(/^mailto:([^?]+).*$/is, '$1')
      .replace(/^[^<>]*<([^<>\s]+@[^<>\s]+)>$/, '$1');
    if (next === inner) return inner;
    inner = next;
  }
}

/** Code points of the digit zero in the scripts in which phones write numbers; nine follows nine later. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810, 0xff10,
];

function asciiDigits(text: string): string {
  return text.replace(/[\u{ff0b}\u{fe62}]/gu, '+').replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    const zero = ZEROS.find((first) => code >= first && code <= first + 9);
    return zero === undefined ? digit : String(code - zero);
  });
}

/** As people write it: "ext. 12", and the same in the languages of the countries where extensions are usual. */
const EXTENSION_WORDS =
  'ext(?:ensi[oó]n|n)?|x|#|int(?:erno)?|anexo|ramal|poste|durchwahl|dw|apparat|app|內線|内線|分機|分机|доб';
const EXTENSION = new RegExp(
  `(?:\\s*[,;].*|\\s*(?:${EXTENSION_WORDS})\\.?\\s*[:.]?\\s*[0-9]{1,7}|[pw][0-9#*]*)+$`,
  'isu',
);
/** Brazil's "0xx11": dial the zero, a carrier of your choice, then the area. */
const CARRIER_PLACEHOLDER = /(?<![0-9\p{L}])0xx(?=[\s)]*[1-9][0-9])/iu;
const PUNCTUATION = /[\s()[\]./\-\u2010-\u2015\u2212\u30fc\uff08\uff09\uff0d\uff0e\uff0f\u00b7\u2022\u2024~_]+/g;

/** The digits of a phone number, with a leading "+" when it has one; null when the text is no number. */
function dialledDigits(text: string): string | null {
  if (text.length > NUMBER_MAX_LENGTH) return null;
  const typed = asciiDigits(text).replace(CARRIER_PLACEHOLDER, '0');
  const shortened = typed.replace(EXTENSION, '');
  const number = countDigits(shortened) >= EXTENSION_MIN_DIGITS ? shortened : typed;
  const dialled = withoutTrunkZero(number).replace(PUNCTUATION, '').replace(/^\++/, '+');
  return /^\+?[0-9]+$/.test(dialled) ? dialled : null;
}

/**
 * "+44 (0)20 …" says: dial the zero at home, leave it out from abroad. Italy and its neighbours by plan (San Marino,
 * the Vatican) keep theirs.
 */
function withoutTrunkZero(number: string): string {
  return number.replace(/^(\s*\(?\+\s*(?!39|378|379)[1-9][0-9]{0,2}\s*\)?[\s.\-/]*)[([]0[)\]]/, '$1');
}

function countDigits(text: string): number {
  return text.replace(/[^0-9]/g, '').length;
}

function normaliseDigits(digits: string, region: Region | null): Address {
  // A number with a plus keeps its digits even where no plan knows them: a fictional number is somebody's too.
  if (digits.startsWith('+')) return { value: mendInternational(digits), kind: 'phone' };
  if (digits.length <= SHORT_CODE_MAX_DIGITS) return { value: digits, kind: 'short-code' };
  return { value: readNational(digits, region), kind: 'phone' };
}

/**
 * Whether that can be an address of somebody at all. Accounts also hold "unknown", screen names of services long gone,
 * and numbers of a few digits.
 */
export function isOwnAddress({ value, kind }: Address): boolean {
  return kind === 'email' || (kind === 'phone' && /^\+?[0-9]{7,15}$/.test(value));
}
