import type { MessagesSchema } from '../sources/messages/index.ts';

/** A column of `message` that came with a release, newest first. */
const MARKS: readonly [column: string, release: string][] = [
  ['filter_action', 'macOS 27, iOS 27 or later'],
  ['is_time_sensitive', 'macOS 26 or iOS 26'],
  ['date_recovered', 'macOS 15.2 or iOS 18.2'],
  ['schedule_type', 'macOS 15 or iOS 18'],
  ['is_kt_verified', 'macOS 14 or iOS 17'],
  ['date_edited', 'macOS 13 or iOS 16'],
  ['syndication_ranges', 'macOS 12 or iOS 15'],
  ['thread_originator_guid', 'macOS 11 or iOS 14'],
  ['associated_message_guid', 'macOS 10.12 to 10.15 or iOS 10 to 13'],
];

/** Which release's tables a database has, for people: what is read depends on the columns themselves. */
export function generationOf(schema: MessagesSchema): string {
  return MARKS.find(([column]) => schema.has('message', column))?.[1] ?? 'macOS 10.11, iOS 9 or older';
}
