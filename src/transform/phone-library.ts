import { createRequire } from 'node:module';
import type * as Library from 'libphonenumber-js/min';

export type PhoneLibrary = Pick<typeof Library, 'parsePhoneNumberFromString'>;

const load = createRequire(import.meta.url);
let loaded: PhoneLibrary | null = null;
let loadedInFull: PhoneLibrary | null = null;

/**
 * The library that knows the world's numbering plans. It is loaded by its first use and synchronously, because it
 * takes 30-50 ms, and most runs (and every handle that is E.164 already) can do without it.
 */
export function phoneLibrary(): PhoneLibrary {
  loaded ??= load('libphonenumber-js/min') as PhoneLibrary;
  return loaded;
}

/**
 * The library with the plans in full, for one question: is this number valid? The small plans hold its length and
 * little more for most countries, and take a Brazilian number for an Indian one. Costs a few milliseconds more to load.
 */
export function fullPhoneLibrary(): PhoneLibrary {
  loadedInFull ??= load('libphonenumber-js/max') as PhoneLibrary;
  return loadedInFull;
}
