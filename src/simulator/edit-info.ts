import { appleSeconds } from './apple-time.ts';
import { type EncodablePlist, encodePlist } from './encode/plist.ts';
import { Body } from './text/body.ts';

/** One part's versions, oldest first: what it said and when (Unix milliseconds). */
export type Versions = { part: number; versions: readonly { atMs: number; text: string }[] };

/** What each part took of the original text, in UTF-16 units, by part number. */
export type Ranges = Record<string, { lo: number; le: number }>;

/** message_summary_info of a message whose parts were edited or unsent. */
export function encodeEditInfo(
  ranges: Ranges,
  edited: readonly Versions[],
  unsent: readonly number[] = [],
): Uint8Array {
  const ec: Record<string, EncodablePlist> = {};
  for (const { part, versions } of edited) {
    ec[String(part)] = versions.map(({ atMs, text }) => ({
      t: new Body().part(part).say(text).encode(),
      d: appleSeconds(atMs),
    }));
  }
  return encodePlist({
    amc: 1,
    ust: true,
    otr: ranges,
    ...(edited.length > 0 ? { ep: edited.map(({ part }) => part), ec } : {}),
    ...(unsent.length > 0 ? { rp: [...unsent] } : {}),
  });
}
