import { must } from '../../kernel/index.ts';
import type { Database, Value } from '../../sqlite/index.ts';
import { fieldsOf, type SharedTable, type Version } from './fields.ts';
import { type Fact, fieldsSql, HeldVersions, settled, writeStaged } from './held.ts';

/** Rows of the next step; what is held of each is read one by one, so memory stays small. */
const BATCH_ROWS = 1_000;

/** Makes the tables that take, of rows that several sources have, what has been decided and not yet written. */
export function createShared(db: Database): void {
  db.exec(`CREATE TEMP TABLE shared_rows (
    what TEXT, staged INTEGER, id INTEGER, known INTEGER, guid TEXT, is_decided INTEGER DEFAULT 0,
    PRIMARY KEY (what, staged)) WITHOUT ROWID`);
  db.exec('CREATE UNIQUE INDEX temp.shared_rows_by_id ON shared_rows (what, id)');
  db.exec('CREATE TEMP TABLE new_facts (what TEXT, guid TEXT, source_id INTEGER, field TEXT, value)');
  db.exec('CREATE INDEX temp.new_facts_by_guid ON new_facts (what, guid)');
}

export function clearShared(db: Database): void {
  db.exec('DELETE FROM temp.shared_rows; DELETE FROM temp.new_facts');
}

/** How a row of a source follows the one that it was, as SQL over `s` (now) and `m` (before), by column. */
export type Following = readonly (readonly [column: string, sql: string])[];

/**
 * Finds, among the staged rows that \`temp.batch\` lists, those that another source has too, and makes each say what all together say. Its own version, which
 * the staged row was until then, is set down as facts. Answers whether there is any.
 */
export function decideShared(db: Database, table: SharedTable, sourceId: number, following: Following): boolean {
  if (db.value('SELECT 1 FROM main.sources WHERE id <> ? LIMIT 1', sourceId) === null) return false;
  listShared(db, table, sourceId);
  if (db.value('SELECT 1 FROM temp.shared_rows WHERE what = ? LIMIT 1', table) === null) return false;
  const decision = new Decision(db, table, sourceId, following);
  for (const batch of undecided(db, table, sourceId, following)) for (const row of batch) decision.decide(row);
  return true;
}

function listShared(db: Database, table: SharedTable, sourceId: number): void {
  // A damaged source may repeat a guid: the first row speaks for all.
  db.run(
    `INSERT OR IGNORE INTO temp.shared_rows (what, staged, id, known, guid)
     SELECT '${table}', b.staged, m.id, m.source_id = ?1 OR EXISTS (
         SELECT 1 FROM main.sightings g WHERE g.guid = m.guid AND g.source_id = ?1), m.guid
     FROM temp.batch b CROSS JOIN main.${table} m ON m.id = b.id
     WHERE m.source_id <> ?1 OR EXISTS (SELECT 1 FROM main.sightings g WHERE g.guid = m.guid AND g.source_id <> ?1)
     ORDER BY b.staged`,
    sourceId,
  );
}

type Listed = { staged: number; id: number; known: number };

/** Those that say anything new: of a row that was known, otherwise than before; of one that was not, otherwise than we. */
function* undecided(db: Database, table: SharedTable, sourceId: number, following: Following): Generator<Listed[]> {
  const columns = fieldsOf(table).filter((field) => field !== 'edits');
  const isOther = columns.map((column) => `m.${column} IS NOT s.${column}`).join(' OR ');
  const hasMoved = following.map(([column, sql]) => `m.${column} IS NOT (${sql})`).join(' OR ');
  const sql = `SELECT x.staged, x.id, x.known
    FROM temp.shared_rows x CROSS JOIN temp.staged_${table} s ON s.rowid = x.staged CROSS JOIN main.${table} m ON m.id = x.id
    WHERE x.what = '${table}' AND x.is_decided = 0 AND x.staged > ?1 AND CASE
      WHEN NOT x.known THEN ${isOther}
      ELSE (m.source_id = ?2 AND (m.source_rowid IS NOT s.source_rowid OR m.source_state IS NOT s.source_state))
        OR EXISTS (SELECT 1 FROM main.source_facts f WHERE f.what = '${table}' AND f.guid = m.guid)
        OR ${hasMoved} END
    ORDER BY x.staged LIMIT ${BATCH_ROWS}`;
  let after = Number.MIN_SAFE_INTEGER;
  while (true) {
    const batch = db.all<Listed>(sql, after, sourceId);
    yield batch;
    if (batch.length < BATCH_ROWS) return;
    after = batch.at(-1)?.staged ?? after;
  }
}

