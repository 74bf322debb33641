/**
 * Bytes and codes of Apple's become values here: attributed bodies, edit histories, payloads, times, reactions.
 * Pure and total: whatever the bytes are, nothing here throws, loops or reads past an end; the time it takes is
 * bounded by the size of the input. Some results are also to be had as SQL expressions, proved equal by tests.
 */
export { appleTimeSql, appleTimeToUnixMs } from './apple-time.ts';
export { BALLOON_APPS, balloonAppName } from './balloon-apps.ts';
export { bodyText, type DecodedBody, decodeBody } from './body.ts';
export type { BodyDamage } from './damage.ts';
export { readKeyedArchive } from './keyed-archive.ts';
export { decodePayload, type Payload } from './payload.ts';
export { plainBodySql } from './plain-body.sql.ts';
export { isPlainBody } from './plain-body.ts';
export { PlistDate, type PlistDict, readPlist } from './plist.ts';
export { parseReactionTarget, reactionOf } from './reaction.ts';
export { decodeSummaryInfo, type SummaryInfo, type SummaryVersion } from './summary-info.ts';
export { readTextList } from './text-list.ts';
export type { TextMark, TextRange, TextStyle } from './text-range.ts';
