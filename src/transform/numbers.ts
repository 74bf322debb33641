import type { CountryCode } from 'libphonenumber-js/min';
import { fullPhoneLibrary, phoneLibrary } from './phone-library.ts';
import type { Region } from './region.ts';

/**
 * Dialled digits (with or without "+") to E.164, by the numbering plans. What no plan can make one of stays as it is:
 * nothing here guesses an area code, a digit that a mobile has gained, or a country.
 */

/** What may follow an international prefix: E.164 allows 15 digits, and no subscriber has fewer than 7 with the country. */
const INTERNATIONAL_DIGITS = { min: 7, max: 15 };

/**
 * How no number begins: with a zero behind the country's code, which is a trunk prefix that should have been left out
 * ("+44 020 …"), and in North America with 0 or 1. The zero belongs to the number in Italy, San Marino and the Vatican;
 * in a few more countries it may, which their plans tell.
 */
const TRUNK_AFTER_CODE =
  /^\+(?:1[01]|(?:7|20|27|3[0-46]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-689]|35|42|5[09]|6[7-9]|8[0578]|9[679])[0-9]|37[0-7]|38[0-79])0)/;

/**
 * Other prefixes behind a "+" that only belong in front of a national number: Mexico's "1" (given up in 2019),
 * Argentina's "15" (which is "9" from abroad), "+7 8 …", "+375 8 …".
 */
const PREFIX_AFTER_CODE = /^\+(?:521[0-9]{10}|54[0-9]{12,13}|78[0-9]{10}|37580?[0-9]{9})$/;

/**
 * A number with a "+" without the prefix that only belongs in front of a national one; as it is where the plan does
 * not have the number that is left.
 */
export function mendInternational(number: string): string {
  if (!TRUNK_AFTER_CODE.test(number) && !PREFIX_AFTER_CODE.test(number)) return number;
  const parsed = phoneLibrary().parsePhoneNumberFromString(withoutDoublePrefix(number), { extract: false });
  if (parsed?.isValid() !== true || parsed.number.length >= number.length) return number;
  return mendInternational(parsed.number);
}

function withoutDoublePrefix(number: string): string {
  return number.replace(/^\+52(?:1|01|04[45])(?=[0-9]{10}$)/, '+52').replace(/^\+549(?=[0-9]{12}$)/, '+54');
}

/** E.164 of digits without a "+", read as they are dialled in the region; else the digits. */
export function readNational(digits: string, region: Region | null): string {
  const abroad = fromInternationalPrefix(digits);
  if (region === null) return abroad === null ? digits : mendInternational(abroad);
  // "00" is an international prefix in most countries, and people type it in all; elsewhere it may be the beginning of
  // a longer one (Australia's "0011"), so that the country's own plan is asked when no possible number follows.
  const number =
    (abroad === null ? null : possibleNumber(mendInternational(abroad), null)) ??
    possibleNumber(withoutRetiredPrefix(digits, region), region);
  return number === null ? (abroad ?? digits) : mendInternational(number);
}

function fromInternationalPrefix(digits: string): string | null {
  const rest = /^00([1-9][0-9]*)$/.exec(digits)?.[1];
  if (rest === undefined || rest.length < INTERNATIONAL_DIGITS.min || rest.length > INTERNATIONAL_DIGITS.max)
    return null;
  return `+${rest}`;
}

/** Mexican numbers were dialled with 01, 044, 045 or 1 before their ten digits until 2019; address books still hold them. */
function withoutRetiredPrefix(digits: string, region: Region): string {
  return region === 'MX' ? digits.replace(/^(?:01|044|045|1)(?=[0-9]{10}$)/, '') : digits;
}

/**
 * E.164 of a number that has a possible length by its country's plan; else null. "Possible", not "valid": numbers made
 * up for films and tests are not valid anywhere, and a plan newer than our data would not be either. But a zero that
 * the plan does not have in front says that the number is of another country.
 */
function possibleNumber(digits: string, region: Region | null): string | null {
  const options = region === null ? { extract: false } : { defaultCountry: region as CountryCode, extract: false };
  try {
    const number = phoneLibrary().parsePhoneNumberFromString(digits, options);
    if (number?.isPossible() !== true) return null;
    // "49 171 …" without its plus is a number of Leer for the German plan (0491 71…), but would be written with a zero.
    if (region !== null && digits.startsWith(number.countryCallingCode)) {
      if (fitOf(number.number, digits) !== 'as-dialled' && isValid(`+${digits}`)) return `+${digits}`;
    }
    return TRUNK_AFTER_CODE.test(number.number) && !number.isValid() ? null : number.number;
  } catch {
    // A region that has no numbering plan (Antarctica).
    return null;
  }
}

function isValid(e164: string): boolean {
  return fullPhoneLibrary().parsePhoneNumberFromString(e164, { extract: false })?.isValid() === true;
}

/**
 * How well E.164 that was read from digits fits its plan. `as-dialled`: it is valid, and the digits are not the bare
 * subscriber's where the plan requires a trunk prefix in front of them. "4155550123" and "5551234567" are numbers of
 * Büchen and Northeim for the German plan, but a German writes them with a zero; an Indian may leave it out.
 */
export function fitOf(e164: string, digits: string): 'none' | 'possible' | 'as-dialled' {
  const number = fullPhoneLibrary().parsePhoneNumberFromString(e164, { extract: false });
  if (number?.isPossible() !== true) return 'none';
  if (!number.isValid()) return 'possible';
  if (digits !== number.nationalNumber) return 'as-dialled';
  const shortest = number.format('NATIONAL', { nationalPrefix: false }).replace(/[^0-9]/g, '');
  return shortest === digits ? 'as-dialled' : 'possible';
}