class Decision {
  readonly #db: Database;
  readonly #table: SharedTable;
  readonly #sourceId: number;
  readonly #following: Following;
  readonly #held: HeldVersions;

  constructor(db: Database, table: SharedTable, sourceId: number, following: Following) {
    this.#db = db;
    this.#table = table;
    this.#sourceId = sourceId;
    this.#following = following;
    this.#held = new HeldVersions(db);
  }

  decide({ staged, id, known }: Listed): void {
    const held = this.#held.read(this.#table, id);
    const before = known !== 0 ? held.versions.get(this.#sourceId) : undefined;
    const now = this.#read(staged);
    held.versions.set(this.#sourceId, before === undefined ? now : this.#followed(before, now, staged));
    const { said, facts } = settled(this.#table, held);
    this.#note(held.guid, facts);
    this.#restage(staged, now, said);
    this.#db.run('UPDATE temp.shared_rows SET is_decided = 1 WHERE what = ? AND staged = ?', this.#table, staged);
  }

  #read(staged: number): Version {
    const edits = 'temp.staged_message_edits e WHERE e.message_id = s.source_rowid';
    const row = this.#db.get<Record<string, Value>>(
      `SELECT ${fieldsSql(this.#table, 's', edits)} FROM temp.staged_${this.#table} s WHERE s.rowid = ?`,
      staged,
    );
    return this.#held.versionOf(this.#table, must(row, 'the row is staged'));
  }

  /** What the source says now, after what it said before: the rules of a source that moves on, asked of the database. */
  #followed(before: Version, now: Version, staged: number): Version {
    const fields = fieldsOf(this.#table).filter((field) => field !== 'edits');
    const rules = new Map(this.#following);
    const columns = fields.map((field) => `${rules.get(field) ?? `s.${field}`} AS ${field}`);
    const held = fields.map((field) => `? AS ${field}`);
    const row = this.#db.get<Record<string, Value>>(
      `SELECT ${columns.join(', ')} FROM temp.staged_${this.#table} s CROSS JOIN (SELECT ${held.join(', ')}) m
       WHERE s.rowid = ?`,
      ...fields.map((field) => before[field] ?? null),
      staged,
    );
    const isAsLate = Number(now.edited_at ?? 0) >= Number(before.edited_at ?? 0);
    const edits = isAsLate && now.edits !== null ? now.edits : before.edits;
    return this.#held.versionOf(this.#table, { ...must(row, 'the row is staged'), edits: edits ?? null });
  }

  #note(guid: string, facts: readonly Fact[]): void {
    for (const { source, field, value } of facts) {
      this.#db.run(
        'INSERT INTO temp.new_facts (what, guid, source_id, field, value) VALUES (?, ?, ?, ?, ?)',
        ...[this.#table, guid, source, field, value],
      );
    }
  }

  #restage(staged: number, now: Version, said: Version): void {
    const changed = fieldsOf(this.#table).filter((field) => (now[field] ?? null) !== (said[field] ?? null));
    const message = changed.includes('edits') ? this.#rowidOf(staged) : 0;
    writeStaged(this.#db, this.#held, this.#table, { id: staged, message, said, changed });
  }

  #rowidOf(staged: number): number {
    const rowid = this.#db.value<number>('SELECT source_rowid FROM temp.staged_messages WHERE rowid = ?', staged);
    return must(rowid, 'the row is staged');
  }
}

/**
 * Enters what was decided, in the transaction that changes these rows: apart from it, what a source said would be lost
 * with the row that still says it.
 */
export function takeFacts(db: Database, table: SharedTable): void {
  const guids = `SELECT guid FROM temp.shared_rows WHERE what = '${table}' AND is_decided = 1`;
  db.run(`DELETE FROM main.source_facts WHERE what = '${table}' AND guid IN (${guids})`);
  db.run(
    `INSERT INTO main.source_facts (what, guid, source_id, field, value)
     SELECT what, guid, source_id, field, value FROM temp.new_facts WHERE what = '${table}' AND guid IN (${guids})`,
  );
}
