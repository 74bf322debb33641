import { EXCEPTIONS } from './exceptions.ts';
import { FACTS, type Generation } from './generations.ts';

/**
 * Tables and columns as facts. A column is written `name TYPE…`; a bare name stands for `INTEGER DEFAULT 0`, which most
 * flags of Messages are. A group of columns exists from the level of `since` on, in the order given here, which is the
 * order of a freshly made database; `legacySync` groups only in databases that went through 10.15 or iOS 12.
 */
type ColumnGroup = { since: number; legacySync?: true; columns: string };
type TableFacts = { since: number; columns: ColumnGroup[]; keys?: string };

const KEY = 'ROWID INTEGER PRIMARY KEY AUTOINCREMENT';
const UNIQUE_KEY = `${KEY} UNIQUE`;
const GUID = 'guid TEXT UNIQUE NOT NULL';
const REF = {
  chat: 'chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE',
  message: 'message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE',
  handle: 'handle_id INTEGER REFERENCES handle (ROWID) ON DELETE CASCADE',
  attachment: 'attachment_id INTEGER REFERENCES attachment (ROWID) ON DELETE CASCADE',
  chatBothWays: 'chat INTEGER NOT NULL REFERENCES chat(ROWID) ON UPDATE CASCADE ON DELETE CASCADE',
} as const;

const MESSAGE: ColumnGroup[] = [
  {
    since: 0,
    columns:
      `${KEY}, ${GUID}, text TEXT, replace, service_center TEXT, handle_id, subject TEXT, country TEXT, ` +
      'attributedBody BLOB, version, type, service TEXT, account TEXT, account_guid TEXT, error, date INTEGER, ' +
      'date_read INTEGER, date_delivered INTEGER, is_delivered, is_finished, is_emote, is_from_me, is_empty, is_delayed, ' +
      'is_auto_reply, is_prepared, is_read, is_system_message, is_sent, has_dd_results, is_service_message, is_forward, ' +
      'was_downgraded, is_archive, cache_has_attachments, cache_roomnames TEXT, was_data_detected, was_deduplicated, ' +
      'is_audio_message, is_played, date_played INTEGER, item_type, other_handle, group_title TEXT, group_action_type, ' +
      'share_status, share_direction, is_expirable, expire_state, message_action_type, message_source',
  },
  {
    since: 1,
    columns:
      'associated_message_guid TEXT, associated_message_type, balloon_bundle_id TEXT, payload_data BLOB, ' +
      'expressive_send_style_id TEXT, associated_message_range_location, associated_message_range_length, ' +
      'time_expressive_send_played INTEGER, message_summary_info BLOB, ck_sync_state, ck_record_id TEXT, ' +
      'ck_record_change_tag TEXT, destination_caller_id TEXT',
  },
  {
    since: 1,
    legacySync: true,
    columns: 'sr_ck_sync_state, sr_ck_record_id TEXT, sr_ck_record_change_tag TEXT',
  },
  { since: 1, columns: 'is_corrupt' },
  {
    since: 2,
    columns:
      'reply_to_guid TEXT, sort_id INTEGER, is_spam, has_unseen_mention, thread_originator_guid TEXT, thread_originator_part TEXT',
  },
  {
    since: 3,
    columns: 'syndication_ranges TEXT, synced_syndication_ranges TEXT, was_delivered_quietly, did_notify_recipient',
  },
  { since: 4, columns: 'date_retracted INTEGER, date_edited INTEGER, was_detonated, part_count INTEGER' },
  {
    since: 5,
    columns: 'is_stewie, is_sos, is_critical, bia_reference_id TEXT, is_kt_verified, fallback_hash TEXT',
  },
  {
    since: 6,
    columns:
      'associated_message_emoji TEXT, is_pending_satellite_send, needs_relay, schedule_type, schedule_state, sent_or_received_off_grid',
  },
  { since: 7, columns: 'date_recovered' },
  { since: 8, columns: 'is_time_sensitive, ck_chat_id TEXT, index_state' },
  {
    since: 9,
    columns:
      'filter_action, filter_sub_action, is_preview_sent, is_preview_delivered, date_preview_sent INTEGER, ' +
      'date_preview_delivered INTEGER, date_updated INTEGER, retry_count INTEGER',
  },
];

