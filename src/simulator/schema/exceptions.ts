import type { Generation } from './generations.ts';

/**
 * Where the columns of a generation differ from the rule of their level: another type or default, another place.
 * Order and defaults are not a property of the version: every migration appends, and a fresh install uses the text of
 * its build, so two Macs of one version can differ.
 */
export type SchemaException = {
  in: readonly Generation[];
  /** `table.column` → definition. */
  define?: Record<string, string>;
  /** [`table.column`, name of the column that it follows]. */
  move?: readonly (readonly [string, string])[];
};

const NULL_TEXT = 'TEXT DEFAULT NULL';
const ZERO = 'INTEGER DEFAULT 0';

export const EXCEPTIONS: readonly SchemaException[] = [
  {
    in: ['macos-10.11', 'macos-15-migrated'],
    define: {
      'message.other_handle': 'INTEGER DEFAULT -1',
      'message.share_status': 'INTEGER',
      'message.share_direction': 'INTEGER',
      'chat.successful_query': 'INTEGER DEFAULT 1',
    },
  },
  { in: ['macos-10.15', 'ios-12', 'ios-14', 'macos-11', 'macos-26'], define: { 'chat.is_filtered': 'INTEGER' } },
  {
    in: ['ios-17', 'macos-15.0', 'macos-15', 'macos-15-migrated'],
    define: { 'message.date_retracted': ZERO, 'message.date_edited': ZERO },
  },
  {
    in: ['ios-17', 'macos-15-migrated'],
    define: {
      'message.thread_originator_guid': NULL_TEXT,
      'message.thread_originator_part': NULL_TEXT,
      'message.syndication_ranges': NULL_TEXT,
      'message.synced_syndication_ranges': NULL_TEXT,
    },
    move: [['message.synced_syndication_ranges', 'did_notify_recipient']],
  },
  {
    in: ['macos-15.0', 'macos-15', 'macos-15-migrated'],
    define: {
      'message.bia_reference_id': NULL_TEXT,
      'message.fallback_hash': NULL_TEXT,
      'message.associated_message_emoji': NULL_TEXT,
      'attachment.emoji_image_content_identifier': NULL_TEXT,
      'attachment.emoji_image_short_description': NULL_TEXT,
    },
  },
  { in: ['macos-15.0', 'macos-15-migrated'], move: [['message.is_kt_verified', 'is_stewie']] },
  {
    in: ['macos-15-migrated'],
    define: {
      // STRING is no type SQLite knows: such a column has NUMERIC affinity.
      'message.associated_message_guid': 'STRING DEFAULT NULL',
      'message.balloon_bundle_id': 'STRING DEFAULT NULL',
      'message.expressive_send_style_id': 'STRING DEFAULT NULL',
      'message.time_expressive_send_played': ZERO,
      'message.message_summary_info': 'BLOB DEFAULT NULL',
      'message.ck_record_id': NULL_TEXT,
      'message.ck_record_change_tag': NULL_TEXT,
      'message.destination_caller_id': NULL_TEXT,
      'message.sr_ck_record_id': NULL_TEXT,
      'message.sr_ck_record_change_tag': NULL_TEXT,
      'message.reply_to_guid': NULL_TEXT,
      'message.sort_id': ZERO,
      'chat.original_group_id': NULL_TEXT,
      'chat.cloudkit_record_id': NULL_TEXT,
      'chat.sr_cloudkit_record_id': NULL_TEXT,
      'chat.last_addressed_sim_id': NULL_TEXT,
      'attachment.total_bytes': 'INTEGER DEFAULT -1',
      'attachment.ck_server_change_token_blob': 'BLOB DEFAULT NULL',
      'attachment.ck_record_id': NULL_TEXT,
      'attachment.original_guid': 'TEXT',
      'attachment.sr_ck_server_change_token_blob': 'BLOB DEFAULT NULL',
      'attachment.sr_ck_record_id': NULL_TEXT,
      'handle.person_centric_id': NULL_TEXT,
    },
    move: [
      ['message.associated_message_type', 'payload_data'],
      ['chat.original_group_id', 'last_read_message_timestamp'],
      ['attachment.sr_ck_record_id', 'original_guid'],
    ],
  },
  {
    in: ['macos-26', 'macos-27'],
    define: { 'message_processing_task.guid': 'TEXT UNIQUE NOT NULL' },
  },
  {
    in: ['macos-26'],
    define: { 'message.date_recovered': 'INTEGER' },
    move: [['message.date_recovered', 'date_edited']],
  },
];
