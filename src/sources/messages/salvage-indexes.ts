import type { Database } from '../../sqlite/index.ts';
import { isDamage } from './explain.ts';
import type { Range } from './salvage-ranges.ts';

type Index = { name: string; columns: string[] };

/**
 * Tables whose rows mean something with what indexes hold of them. `needs`: what a row is nothing without; `also`: what
 * is read of it too; as indexes hold this in part or not at all, such rows are told to be there in part. A message or
 * an attachment is not among them: without its content it would be shown as empty, which it was not.
 */
const MEANINGFUL: Readonly<Record<string, { needs: string[]; also: string[] }>> = {
  chat: { needs: ['guid', 'chat_identifier'], also: ['service_name', 'room_name', 'group_id', 'display_name'] },
  handle: { needs: ['id', 'service'], also: ['country'] },
  chat_message_join: { needs: ['chat_id', 'message_id'], also: [] },
  chat_handle_join: { needs: ['chat_id', 'handle_id'], also: [] },
  message_attachment_join: { needs: ['message_id', 'attachment_id'], also: [] },
  chat_recoverable_message_join: { needs: ['chat_id', 'message_id'], also: ['delete_date'] },
  chat_service: { needs: ['service', 'chat'], also: [] },
};

/** The indexes over all rows of a table: each is a tree of its own, which may be whole where the table is not. */
export function wholeIndexes(db: Database, schema: string, table: string): Index[] {
  return db
    .all<{ name: string }>(`SELECT name FROM pragma_index_list('${table}', '${schema}') WHERE partial = 0`)
    .map(({ name }) => ({
      name,
      // An expression has no name.
      columns: db
        .all<{ name: string | null }>(`SELECT name FROM pragma_index_xinfo('${name}', '${schema}')`)
        .flatMap((column) => column.name?.toLowerCase() ?? []),
    }));
}

/** What indexes told of the ranges that the table itself did not give. */
export type Told = {
  /** The rows that are lost, by range, when an index could be read in full; else null. */
  missing: (Range & { rows: number })[] | null;
  /** Rows that were read from indexes, without all of their columns. */
  inPart: number;
};

/** Takes over what indexes hold of the rows in these ranges, and finds out which rows there were. */
export function takeFromIndexes(
  db: Database,
  schema: string,
  table: string,
  indexes: readonly Index[],
  ranges: readonly Range[],
): Told {
  const { needs, also } = MEANINGFUL[table] ?? { needs: [], also: [] };
  db.exec(`DROP TABLE IF EXISTS temp.lost; CREATE TEMP TABLE lost (low INTEGER PRIMARY KEY, high INTEGER);
    DROP TABLE IF EXISTS temp.seen;
    CREATE TEMP TABLE seen (${['number INTEGER PRIMARY KEY', ...needs, ...also].join(', ')})`);
  db.transaction(() => {
    for (const { from, to } of ranges) db.run('INSERT INTO temp.lost VALUES (?, ?)', from, to);
  });
  const read = indexes.filter((index) => isSeen(db, `${schema}.${table}`, index, [...needs, ...also]));
  const inPart = needs.length === 0 ? 0 : takeSeen(db, table, needs, also);
  if (read.length === 0) return { missing: null, inPart: 0 };
  const missing = db.all<Range & { rows: number }>(
    `SELECT min(number) AS "from", max(number) AS "to", count(*) AS rows FROM temp.seen
     WHERE NOT EXISTS (SELECT 1 FROM main.${table} WHERE rowid = number)
     GROUP BY ${rangeOf('number', 'low')} ORDER BY 1`,
  );
  return { missing, inPart: also.length === 0 ? 0 : inPart };
}

/** The range in which a row id lies, if any lies below it. */
function rangeOf(rowid: string, bound: 'low' | 'high'): string {
  return `(SELECT ${bound} FROM temp.lost WHERE low <= ${rowid} ORDER BY low DESC LIMIT 1)`;
}

/** Adds what one index holds to what others gave. False where the index is damaged too; then it gives nothing. */
function isSeen(db: Database, table: string, index: Index, wanted: readonly string[]): boolean {
  const columns = wanted.filter((name) => index.columns.includes(name));
  const update = columns.map((name) => `${name} = excluded.${name}`).join(', ');
  try {
    db.run(
      `INSERT INTO temp.seen (${['number', ...columns].join(', ')})
       SELECT ${['rowid', ...columns].join(', ')} FROM ${table} AS t INDEXED BY "${index.name}"
       WHERE t.rowid <= ${rangeOf('t.rowid', 'high')}
       ON CONFLICT (number) DO ${update === '' ? 'NOTHING' : `UPDATE SET ${update}`}`,
    );
    return true;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return false;
  }
}

/** Columns that no index holds stay what the table's own definition makes of them. */
function takeSeen(db: Database, table: string, needs: readonly string[], also: readonly string[]): number {
  const has = new Set(
    db
      .all<{ name: string }>(`SELECT name FROM main.pragma_table_info('${table}')`)
      .map(({ name }) => name.toLowerCase()),
  );
  if (!needs.every((name) => has.has(name))) return 0;
  const columns = [...needs, ...also.filter((name) => has.has(name))].join(', ');
  return db.run(
    `INSERT OR IGNORE INTO main.${table} (rowid, ${columns}) SELECT number, ${columns} FROM temp.seen
     WHERE ${needs.map((name) => `${name} IS NOT NULL`).join(' AND ')}`,
  ).changes;
}
