import { appleSecondsToUnixMs } from './apple-time.ts';
import { decodeBody } from './body.ts';
import { PlistDate, type PlistValue, readPlist } from './plist.ts';
import type { TextRange } from './text-range.ts';

/** One wording of a part. The first of a part is the original, with the time it was sent; the last the present one. */
export type SummaryVersion = { atMs: number | null; text: string | null; ranges: TextRange[] };

/** What message.message_summary_info says of edits. Parts in rising order. */
export type SummaryInfo = {
  edits: { part: number; versions: SummaryVersion[] }[];
  /** Parts that were taken back. */
  unsentParts: number[];
  /** All parts the message had at first; empty when it was never touched. */
  parts: number[];
  editedParts: number[];
};

/** Reads message.message_summary_info. Null when it is not a property list. Never throws. */
export function decodeSummaryInfo(bytes: Uint8Array): SummaryInfo | null {
  const root = readPlist(bytes);
  if (!(root instanceof Map)) return null;
  return {
    edits: byPart(root.get('ec')).map(([part, versions]) => ({ part, versions: readVersions(versions) })),
    unsentParts: partNumbers(root.get('rp')),
    parts: byPart(root.get('otr')).map(([part]) => part),
    editedParts: partNumbers(root.get('ep')),
  };
}

function byPart(value: PlistValue | undefined): [number, PlistValue][] {
  if (!(value instanceof Map)) return [];
  const entries: [number, PlistValue][] = [];
  for (const [key, entry] of value) if (/^\d{1,9}$/.test(key)) entries.push([Number(key), entry]);
  return entries.sort(([a], [b]) => a - b);
}

function partNumbers(value: PlistValue | undefined): number[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => typeof entry === 'number').sort((a, b) => a - b);
}

function readVersions(value: PlistValue): SummaryVersion[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => entry instanceof Map).map((entry) => readVersion(entry.get('t'), entry.get('d')));
}

function readVersion(body: PlistValue | undefined, at: PlistValue | undefined): SummaryVersion {
  const decoded = body instanceof Uint8Array ? decodeBody(body) : null;
  const seconds = at instanceof PlistDate ? at.seconds : at;
  return {
    atMs: typeof seconds === 'number' ? appleSecondsToUnixMs(seconds) : null,
    text: decoded?.text ?? null,
    ranges: decoded?.ok === true ? decoded.ranges : [],
  };
}
