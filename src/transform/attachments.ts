import { appleTimeSql } from '../decode/index.ts';
import type { Columns } from './columns.ts';
import { attachmentStateSql } from './source-state.sql.ts';

const TRANSFER_FINISHED = 5;
/** 6 error, 7 recoverable error. */
const TRANSFER_FAILED = '6, 7';
/** Evicted to iCloud: Apple's own index calls a waiting attachment in these sync states purged. */
const PURGED_SYNC_STATES = '1, 4';

const integer = (expression: string) => `coalesce(CAST(${expression} AS INTEGER), 0)`;
const text = (expression: string) => `nullif(CAST(${expression} AS TEXT), '')`;

function stateSql(column: Columns, hasFile: string | null): string {
  const transfer = integer(column('transfer_state'));
  const isNamed = `${text(column('filename'))} IS NOT NULL`;
  // In a backup the file itself tells, and what is not in it does not come any more.
  const looked =
    hasFile === null
      ? ''
      : `WHEN ${hasFile}(${text(column('filename'))}) THEN 'present' WHEN ${isNamed} OR ${transfer} = ${TRANSFER_FINISHED} THEN 'missing'`;
  return `CASE ${looked}
    WHEN ${transfer} = ${TRANSFER_FINISHED} THEN CASE WHEN ${isNamed} THEN 'present' ELSE 'missing' END
    WHEN ${transfer} IN (${TRANSFER_FAILED}) THEN 'missing'
    WHEN ${transfer} = 0 AND ${integer(column('ck_sync_state'))} IN (${PURGED_SYNC_STATES}) THEN 'missing'
    ELSE 'pending' END`;
}

/**
 * Columns of our `attachments` and the expressions that fill them. Dates of attachments are in seconds. `hasFile` names
 * an SQL function that tells whether the file of this name is there; without one, Messages is believed.
 */
export function attachmentProjection(
  column: Columns,
  schema: string,
  sourceId: number,
  hasFile: string | null = null,
): [column: string, sql: string][] {
  return [
    ['guid', `CAST(${column('guid')} AS TEXT)`],
    [
      'message_guid',
      `(SELECT CAST(o.guid AS TEXT) FROM ${schema}.message o WHERE o.ROWID = owner_of(${column('ROWID')}))`,
    ],
    ['name', text(column('transfer_name'))],
    ['mime_type', text(column('mime_type'))],
    ['uti', text(column('uti'))],
    ['bytes', `CASE WHEN ${integer(column('total_bytes'))} >= 0 THEN CAST(${column('total_bytes')} AS INTEGER) END`],
    ['path', text(column('filename'))],
    ['state', stateSql(column, hasFile)],
    ['is_sticker', `${integer(column('is_sticker'))} <> 0`],
    ['is_hidden', `${integer(column('hide_attachment'))} <> 0`],
    ['created_at', appleTimeSql(column('created_date'))],
    ['source_id', String(sourceId)],
    ['source_rowid', column('ROWID')],
    ['source_state', attachmentStateSql(column)],
  ];
}

const LOCATION_UTI = 'public.vlocation';
const LOCATION_SUFFIX = '.loc.vcf';

/** What a message that says nothing is by its attachments: a sticker when all are stickers, a location when one is. */
export function attachmentKind(
  attachments: readonly { isSticker: number; uti: string | null; name: string | null }[],
): 'sticker' | 'location' | null {
  if (attachments.length === 0) return null;
  if (attachments.every((attachment) => attachment.isSticker !== 0)) return 'sticker';
  const isLocation = attachments.some(
    ({ uti, name }) => uti === LOCATION_UTI || name?.endsWith(LOCATION_SUFFIX) === true,
  );
  return isLocation ? 'location' : null;
}
