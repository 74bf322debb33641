import type { CountryCode } from 'libphonenumber-js/min';
import { ChatStatsError } from '../kernel/index.ts';
import { phoneLibrary } from './phone-library.ts';

/** An ISO 3166-1 alpha-2 code in upper case, such as "US": the country by whose rules a national number is read. */
export type Region = string;

const ISO_3166 = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
    'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR ' +
    'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
    'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ ' +
    'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ' +
    'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ ' +
    // XK is not ISO's, but everybody's code for Kosovo, which has a calling code of its own.
    'UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' '),
);

/** The region that a text names, or null. Case does not matter, and "UK" is understood. */
export function parseRegion(text: string | null): Region | null {
  const code = text?.trim().toUpperCase() ?? '';
  if (code === 'UK') return 'GB';
  return ISO_3166.has(code) ? code : null;
}

/**
 * One's own address as the source writes it in `account`, `account_login` and `last_addressed_handle` ("P:+1…",
 * "e:mail", or bare), without its prefix. Empty when there is none. It still has to be normalised.
 */
export function ownAddress(raw: string): string {
  return raw.trim().replace(/^[pe]:\s*/i, '');
}

export type RegionEvidence = {
  /** One's own addresses, with or without their prefix; those that are not E.164 are passed over. */
  ownAddresses: readonly string[];
  /** `handle.country` of every handle, in any case. */
  handleCountries: readonly (string | null)[];
  /** A locale such as "en_US.UTF-8", "de-CH" or "en_US@rg=gbzzzz". */
  locale: string | null;
  /** What the user said. */
  override: string | null;
};

/**
 * The region by which national numbers are read: what the user said, else the country of most of the owner's own
 * numbers, else the country of more than half of the handles, else the locale's. Null when nothing tells.
 * Throws USAGE when the override is not a country.
 */
export function ownerRegion(evidence: RegionEvidence): Region | null {
  if (evidence.override !== null) {
    const named = parseRegion(evidence.override);
    if (named === null) {
      throw new ChatStatsError('USAGE', 'the region is not a two-letter country code (ISO 3166), such as US or DE');
    }
    return named;
  }
  const ofHandles = clearMajority(evidence.handleCountries);
  const ofLocale = localeRegion(evidence.locale);
  return ofOwnNumbers(evidence.ownAddresses, [ofHandles, ofLocale]) ?? ofHandles ?? ofLocale;
}

/**
 * The country of a number in E.164; null for anything else. Several countries share a calling code (+1, +7, +44…) and
 * a number does not always tell which one it is from; then the first hint that fits decides, and without one the
 * code's main country.
 */
export function numberRegion(e164: string, hints: readonly (Region | null)[]): Region | null {
  if (!/^\+[1-9]\d{5,14}$/.test(e164)) return null;
  const number = phoneLibrary().parsePhoneNumberFromString(e164, { extract: false });
  const candidates: CountryCode[] =
    number === undefined ? [] : number.country === undefined ? number.getPossibleCountries() : [number.country];
  return hints.find((hint) => candidates.some((candidate) => candidate === hint)) ?? candidates[0] ?? null;
}

/** Regions without repetition, the most frequent first; of two that are as frequent, the one that was named first. */
export function byFrequency(regions: Iterable<Region>): Region[] {
  const counts = new Map<Region, number>();
  for (const region of regions) counts.set(region, (counts.get(region) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([region]) => region);
}

function ofOwnNumbers(addresses: readonly string[], hints: readonly (Region | null)[]): Region | null {
  const votes = new Map<Region, number>();
  for (const address of new Set(addresses.map(ownAddress))) {
    const region = numberRegion(address, hints);
    if (region !== null) votes.set(region, (votes.get(region) ?? 0) + 1);
  }
  const most = Math.max(...votes.values());
  const leaders = [...votes.keys()].filter((region) => votes.get(region) === most);
  return hints.find((hint) => hint !== null && leaders.includes(hint)) ?? leaders[0] ?? null;
}

function clearMajority(countries: readonly (string | null)[]): Region | null {
  const votes = new Map<Region, number>();
  let total = 0;
  for (const country of countries) {
    const region = parseRegion(country);
    if (region === null) continue;
    total += 1;
    votes.set(region, (votes.get(region) ?? 0) + 1);
  }
  for (const [region, count] of votes) if (count * 2 > total) return region;
  return null;
}

function localeRegion(locale: string | null): Region | null {
  if (locale === null) return null;
  // macOS lets a person choose a region apart from the language's: "en_US@rg=gbzzzz", "en-US-u-rg-gbzzzz".
  const chosen = /\brg[=-]([a-z]{2})zzzz\b/i.exec(locale)?.[1];
  if (chosen !== undefined) return parseRegion(chosen);
  const [language = ''] = locale.split(/[.@]|-[ux]-/i);
  const region = language.split(/[-_]/).find((part, index) => index > 0 && /^[a-z]{2}$/i.test(part));
  return parseRegion(region ?? null);
}
