import type { Columns } from './columns.ts';

/**
 * The fingerprint of what a row of the source says, as far as our rules look: 32 bits that differ, but for a chance of
 * one in four thousand million, when any column they read has changed. Import and live sync compute it by the same
 * expression, so that a row whose fingerprint is the one we hold needs no second look. Blobs and texts count by their
 * length, which SQLite knows without reading them; whoever changes their content in Messages changes a date or a length
 * with it. NULL and 0 are alike, as Apple's generations have it; Spotlight's bookkeeping is left out.
 */

/** Integers are cut to what a JavaScript number holds: a prime below 2^53. */
const FITS = 9_007_199_254_740_881n;

const NUMBERS = [
  'date',
  'date_delivered',
  'date_read',
  'date_played',
  'date_edited',
  'date_retracted',
  'handle_id',
  'is_from_me',
  'is_empty',
  'is_audio_message',
  'is_finished',
  'item_type',
  'associated_message_type',
  'cache_has_attachments',
  'group_action_type',
  'other_handle',
  'schedule_type',
  'schedule_state',
] as const;
const TEXTS = [
  'text',
  'attributedBody',
  'message_summary_info',
  'payload_data',
  'balloon_bundle_id',
  'expressive_send_style_id',
  'thread_originator_guid',
  'subject',
  'group_title',
  'associated_message_guid',
] as const;

const number = (expression: string) => `${expression} % ${FITS}`;
const length = (expression: string) => `octet_length(${expression})`;

function stateSql(column: Columns, numbers: readonly string[], texts: readonly string[], more: string[]): string {
  const known = (name: string) => column(name) !== 'NULL';
  const parts = [
    ...numbers.filter(known).map((name) => number(column(name))),
    ...texts.filter(known).map((name) => length(column(name))),
    ...more,
  ];
  return `row_state(${parts.join(', ')})`;
}

/** The fingerprint of a row of Apple's `message`. */
export function messageStateSql(column: Columns): string {
  // Services of equal length (SMS, RCS) differ in their first letter.
  const service = column('service');
  const more = service === 'NULL' ? [] : [length(service), `unicode(${service})`];
  return stateSql(column, NUMBERS, TEXTS, more);
}

/** The fingerprint of a row of Apple's `attachment`. */
export function attachmentStateSql(column: Columns): string {
  return stateSql(
    column,
    ['transfer_state', 'total_bytes', 'ck_sync_state', 'hide_attachment', 'is_sticker', 'created_date'],
    ['filename', 'transfer_name', 'mime_type', 'uti'],
    [],
  );
}

const PRIME = 0x01000193;
const TWO_32 = 4_294_967_296;

/** Mixes its arguments to a signed 32-bit integer that is never 0. */
export function rowState(...values: (number | string | Uint8Array | null)[]): number {
  let hash = 0x811c9dc5 | 0;
  for (const value of values) {
    const whole = typeof value === 'number' ? value : 0;
    hash = Math.imul(hash ^ (whole | 0), PRIME);
    hash ^= hash >>> 15;
    const high = whole / TWO_32;
    if (high >= 1 || high < 0) hash = Math.imul(hash ^ Math.floor(high), PRIME) ^ 0x5bd1e995;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash === 0 ? 1 : hash;
}
