import { appleTimeSql, plainBodySql } from '../decode/index.ts';
import type { Columns } from './columns.ts';
import { messageStateSql } from './source-state.sql.ts';

/**
 * What a row of Apple's `message` table is, as SQL expressions over the columns this generation has. Import and live
 * sync put the same expressions into their statements, so that every rule is written once; what SQL cannot say is a
 * JavaScript function registered by `row-functions.ts`.
 */

export const ROW_CLASS = { message: 1, event: 2, reaction: 3, vote: 4, unreadable: 5, scheduled: 6 } as const;
export type RowClass = (typeof ROW_CLASS)[keyof typeof ROW_CLASS];

const LINK_BALLOON = 'com.apple.messages.URLBalloonProvider';
/** U+FFFC stands for an attachment, U+FFFD for an app balloon: neither is something said. */
const PLACEHOLDERS = 'char(65532, 65533, 32, 10)';

const integer = (expression: string) => `coalesce(CAST(${expression} AS INTEGER), 0)`;
const isReaction = (code: string) =>
  `(${code} = 1000 OR ${code} BETWEEN 2000 AND 2007 OR ${code} BETWEEN 3000 AND 3007)`;

/** Which table of ours a row belongs to: one of ROW_CLASS. Decided in the order that the format reference gives. */
export function rowClassSql(column: Columns): string {
  const item = integer(column('item_type'));
  const associated = integer(column('associated_message_type'));
  return `CASE
    WHEN ${isOrdinarySql(column)} AND ${unscheduled(column)} THEN ${ROW_CLASS.message}
    WHEN ${column('guid')} IS NULL THEN ${ROW_CLASS.unreadable}
    WHEN ${item} BETWEEN 1 AND 6 THEN ${ROW_CLASS.event}
    WHEN ${item} = 0 AND ${isReaction(associated)} THEN
      CASE WHEN ${column('associated_message_guid')} IS NULL THEN ${ROW_CLASS.unreadable} ELSE ${ROW_CLASS.reaction} END
    WHEN ${item} = 0 AND ${associated} = 4000 THEN ${ROW_CLASS.vote}
    WHEN ${scheduledSql(column)} THEN ${ROW_CLASS.scheduled}
    ELSE ${ROW_CLASS.message} END`;
}

/** True for nearly every row, and cheap: nothing but something said. The cases that follow it need no help then. */
function isOrdinarySql(column: Columns): string {
  const zero = (name: string) => (column(name) === 'NULL' ? '1' : `${column(name)} = 0`);
  return `(${zero('item_type')} AND ${zero('associated_message_type')} AND ${column('guid')} IS NOT NULL)`;
}

const unscheduled = (column: Columns) => (column('schedule_type') === 'NULL' ? '1' : `${column('schedule_type')} = 0`);

/** A "send later" message that has not been sent yet. */
function scheduledSql(column: Columns): string {
  if (column('schedule_type') === 'NULL') return '0';
  return `(${integer(column('schedule_type'))} = 2 AND ${integer(column('schedule_state'))} <> 2)`;
}

export const sentAtSql = (column: Columns) => appleTimeSql(column('date'));

/** Text exactly as sent: the body where it decodes to something, else the text column. */
export function textSql(column: Columns): string {
  const body = column('attributedBody');
  const text = `CAST(${column('text')} AS TEXT)`;
  if (body === 'NULL') return text;
  return `CASE WHEN ${body} IS NULL THEN ${text}
    ELSE coalesce(${plainBodySql(body)}, body_text(${column('ROWID')}, CAST(${body} AS BLOB)), ${text}) END`;
}

function kindSql(column: Columns): string {
  const item = integer(column('item_type'));
  const associated = integer(column('associated_message_type'));
  const balloon = column('balloon_bundle_id');
  const saysNothing = `trim(coalesce(${textSql(column)}, ''), ${PLACEHOLDERS}) = ''`;
  const audio = column('is_audio_message') === 'NULL' ? '1' : `${column('is_audio_message')} = 0`;
  return `CASE
    WHEN ${isOrdinarySql(column)} AND ${balloon} IS NULL AND ${audio} AND attachment_kind(${column('ROWID')}) IS NULL THEN 'text'
    WHEN ${item} BETWEEN 1 AND 6 THEN 'event'
    WHEN ${item} <> 0 OR ${associated} NOT IN (0, 2, 3) THEN 'unknown'
    WHEN ${balloon} = '${LINK_BALLOON}' THEN CASE WHEN ${saysNothing} THEN 'app' ELSE 'text' END
    WHEN ${balloon} <> '' THEN 'app'
    WHEN ${integer(column('is_audio_message'))} <> 0 THEN 'audio'
    WHEN attachment_kind(${column('ROWID')}) IS NOT NULL AND ${saysNothing} THEN attachment_kind(${column('ROWID')})
    ELSE 'text' END`;
}

const fromMeSql = (column: Columns) => `(${integer(column('is_from_me'))} <> 0)`;
const nonEmpty = (expression: string) => `nullif(CAST(${expression} AS TEXT), '')`;

/** Who wrote a row: the contact, and the address where it is not one's own. */
function authorColumns(column: Columns, meContact: number): [column: string, sql: string][] {
  const whose = `${integer(column('handle_id'))}, ${column('ROWID')}`;
  return [
    ['sender_id', `CASE WHEN ${fromMeSql(column)} THEN ${meContact} ELSE contact_of(${whose}) END`],
    ['handle_id', `CASE WHEN ${fromMeSql(column)} THEN NULL ELSE handle_of(${whose}) END`],
  ];
}