const CHAT: ColumnGroup[] = [
  {
    since: 0,
    columns:
      `${KEY}, ${GUID}, style INTEGER, state INTEGER, account_id TEXT, properties BLOB, chat_identifier TEXT, ` +
      'service_name TEXT, room_name TEXT, account_login TEXT, is_archived, last_addressed_handle TEXT, ' +
      'display_name TEXT, group_id TEXT, is_filtered, successful_query INTEGER',
  },
  {
    since: 1,
    columns:
      'engram_id TEXT, server_change_token TEXT, ck_sync_state, original_group_id TEXT, last_read_message_timestamp',
  },
  { since: 1, legacySync: true, columns: 'sr_server_change_token TEXT, sr_ck_sync_state' },
  { since: 1, columns: 'cloudkit_record_id TEXT' },
  { since: 1, legacySync: true, columns: 'sr_cloudkit_record_id TEXT' },
  { since: 1, columns: 'last_addressed_sim_id TEXT' },
  { since: 3, columns: 'is_blackholed, syndication_date, syndication_type' },
  { since: 5, columns: 'is_recovered, is_deleting_incoming_messages' },
  { since: 8, columns: 'is_pending_review' },
];

const ATTACHMENT: ColumnGroup[] = [
  {
    since: 0,
    columns:
      `${KEY}, ${GUID}, created_date, start_date, filename TEXT, uti TEXT, mime_type TEXT, transfer_state, is_outgoing, ` +
      'user_info BLOB, transfer_name TEXT, total_bytes',
  },
  {
    since: 1,
    columns:
      'is_sticker, sticker_user_info BLOB, attribution_info BLOB, hide_attachment, ck_sync_state, ' +
      'ck_server_change_token_blob BLOB, ck_record_id TEXT, original_guid TEXT UNIQUE NOT NULL',
  },
  {
    since: 1,
    legacySync: true,
    columns: 'sr_ck_sync_state, sr_ck_server_change_token_blob BLOB, sr_ck_record_id TEXT',
  },
  { since: 3, columns: 'is_commsafety_sensitive' },
  {
    since: 6,
    columns: 'emoji_image_content_identifier TEXT, emoji_image_short_description TEXT, preview_generation_state',
  },
  { since: 9, columns: 'preflight_info BLOB DEFAULT NULL, sensitivity_analysis' },
];

const always = (columns: string, since: number, keys?: string): TableFacts => ({
  since,
  columns: [{ since: 0, columns }],
  ...(keys === undefined ? {} : { keys }),
});

export const TABLES: Record<string, TableFacts> = {
  _SqliteDatabaseProperties: always('key TEXT, value TEXT', 0, 'UNIQUE(key)'),
  chat: { since: 0, columns: CHAT },
  attachment: { since: 0, columns: ATTACHMENT },
  handle: {
    since: 0,
    columns: [
      {
        since: 0,
        columns: `${UNIQUE_KEY}, id TEXT NOT NULL, country TEXT, service TEXT NOT NULL, uncanonicalized_id TEXT`,
      },
      { since: 1, columns: 'person_centric_id TEXT' },
    ],
    keys: 'UNIQUE (id, service)',
  },
  message: { since: 0, columns: MESSAGE },
  chat_handle_join: always(`${REF.chat}, ${REF.handle}`, 0, 'UNIQUE(chat_id, handle_id)'),
  chat_message_join: {
    since: 0,
    columns: [
      { since: 0, columns: `${REF.chat}, ${REF.message}` },
      { since: 1, columns: 'message_date' },
      { since: 8, columns: 'index_state INTEGER NOT NULL DEFAULT 0' },
      {
        since: 9,
        columns: 'filter_action INTEGER NOT NULL DEFAULT 0, filter_sub_action INTEGER NOT NULL DEFAULT 0',
      },
    ],
    keys: 'PRIMARY KEY (chat_id, message_id)',
  },
  message_attachment_join: always(`${REF.message}, ${REF.attachment}`, 0, 'UNIQUE(message_id, attachment_id)'),
  deleted_messages: always(`${UNIQUE_KEY}, guid TEXT NOT NULL`, 1),
  sync_deleted_messages: always(`${UNIQUE_KEY}, guid TEXT NOT NULL, recordID TEXT`, 1),
  sync_deleted_chats: always(`${UNIQUE_KEY}, guid TEXT NOT NULL, recordID TEXT, timestamp INTEGER`, 1),
  sync_deleted_attachments: always(`${UNIQUE_KEY}, guid TEXT NOT NULL, recordID TEXT`, 1),
  message_processing_task: {
    since: 1,
    columns: [
      { since: 0, columns: `${UNIQUE_KEY}, guid TEXT NOT NULL, task_flags INTEGER NOT NULL` },
      { since: 8, columns: 'reasons INTEGER NOT NULL' },
    ],
  },
  kvtable: always(`${UNIQUE_KEY}, key TEXT UNIQUE NOT NULL, value BLOB NOT NULL`, 1),
  chat_recoverable_message_join: always(
    `${REF.chat}, ${REF.message}, delete_date INTEGER, ck_sync_state`,
    4,
    'PRIMARY KEY (chat_id, message_id), CHECK (delete_date != 0)',
  ),
  recoverable_message_part: always(
    `${REF.chat}, ${REF.message}, part_index INTEGER, delete_date INTEGER, part_text BLOB NOT NULL, ck_sync_state`,
    4,
    'PRIMARY KEY (chat_id, message_id, part_index), CHECK (delete_date != 0)',
  ),
  unsynced_removed_recoverable_messages: always(
    `${UNIQUE_KEY}, chat_guid TEXT NOT NULL, message_guid TEXT NOT NULL, part_index INTEGER`,
    4,
  ),
  scheduled_messages_pending_cloudkit_delete: always(`${UNIQUE_KEY}, guid TEXT NOT NULL, recordID TEXT`, 6),
  chat_lookup: always(
    `identifier TEXT NOT NULL, domain TEXT NOT NULL, ${REF.chatBothWays}, priority`,
    8,
    'UNIQUE (identifier, domain)',
  ),
  chat_service: always(`service TEXT NOT NULL, ${REF.chatBothWays}`, 8, 'UNIQUE (service, chat)'),
  index_state_metrics: always(
    'id INTEGER UNIQUE DEFAULT 1, pending_count, donated_count, redonation_count',
    8,
    'UNIQUE (id)',
  ),
  persistent_tasks: always(
    `${UNIQUE_KEY}, guid TEXT NOT NULL, flag_group INTEGER NOT NULL, flag INTEGER NOT NULL, flag_priority INTEGER NOT NULL, ` +
      'lane INTEGER NOT NULL, reason INTEGER NOT NULL, reason_priority INTEGER NOT NULL, user_info BLOB, retry_count',
    8,
    'UNIQUE(guid, flag)',
  ),
  sync_chat_slice: always(
    `service_name TEXT NOT NULL, ck_record_id TEXT, ${REF.chatBothWays}`,
    8,
    'UNIQUE (chat, service_name), UNIQUE (ck_record_id)',
  ),
};

