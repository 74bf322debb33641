/**
 * The rows of Messages' tables as the simulator writes them: every column that a generation may have and that is not
 * left at its default. Columns that the generation of a file lacks are dropped on insert.
 */
export type Cell = string | number | bigint | Uint8Array | null;

/** `message`. Dates in the unit of the generation; ROWID null lets SQLite choose. */
export type MessageRow = {
  ROWID: number | null;
  guid: string;
  text: string | null;
  handle_id: number | null;
  subject: string | null;
  country: string | null;
  attributedBody: Uint8Array | null;
  version: number | null;
  service: string | null;
  account: string | null;
  account_guid: string | null;
  error: number | null;
  date: number | bigint | null;
  date_read: number | bigint | null;
  date_delivered: number | bigint | null;
  is_delivered: number | null;
  is_finished: number | null;
  is_from_me: number | null;
  is_empty: number | null;
  is_read: number | null;
  is_sent: number | null;
  has_dd_results: number | null;
  was_downgraded: number | null;
  cache_has_attachments: number;
  cache_roomnames: string | null;
  was_data_detected: number | null;
  was_deduplicated: number | null;
  is_audio_message: number | null;
  is_played: number | null;
  date_played: number | bigint | null;
  item_type: number | null;
  other_handle: number | null;
  group_title: string | null;
  group_action_type: number | null;
  share_status: number | null;
  share_direction: number | null;
  is_expirable: number | null;
  expire_state: number | null;
  associated_message_guid: string | null;
  associated_message_type: number | null;
  balloon_bundle_id: string | null;
  payload_data: Uint8Array | null;
  expressive_send_style_id: string | null;
  associated_message_range_location: number | null;
  associated_message_range_length: number | null;
  time_expressive_send_played: number | bigint | null;
  message_summary_info: Uint8Array | null;
  ck_sync_state: number | null;
  ck_record_id: string | null;
  ck_record_change_tag: string | null;
  destination_caller_id: string | null;
  reply_to_guid: string | null;
  sort_id: number | null;
  is_spam: number | null;
  has_unseen_mention: number | null;
  thread_originator_guid: string | null;
  thread_originator_part: string | null;
  was_delivered_quietly: number | null;
  did_notify_recipient: number | null;
  date_retracted: number | bigint | null;
  date_edited: number | bigint | null;
  was_detonated: number | null;
  part_count: number | null;
  is_stewie: number | null;
  is_kt_verified: number | null;
  bia_reference_id: string | null;
  fallback_hash: string | null;
  associated_message_emoji: string | null;
  is_pending_satellite_send: number | null;
  schedule_type: number | null;
  schedule_state: number | null;
  sent_or_received_off_grid: number | null;
  date_recovered: number | bigint | null;
  ck_chat_id: string | null;
  index_state: number | null;
  filter_action: number | null;
  is_preview_sent: number | null;
  date_preview_sent: number | bigint | null;
  date_updated: number | bigint | null;
  retry_count: number | null;
};

/** A message row with everything at rest: received, finished, without text. */
export function newMessageRow(guid: string): MessageRow {
  return {
    ROWID: null,
    guid,
    text: null,
    handle_id: 0,
    subject: null,
    country: null,
    attributedBody: null,
    version: 10,
    service: 'iMessage',
    account: null,
    account_guid: null,
    error: 0,
    date: 0,
    date_read: 0,
    date_delivered: 0,
    is_delivered: 1,
    is_finished: 1,
    is_from_me: 0,
    is_empty: 0,
    is_read: 1,
    is_sent: 0,
    has_dd_results: 0,
    was_downgraded: 0,
    cache_has_attachments: 0,
    cache_roomnames: null,
    was_data_detected: 1,
    was_deduplicated: 0,
    is_audio_message: 0,
    is_played: 0,
    date_played: 0,
    item_type: 0,
    other_handle: 0,
    group_title: null,
    group_action_type: 0,
    share_status: 0,
    share_direction: 0,
    is_expirable: 0,
    expire_state: 0,
    associated_message_guid: null,
    associated_message_type: 0,
    balloon_bundle_id: null,
    payload_data: null,
    expressive_send_style_id: null,
    associated_message_range_location: 0,
    associated_message_range_length: 0,
    time_expressive_send_played: 0,
    message_summary_info: null,
    ck_sync_state: 0,
    ck_record_id: null,
    ck_record_change_tag: null,
    destination_caller_id: null,
    reply_to_guid: null,
    sort_id: 0,
    is_spam: 0,
    has_unseen_mention: 0,
    thread_originator_guid: null,
    thread_originator_part: null,
    was_delivered_quietly: 0,
    did_notify_recipient: 0,
    date_retracted: 0,
    date_edited: 0,
    was_detonated: 0,
    part_count: 1,
    is_stewie: 0,
    is_kt_verified: 0,
    bia_reference_id: null,
    fallback_hash: null,
    associated_message_emoji: null,
    is_pending_satellite_send: 0,
    schedule_type: 0,
    schedule_state: 0,
    sent_or_received_off_grid: 0,
    date_recovered: 0,
    ck_chat_id: null,
    index_state: 2,
    filter_action: 0,
    is_preview_sent: 0,
    date_preview_sent: null,
    date_updated: null,
    retry_count: null,
  };
}

/** `chat`. */
export type ChatRow = {
  ROWID: number | null;
  guid: string;
  style: 43 | 45;
  state: number;
  account_id: string | null;
  properties: Uint8Array | null;
  chat_identifier: string;
  service_name: string | null;
  room_name: string | null;
  account_login: string | null;
  is_archived: number;
  last_addressed_handle: string | null;
  display_name: string | null;
  group_id: string | null;
  is_filtered: number | null;
  successful_query: number | null;
  original_group_id: string | null;
  last_read_message_timestamp: number | bigint;
  is_blackholed: number;
};

/** `handle`: one person's address on one service. */
export type HandleRow = {
  ROWID: number | null;
  id: string;
  country: string | null;
  service: string;
  uncanonicalized_id: string | null;
  person_centric_id: string | null;
};

/** `attachment`. `created_date` and `start_date` are in seconds in every generation. */
export type AttachmentRow = {
  ROWID: number | null;
  guid: string;
  created_date: number;
  start_date: number;
  filename: string | null;
  uti: string | null;
  mime_type: string | null;
  transfer_state: number;
  is_outgoing: number;
  user_info: Uint8Array | null;
  transfer_name: string | null;
  total_bytes: number | null;
  is_sticker: number;
  sticker_user_info: Uint8Array | null;
  attribution_info: Uint8Array | null;
  hide_attachment: number;
  ck_sync_state: number;
  ck_record_id: string | null;
  original_guid: string;
  emoji_image_content_identifier: string | null;
  emoji_image_short_description: string | null;
  preview_generation_state: number;
};

export function newAttachmentRow(guid: string): AttachmentRow {
  return {
    ROWID: null,
    guid,
    created_date: 0,
    start_date: 0,
    filename: null,
    uti: null,
    mime_type: null,
    transfer_state: 0,
    is_outgoing: 0,
    user_info: null,
    transfer_name: null,
    total_bytes: 0,
    is_sticker: 0,
    sticker_user_info: null,
    attribution_info: null,
    hide_attachment: 0,
    ck_sync_state: 0,
    ck_record_id: null,
    original_guid: guid,
    emoji_image_content_identifier: null,
    emoji_image_short_description: null,
    preview_generation_state: 0,
  };
}
