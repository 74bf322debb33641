import { type MessagesSchema, ROWID_RANGE, scanChatJoins, scanMessages } from '../sources/messages/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Columns, ROW_CLASS, type RowContext, rowClassSql, sentAtSql } from '../transform/index.ts';
import type { LookUps } from './lookups.ts';

/** Rows a statement copies at a time: short enough to stop or report between two, long enough to cost nothing. */
export const SLICE_ROWS = 20_000;

export type Slice = { from: number; to: number; rows: number };

/** The rows of a source as four parallel columns, in the order of ROWID: 21 bytes a row, whatever the row holds. */
export type PlacementColumns = {
  count: number;
  rowids: Int32Array | Float64Array;
  /** Unix milliseconds, NaN where the row has no date. */
  times: Float64Array;
  /** Our chat's id, 0 where the row is in none. */
  chats: Int32Array;
  /** A ROW_CLASS. */
  classes: Uint8Array;
};

/** Where every row of a source belongs. */
export type Placements = {
  count: number;
  lastRowid: number;
  /** Needed to place and to split; let go of when that is done, so that a large history does not weigh on what follows. */
  columns: PlacementColumns | null;
  /** Bits of SERVICES seen, by chat. */
  services: Map<number, number>;
  /** Ranges of row ids that hold SLICE_ROWS rows each and cover them all. */
  slices: Slice[];
  reactions: number[];
  votes: number[];
  /** Messages in no chat, with their time. */
  orphans: { rowid: number; time: number }[];
  unreadable: number[];
};

/** Services that fit a bit each; the last bit stands for all others, which are then asked for by name. */
export const SERVICES = ['iMessage', 'SMS', 'RCS', 'rcs', 'iMessageLite'] as const;
export const OTHER_SERVICE_BIT = 1 << SERVICES.length;
const CLASS_LIMIT = 16;
const INT32_MAX = 2 ** 31 - 1;

/** Reads where every row of the source belongs: its chat, its time, its class. Fills `context.chatOf`. */
export function readPlacements(
  db: Database,
  schema: MessagesSchema,
  context: RowContext,
  lookUps: LookUps,
): Placements {
  const column: Columns = (name) => (name === 'ROWID' ? 'm.ROWID' : schema.column('m', 'message', name));
  scanChatJoins(db, schema, (message, chat) => {
    // The first join counts: a message in several chats belongs to the one it was joined to first.
    if (context.chatOf.get(message) !== 0) return;
    const id = lookUps.chatOfRow.get(chat);
    if (id !== undefined) context.chatOf.set(message, id);
  });
  for (const [message, { chat }] of lookUps.deleted) {
    if (context.chatOf.get(message) === 0) context.chatOf.set(message, chat);
    else context.deletedAtOf.delete(message);
  }

  const capacity = Number(db.value(`SELECT count(*) FROM ${schema.name}.message`));
  const highest = Number(db.value(`SELECT max(ROWID) FROM ${schema.name}.message WHERE ROWID ${ROWID_RANGE}`) ?? 0);
  const columns: PlacementColumns = {
    count: 0,
    rowids: highest <= INT32_MAX ? new Int32Array(capacity) : new Float64Array(capacity),
    times: new Float64Array(capacity),
    chats: new Int32Array(capacity),
    classes: new Uint8Array(capacity),
  };
  const placements: Placements = {
    count: 0,
    lastRowid: 0,
    columns,
    services: new Map(),
    slices: [],
    reactions: [],
    votes: [],
    orphans: [],
    unreadable: [],
  };
  const code = `(${rowClassSql(column)}) + ${CLASS_LIMIT} * (${serviceBitSql(column)})`;
  scanMessages(db, schema, { time: sentAtSql(column), code }, (rowid, time, packed) => {
    const index = columns.count;
    // An index that lost entries counts fewer rows than the table holds.
    if (index === columns.classes.length) grow(columns);
    const rowClass = packed % CLASS_LIMIT;
    const chat = context.chatOf.get(rowid);
    columns.rowids[index] = rowid;
    columns.times[index] = time ?? Number.NaN;
    columns.chats[index] = chat;
    columns.classes[index] = rowClass;
    columns.count = index + 1;
    if (rowClass === ROW_CLASS.reaction) placements.reactions.push(rowid);
    else if (rowClass === ROW_CLASS.vote) placements.votes.push(rowid);
    else if (rowClass === ROW_CLASS.unreadable) placements.unreadable.push(rowid);
    else if (chat === 0) placements.orphans.push({ rowid, time: time ?? 0 });
    else {
      const bit = Math.floor(packed / CLASS_LIMIT);
      placements.services.set(chat, (placements.services.get(chat) ?? 0) | bit);
    }
  });
  placements.count = columns.count;
  placements.lastRowid = columns.rowids[columns.count - 1] ?? 0;
  placements.slices = sliceRows(columns);
  return placements;
}

function grow(columns: PlacementColumns): void {
  const capacity = Math.max(SLICE_ROWS, columns.classes.length * 2);
  const rowids = new Float64Array(capacity);
  const times = new Float64Array(capacity);
  const chats = new Int32Array(capacity);
  const classes = new Uint8Array(capacity);
  rowids.set(columns.rowids);
  times.set(columns.times);
  chats.set(columns.chats);
  classes.set(columns.classes);
  Object.assign(columns, { rowids, times, chats, classes });
}

function serviceBitSql(column: Columns): string {
  const cases = SERVICES.map((service, index) => `WHEN '${service}' THEN ${1 << index}`).join(' ');
  const service = column('service');
  return service === 'NULL'
    ? '0'
    : `CASE ${service} ${cases} ELSE CASE WHEN ${service} <> '' THEN ${OTHER_SERVICE_BIT} ELSE 0 END END`;
}

function sliceRows({ count, rowids }: PlacementColumns): Slice[] {
  const slices: Slice[] = [];
  for (let start = 0; start < count; start += SLICE_ROWS) {
    const end = Math.min(start + SLICE_ROWS, count);
    slices.push({ from: rowids[start] ?? 0, to: rowids[end - 1] ?? 0, rows: end - start });
  }
  return slices;
}

/** True for rows that become messages of ours: said or about to be said, or an event of a group. */
export function isMessageClass(rowClass: number): boolean {
  return rowClass === ROW_CLASS.message || rowClass === ROW_CLASS.event || rowClass === ROW_CLASS.scheduled;
}