function changedSql(column: Columns): string {
  return `(${integer(column('date_edited'))} <> 0 OR ${integer(column('date_retracted'))} <> 0)`;
}

/** Columns of our `messages` and the expressions that fill them, in the table's order. */
export function messageProjection(
  column: Columns,
  sourceId: number,
  meContact: number,
): [column: string, sql: string][] {
  const rowid = column('ROWID');
  const fromMe = fromMeSql(column);
  const handle = integer(column('handle_id'));
  const changed = changedSql(column);
  const onlyWhenChanged = (sql: string) => `CASE WHEN ${changed} THEN ${sql} END`;
  return [
    ['guid', `CAST(${column('guid')} AS TEXT)`],
    ['chat_id', `chat_of(${rowid})`],
    ...authorColumns(column, meContact),
    ['conversation_id', `conversation_of(${rowid}, ${fromMe}, ${handle})`],
    ['kind', kindSql(column)],
    ['text', textSql(column)],
    ['sent_at', sentAtSql(column)],
    ['is_from_me', fromMe],
    ['service', nonEmpty(column('service'))],
    ['delivered_at', appleTimeSql(column('date_delivered'))],
    ['read_at', appleTimeSql(column('date_read'))],
    ['played_at', appleTimeSql(column('date_played'))],
    [
      'edited_at',
      onlyWhenChanged(
        `edited_at(${rowid}, ${appleTimeSql(column('date_edited'))}, ${appleTimeSql(column('date_retracted'))},
          ${integer(column('is_empty'))}, CAST(${column('message_summary_info')} AS BLOB))`,
      ),
    ],
    ['unsent_at', onlyWhenChanged(`unsent_at(${rowid})`)],
    ['unsent_parts', onlyWhenChanged(`unsent_parts(${rowid})`)],
    ['deleted_at', `deleted_at(${rowid})`],
    ['reply_to', nonEmpty(column('thread_originator_guid'))],
    ['reply_part', nonEmpty(column('thread_originator_part'))],
    ['effect', nonEmpty(column('expressive_send_style_id'))],
    ['app', nonEmpty(column('balloon_bundle_id'))],
    [
      'preview',
      `CASE WHEN ${column('payload_data')} IS NOT NULL
        THEN preview(CAST(${column('payload_data')} AS BLOB), CAST(${column('balloon_bundle_id')} AS TEXT)) END`,
    ],
    ['ranges', column('attributedBody') === 'NULL' ? 'NULL' : `body_ranges(${rowid})`],
    ['subject', nonEmpty(column('subject'))],
    ['event', eventSql(column)],
    ['is_scheduled', scheduledSql(column)],
    ['historical', '0'],
    ['source_id', String(sourceId)],
    ['source_rowid', rowid],
    ['source_state', messageStateSql(column)],
  ];
}

/** A group event as JSON: its raw codes, the new title, and the address of the person concerned. */
function eventSql(column: Columns): string {
  return `CASE WHEN ${integer(column('item_type'))} <> 0 THEN json_object(
    'type', ${integer(column('item_type'))}, 'action', ${integer(column('group_action_type'))},
    'title', CAST(${column('group_title')} AS TEXT), 'person', address_of(${integer(column('other_handle'))}),
    'share', ${integer(column('share_status'))}, 'direction', ${integer(column('share_direction'))}) END`;
}

/** Columns of our `reactions` and the expressions that fill them. */
export function reactionProjection(
  column: Columns,
  sourceId: number,
  meContact: number,
): [column: string, sql: string][] {
  const rowid = column('ROWID');
  const fromMe = fromMeSql(column);
  const target = `CAST(${column('associated_message_guid')} AS TEXT)`;
  const code = integer(column('associated_message_type'));
  return [
    ['guid', `CAST(${column('guid')} AS TEXT)`],
    ['target_guid', `coalesce(reaction_target(${target}), ${target})`],
    ['part', `reaction_part(${target})`],
    ['kind', `reaction_kind(${code})`],
    ['emoji', `CASE WHEN ${code} IN (2006, 3006) THEN ${nonEmpty(column('associated_message_emoji'))} END`],
    ['is_removal', `(${code} >= 3000)`],
    ...authorColumns(column, meContact),
    ['is_from_me', fromMe],
    ['reacted_at', sentAtSql(column)],
    ['source_id', String(sourceId)],
    ['source_rowid', rowid],
    ['source_state', messageStateSql(column)],
  ];
}

/** Columns of our `poll_votes` and the expressions that fill them. */
export function voteProjection(column: Columns, sourceId: number): [column: string, sql: string][] {
  const fromMe = fromMeSql(column);
  return [
    ['guid', `CAST(${column('guid')} AS TEXT)`],
    ['target_guid', `reaction_target(CAST(${column('associated_message_guid')} AS TEXT))`],
    [
      'handle_id',
      `CASE WHEN ${fromMe} THEN NULL ELSE handle_of(${integer(column('handle_id'))}, ${column('ROWID')}) END`,
    ],
    ['is_from_me', fromMe],
    ['voted_at', sentAtSql(column)],
    ['choices', `preview(CAST(${column('payload_data')} AS BLOB), CAST(${column('balloon_bundle_id')} AS TEXT))`],
    ['source_id', String(sourceId)],
    ['source_rowid', column('ROWID')],
    ['source_state', messageStateSql(column)],
  ];
}
