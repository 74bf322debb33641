import { FACTS, type Generation } from './generations.ts';

/** An index: `on` is `table(columns)`; `until` is the last level that has this form of it. */
type IndexFacts = { name: string; on: string; since: number; until?: number; where?: string };

const on = (since: number, name: string, target: string, where?: string): IndexFacts => ({
  name,
  on: target,
  since,
  ...(where === undefined ? {} : { where }),
});

const UNREAD = 'is_from_me = 0 AND item_type = 0 AND is_finished = 1 AND is_system_message = 0';
const UNREAD_COLUMNS = 'message(is_read, is_from_me, item_type, is_finished, is_system_message, date DESC)';
const UNDELIVERED = 'message(cache_roomnames,service,is_sent,is_delivered,was_downgraded,item_type)';

const INDEXES: readonly IndexFacts[] = [
  on(1, 'chat_handle_join_idx_handle_id', 'chat_handle_join(handle_id)'),
  on(1, 'chat_idx_chat_identifier', 'chat(chat_identifier)'),
  on(1, 'chat_idx_chat_identifier_service_name', 'chat(chat_identifier, service_name)'),
  on(1, 'chat_idx_chat_room_name_service_name', 'chat(room_name, service_name)'),
  on(1, 'chat_idx_is_archived', 'chat(is_archived)'),
  on(1, 'chat_message_join_idx_chat_id', 'chat_message_join(chat_id)'),
  on(1, 'chat_message_join_idx_message_date_id_chat_id', 'chat_message_join(chat_id, message_date, message_id)'),
  on(1, 'chat_message_join_idx_message_id_only', 'chat_message_join(message_id)'),
  on(1, 'message_attachment_join_idx_attachment_id', 'message_attachment_join(attachment_id)'),
  on(1, 'message_attachment_join_idx_message_id', 'message_attachment_join(message_id)'),
  { name: 'message_idx_associated_message', on: 'message(associated_message_guid)', since: 1, until: 6 },
  on(1, 'message_idx_cache_has_attachments', 'message(cache_has_attachments)'),
  on(1, 'message_idx_date', 'message(date)'),
  on(1, 'message_idx_expire_state', 'message(expire_state)'),
  on(1, 'message_idx_failed', 'message(is_finished, is_from_me, error)'),
  on(1, 'message_idx_handle', 'message(handle_id, date)'),
  on(1, 'message_idx_handle_id', 'message(handle_id)'),
  {
    name: 'message_idx_isRead_isFromMe_itemType',
    on: 'message(is_read, is_from_me, item_type)',
    since: 1,
    until: 7,
  },
  on(1, 'message_idx_is_read', 'message(is_read, is_from_me, is_finished)'),
  on(1, 'message_idx_is_sent_is_from_me_error', 'message(is_sent, is_from_me, error)'),
  on(1, 'message_idx_other_handle', 'message(other_handle)'),
  on(1, 'message_idx_was_downgraded', 'message(was_downgraded)'),
  on(1, 'message_processing_task_idx_guid_task_flags', 'message_processing_task(guid, task_flags)'),
  on(
    3,
    'attachment_idx_purged_attachments_v2',
    'attachment(hide_attachment,ck_sync_state,transfer_state)',
    'hide_attachment=0 AND (ck_sync_state=1 OR ck_sync_state=4) AND transfer_state=0',
  ),
  on(3, 'chat_idx_group_id', 'chat(group_id)'),
  on(3, 'message_idx_thread_originator_guid', 'message(thread_originator_guid)'),
  {
    name: 'message_idx_undelivered_one_to_one_imessage',
    on: UNDELIVERED,
    since: 3,
    until: 5,
    where:
      "cache_roomnames IS NULL AND service = 'iMessage' AND is_sent = 1 AND is_delivered = 0 AND was_downgraded = 0 AND item_type == 0",
  },
  on(
    6,
    'message_idx_undelivered_one_to_one_imessage',
    UNDELIVERED,
    "cache_roomnames IS NULL AND service IN ('iMessage','RCS') AND is_sent = 1 AND is_delivered = 0 AND was_downgraded = 0 AND item_type == 0 AND schedule_type == 0",
  ),
  on(6, 'attachment_idx_is_sticker', 'attachment(is_sticker)'),
  on(6, 'chat_recoverable_message_join_message_id_idx', 'chat_recoverable_message_join(message_id)'),
  on(
    6,
    'message_idx_is_pending_satellite_message',
    'message(is_pending_satellite_send)',
    'is_pending_satellite_send=1',
  ),
  {
    name: 'message_idx_is_scheduled_message',
    on: 'message(schedule_type)',
    since: 6,
    until: 7,
    where: 'schedule_type=2',
  },
  on(6, 'message_idx_schedule_state', 'message(schedule_state)'),
  on(7, 'message_idx_associated_message2', 'message(associated_message_guid)', 'associated_message_guid IS NOT NULL'),
  on(7, 'message_idx_fallback_hash', 'message(fallback_hash)', 'fallback_hash IS NOT NULL'),
  on(8, 'attachment_idx_ck_sync_state', 'attachment(ck_sync_state)'),
  on(
    8,
    'attachment_idx_is_sticker_pgen_state',
    'attachment(is_sticker, filename, preview_generation_state)',
    'is_sticker = 1',
  ),
  on(8, 'chat_idx_ck_sync_state', 'chat(ck_sync_state)'),
  on(8, 'chat_idx_is_archived_is_filtered', 'chat(is_archived, is_filtered)', 'is_archived = 0'),
  on(8, 'chat_idx_is_filtered', 'chat(is_filtered)'),
  on(8, 'chat_message_join_idx_message_date_and_id', 'chat_message_join(message_date,message_id)'),
  on(8, 'chat_message_join_idx_message_date_only', 'chat_message_join(message_date)'),
  on(
    8,
    'chat_message_join_idx_metrics_rebuild',
    'chat_message_join(index_state)',
    'index_state = 0 OR index_state = 1 OR index_state = 3',
  ),
  on(8, 'handle_idx_id', 'handle(id, rowid)'),
  on(8, 'handle_idx_person_centric_id', 'handle(person_centric_id)', 'person_centric_id IS NOT NULL'),
  on(8, 'message_idx_ck_sync_state_service', 'message(ck_sync_state, service)'),
  on(8, 'message_idx_composite_scheduled_message', 'message(schedule_type, schedule_state)'),
  on(8, 'message_idx_indexed_messages_guid', 'message(guid)', 'index_state = 1'),
  on(
    8,
    'message_idx_invalid_index_state',
    'message(rowid)',
    'index_state != 2 AND (((associated_message_type not between 2000 and 2007) and associated_message_type != 0) or item_type != 0)',
  ),
  on(
    8,
    'message_idx_isRead_1_isFromMe_0_itemType_0_isFinished_1_isSystemMessage_0',
    UNREAD_COLUMNS,
    `is_read = 1 AND ${UNREAD}`,
  ),
  on(8, 'message_idx_isRead_isFromMe_itemType', UNREAD_COLUMNS, `is_read = 0 AND ${UNREAD}`),
  on(8, 'message_idx_is_scheduled_message', 'message(schedule_type, rowid)', 'schedule_type=2'),
  on(8, 'message_idx_is_time_sensitive', 'message(is_time_sensitive)', 'is_time_sensitive=1'),
  on(8, 'message_idx_pending_indexing_messages', 'message(rowid)', 'index_state = 1 or index_state = 3'),
  on(
    8,
    'message_idx_unread_finished_not_from_me_newest_first',
    'message(is_read, is_finished, is_from_me, date DESC, ROWID DESC)',
    'is_read = 0 AND is_finished = 1 AND is_from_me = 0',
  ),
  on(
    8,
    'persistent_tasks_exec_sort',
    'persistent_tasks(lane DESC, flag_group ASC, flag_priority DESC, reason_priority DESC, retry_count ASC)',
  ),
  on(8, 'persistent_tasks_report', 'persistent_tasks(flag, flag_group, lane, reason, retry_count)', 'retry_count < 5'),
];

/** CREATE INDEX statements of one generation. */
export function createIndexes(generation: Generation): string[] {
  const { level } = FACTS[generation];
  return INDEXES.filter((index) => index.since <= level && level <= (index.until ?? Number.POSITIVE_INFINITY)).map(
    (index) => `CREATE INDEX ${index.name} ON ${index.on}${index.where === undefined ? '' : ` WHERE ${index.where}`}`,
  );
}

/**
 * Whether an index is cheaper made before a bulk of rows than after it: it holds few of them, and a scan of the whole
 * table to find those few costs more than asking each row as it comes.
 */
export function isSparse(createIndex: string): boolean {
  return createIndex.includes(' WHERE ') && !createIndex.includes('is_read = 1');
}