/** One column of one generation: its name and what stands after it in CREATE TABLE. */
export type Column = { name: string; definition: string };

/** The columns of a table in one generation, in the order of the file; null when the generation lacks the table. */
export function columnsOf(table: string, generation: Generation): Column[] | null {
  const facts = TABLES[table];
  const { level, legacySync, omit } = FACTS[generation];
  if (facts === undefined || facts.since > level) return null;
  const groups = facts.columns.filter((group) => group.since <= level && (legacySync || group.legacySync !== true));
  const columns = groups
    .flatMap((group) => group.columns.split(', '))
    .map(parseColumn)
    .filter((column) => !omit.includes(`${table}.${column.name}`));
  return applyExceptions(table, generation, columns);
}

/** CREATE TABLE of one generation, or null. */
export function createTable(table: string, generation: Generation): string | null {
  const columns = columnsOf(table, generation);
  if (columns === null) return null;
  const lines = columns.map((column) => `${column.name} ${column.definition}`);
  const keys = TABLES[table]?.keys;
  if (keys !== undefined) lines.push(keys);
  return `CREATE TABLE ${table} (${lines.join(', ')})`;
}

function parseColumn(text: string): Column {
  const space = text.indexOf(' ');
  if (space < 0) return { name: text, definition: 'INTEGER DEFAULT 0' };
  return { name: text.slice(0, space), definition: text.slice(space + 1) };
}

function applyExceptions(table: string, generation: Generation, columns: Column[]): Column[] {
  let result = columns;
  for (const exception of EXCEPTIONS) {
    if (!exception.in.includes(generation)) continue;
    for (const [qualified, definition] of Object.entries(exception.define ?? {})) {
      result = result.map((c) => (`${table}.${c.name}` === qualified ? { name: c.name, definition } : c));
    }
    for (const [qualified, after] of exception.move ?? []) result = move(table, result, qualified, after);
  }
  return result;
}

function move(table: string, columns: Column[], qualified: string, after: string): Column[] {
  const moved = columns.find((column) => `${table}.${column.name}` === qualified);
  if (moved === undefined) return columns;
  const rest = columns.filter((column) => column !== moved);
  const index = rest.findIndex((column) => column.name === after);
  return [...rest.slice(0, index + 1), moved, ...rest.slice(index + 1)];
}
