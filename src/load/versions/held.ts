import { must } from '../../kernel/index.ts';
import type { Database, Value } from '../../sqlite/index.ts';
import { fieldsOf, isNamed, joinVersions, nameOf, type SharedTable, sightedAs, type Version } from './fields.ts';

const NAMES: Readonly<Record<string, string>> = {
  chat_id: `(SELECT kind || ':' || identifier FROM main.chats WHERE id = ?)`,
  handle_id: '(SELECT address FROM main.handles WHERE id = ?)',
};

/** The fields of a row as SQL; `row` is its alias, `edits` where the versions of its text are. */
export function fieldsSql(table: SharedTable, row: string, edits: string): string {
  const columns = fieldsOf(table).map((field) => {
    if (field !== 'edits') return `${row}.${field}`;
    return `(SELECT nullif(json_group_array(json_array(e.part, e.edited_at, e.text) ORDER BY e.position), '[]')
      FROM ${edits}) AS edits`;
  });
  return columns.join(', ');
}

export type HeldRow = {
  id: number;
  guid: string;
  /** The source that the row is entered under. */
  primary: number;
  /** What the store says. */
  said: Version;
  /** What each source says that has the row. */
  versions: Map<number, Version>;
};

/**
 * What each source says of the rows that several have. The store keeps the row as all together say it, and of each
 * source (`source_facts`) only what it says otherwise.
 */
export class HeldVersions {
  readonly #db: Database;
  readonly #names = new Map<string, string | null>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** A row of the store by its id. */
  read(table: SharedTable, id: number): HeldRow {
    const edits = 'main.message_edits e WHERE e.message_id = m.id';
    const row = must(
      this.#db.get<Record<string, Value> & { id: number; guid: string; primary: number }>(
        `SELECT m.id, m.guid, m.source_id AS "primary", ${fieldsSql(table, 'm', edits)} FROM main.${table} m WHERE m.id = ?`,
        id,
      ),
      'the row was found a moment ago',
    );
    const said = this.versionOf(table, row);
    const versions = new Map<number, Version>([[row.primary, said]]);
    const sightings = this.#db.all<{ source: number }>(
      'SELECT source_id AS source FROM main.sightings WHERE guid = ? AND what = ?',
      row.guid,
      sightedAs(table),
    );
    for (const { source } of sightings) versions.set(source, said);
    const facts = this.#db.all<{ source: number; field: string; value: Value }>(
      'SELECT source_id AS source, field, value FROM main.source_facts WHERE what = ? AND guid = ?',
      table,
      row.guid,
    );
    for (const { source, field, value } of facts) {
      const version = versions.get(source);
      if (version !== undefined) versions.set(source, { ...version, ...this.#named(field, value) });
    }
    return { id: row.id, guid: row.guid, primary: row.primary, said, versions };
  }

  /** The fields of a row that was read with `fieldsSql`. */
  versionOf(table: SharedTable, row: Readonly<Record<string, Value>>): Version {
    const version: Record<string, Value> = {};
    for (const field of fieldsOf(table)) Object.assign(version, this.#named(field, row[field] ?? null));
    return version;
  }

  /** Who is meant by the sender of a version. */
  senderOf({ is_from_me: isFromMe, handle_id: handle }: Version): number | null {
    if (Number(isFromMe) !== 0) return this.#db.value('SELECT id FROM main.contacts WHERE is_me = 1');
    if (handle === null || handle === undefined) return null;
    return this.#db.value('SELECT contact_id FROM main.handles WHERE id = ?', handle);
  }

  #named(field: string, value: Value): Version {
    return isNamed(field) ? { [field]: value, [nameOf(field)]: this.#name(field, value) } : { [field]: value };
  }

  #name(field: string, value: Value): string | null {
    if (value === null) return null;
    const key = `${field} ${String(value)}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#db.value<string>(`SELECT ${NAMES[field]}`, value);
    this.#names.set(key, name);
    return name;
  }
}

export type Fact = { source: number; field: string; value: Value };

/** What the versions come to, which fields of the row that changes, and what each says otherwise. */
export function settled(
  table: SharedTable,
  held: Pick<HeldRow, 'said' | 'versions'>,
): { said: Version; changed: string[]; facts: Fact[] } {
  const said = joinVersions(table, [...held.versions.values()]);
  const fields = fieldsOf(table);
  const facts: Fact[] = [];
  for (const [source, version] of held.versions) {
    for (const field of fields) {
      const value = version[field] ?? null;
      if (value !== (said[field] ?? null)) facts.push({ source, field, value });
    }
  }
  return { said, changed: fields.filter((field) => (said[field] ?? null) !== (held.said[field] ?? null)), facts };
}

/** Enters what the sources say otherwise of a row, in place of what was there. */
export function writeFacts(db: Database, table: SharedTable, guid: string, facts: readonly Fact[]): void {
  db.run('DELETE FROM main.source_facts WHERE what = ? AND guid = ?', table, guid);
  for (const { source, field, value } of facts) {
    db.run(
      'INSERT INTO main.source_facts (what, guid, source_id, field, value) VALUES (?, ?, ?, ?, ?)',
      table,
      guid,
      source,
      field,
      value,
    );
  }
}

/** Where a row, and the versions of its text, are: in the store, or staged. */
type Place = { row: string; key: 'id' | 'rowid'; edits: string };

/** Makes a row of the store say what its versions have come to. */
export function writeSaid(
  db: Database,
  versions: HeldVersions,
  table: SharedTable,
  { id, said, changed }: { id: number; said: Version; changed: readonly string[] },
): void {
  const place: Place = { row: `main.${table}`, key: 'id', edits: 'main.message_edits' };
  writeFields(db, versions, table, place, { id, message: id, said, changed });
}

/** The same of a staged row; `message` is the row id by which its edits are staged. */
export function writeStaged(
  db: Database,
  versions: HeldVersions,
  table: SharedTable,
  row: { id: number; message: number; said: Version; changed: readonly string[] },
): void {
  writeFields(
    db,
    versions,
    table,
    { row: `temp.staged_${table}`, key: 'rowid', edits: 'temp.staged_message_edits' },
    row,
  );
}

function writeFields(
  db: Database,
  versions: HeldVersions,
  table: SharedTable,
  place: Place,
  { id, message, said, changed }: { id: number; message: number; said: Version; changed: readonly string[] },
): void {
  const columns = changed.filter((field) => field !== 'edits');
  const values = columns.map((field) => said[field] ?? null);
  // A vote has no contact of its own.
  if (table !== 'poll_votes' && (columns.includes('handle_id') || columns.includes('is_from_me'))) {
    columns.push('sender_id');
    values.push(versions.senderOf(said));
  }
  if (columns.length > 0) {
    const set = columns.map((column) => `${column} = ?`).join(', ');
    db.run(`UPDATE ${place.row} SET ${set} WHERE ${place.key} = ?`, ...values, id);
  }
  if (!changed.includes('edits')) return;
  db.run(`DELETE FROM ${place.edits} WHERE message_id = ?`, message);
  for (const [position, [part, at, text]] of editsOf(said).entries()) {
    db.run(
      `INSERT INTO ${place.edits} (message_id, position, part, edited_at, text) VALUES (?, ?, ?, ?, ?)`,
      ...[message, position, part, at, text],
    );
  }
}

type Edit = [part: number, at: number | null, text: string | null];

function editsOf({ edits }: Version): Edit[] {
  return typeof edits === 'string' ? (JSON.parse(edits) as Edit[]) : [];
}
