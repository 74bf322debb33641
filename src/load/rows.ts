import type { Database } from '../sqlite/index.ts';
import type { RowFindings } from '../transform/index.ts';

/** Columns of a table of ours with the SQL expressions that fill them from a row of the source. */
export type Projection = readonly (readonly [column: string, sql: string])[];

export type RowRange = { from: number; to: number };

/**
 * Row ids of the source in a table aside, in order: rows that are few among many are fetched by their ids, so that the
 * many are not read once more for their sake.
 */
export function listRows(db: Database, name: string, rowids: Iterable<number>): string {
  db.run(`CREATE TEMP TABLE IF NOT EXISTS ${name} (rowid_listed INTEGER PRIMARY KEY)`);
  db.run(`DELETE FROM temp.${name}`);
  // One statement for all: on a wake there are a hundred, and each statement costs more than its row.
  db.run(
    `INSERT OR IGNORE INTO temp.${name} (rowid_listed) SELECT value FROM json_each(?)`,
    JSON.stringify([...rowids]),
  );
  return `temp.${name}`;
}

/** Copies listed rows; otherwise like `insertRows`. */
export function insertListedRows(
  db: Database,
  into: string,
  projection: Projection,
  source: { table: string; alias: string; list: string; id: boolean; where?: string },
): number {
  const { columns, values } = insertion(projection, source);
  return db.run(
    `INSERT INTO ${into} (${columns}) SELECT ${values}
     FROM ${source.list} l CROSS JOIN ${source.table} ${source.alias} ON ${source.alias}.ROWID = l.rowid_listed
     WHERE ${source.where ?? '1'}`,
  ).changes;
}

function insertion(
  projection: Projection,
  source: { alias: string; id: boolean },
): { columns: string; values: string } {
  const columns = projection.map(([column]) => column);
  const values = projection.map(([, sql]) => sql);
  if (source.id) {
    columns.unshift('id');
    values.unshift(`${source.alias}.ROWID`);
  }
  return { columns: columns.join(', '), values: values.join(', ') };
}

/**
 * Copies the rows of one class between two row ids of the source into a table of ours, in one statement. `with_id`
 * makes our id the source's row id: right for the first source of a store, where it costs nothing and keeps the order.
 */
export function insertRows(
  db: Database,
  into: string,
  projection: Projection,
  source: { table: string; alias: string; where: string; id: boolean },
  range: RowRange,
): number {
  const { columns, values } = insertion(projection, source);
  return db.run(
    `INSERT INTO ${into} (${columns}) SELECT ${values}
     FROM ${source.table} ${source.alias} NOT INDEXED
     WHERE ${source.alias}.ROWID BETWEEN ? AND ? AND (${source.where})`,
    range.from,
    range.to,
  ).changes;
}

/**
 * Where the rows of one reading of a source go: our own tables in a first import, which keeps the source's row ids as
 * ours, or tables of the same shape in a later one, which finds out afterwards what is new.
 */
export type Destination = {
  messages: string;
  reactions: string;
  votes: string;
  attachments: string;
  edits: string;
  attachmentJoins: string;
  keepIds: boolean;
};

/** Writes the versions of edited messages; `message_id` is the row id of the source, as in a first import. */
export function insertEdits(db: Database, into: string, edits: RowFindings['edits']): void {
  for (const [rowid, versions] of edits) {
    versions.forEach((version, position) => {
      db.run(
        `INSERT INTO ${into} (message_id, position, part, edited_at, text) VALUES (?, ?, ?, ?, ?)`,
        rowid,
        position,
        version.part,
        version.at,
        version.text,
      );
    });
  }
}
