import { versionsAside } from '../load/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  ATTACHMENT_FACTS,
  type Circumstances,
  type Fact,
  isDifference,
  isListDifference,
  MESSAGE_FACTS,
  PLAIN,
  REACTION_FACTS,
  type Value,
  VOTE_FACTS,
} from './canonical.ts';
import type { DifferenceKind, Findings, SetAside } from './verify-report.ts';

/** The name under which the fresh store is attached to the archive's connection. */
export const FRESH = 'fresh';

/** Rows compared by one statement: each takes a fraction of a second, whatever the size of the store. */
const SLICE_ROWS = 20_000;

/** What comparing needs: the archive's connection with the fresh store attached, and which of its sources this is. */
export type Comparison = {
  db: Database;
  /** -1 for a source that the archive does not know. */
  sourceId: number;
  findings: Findings;
  /** Called between two statements; may throw to stop. */
  pause: () => Promise<void>;
  /** Chats whose members another source had its say about, so that the fresh split is not theirs. */
  skewed: Set<number>;
};

type Table = {
  kind: DifferenceKind;
  name: 'messages' | 'reactions' | 'attachments' | 'poll_votes';
  facts: readonly Fact[];
  /** SQL over a row `x` that only the archive has: why it is set aside, or NULL for a difference. */
  setAside: (sourceId: number) => string;
};

const FROM_OTHER = (sourceId: number) => `x.source_id <> ${sourceId}`;

const TABLES: readonly Table[] = [
  {
    kind: 'message',
    name: 'messages',
    facts: MESSAGE_FACTS,
    setAside: (sourceId) => `CASE WHEN x.deleted_at IS NOT NULL THEN 'deleted'
      WHEN ${FROM_OTHER(sourceId)} OR EXISTS (
        SELECT 1 FROM main.sightings s WHERE s.guid = x.guid AND s.source_id <> ${sourceId}) THEN 'otherSources' END`,
  },
  {
    kind: 'reaction',
    name: 'reactions',
    facts: REACTION_FACTS,
    setAside: (sourceId) => `CASE WHEN x.vanished_at IS NOT NULL THEN 'vanished'
      WHEN ${FROM_OTHER(sourceId)} THEN 'otherSources' END`,
  },
  // Nothing marks an attachment or a vote whose row is gone; we keep them.
  {
    kind: 'attachment',
    name: 'attachments',
    facts: ATTACHMENT_FACTS,
    setAside: (sourceId) => `CASE WHEN ${FROM_OTHER(sourceId)} THEN 'otherSources' ELSE 'letGo' END`,
  },
  {
    kind: 'vote',
    name: 'poll_votes',
    facts: VOTE_FACTS,
    setAside: (sourceId) => `CASE WHEN ${FROM_OTHER(sourceId)} THEN 'otherSources' ELSE 'letGo' END`,
  },
];

type Row = Record<string, Value> & { guid: string };

/** Compares every row that the source has or had, by guid. Only rows that differ come out of the database. */
export async function compareRows(comparison: Comparison): Promise<void> {
  for (const table of TABLES) {
    // Of a row that several sources have, what this one says of it is compared, not what all say together.
    const versions = versionsAside(comparison.db, table.name, comparison.sourceId);
    const both = [
      pairsSql(table, comparison.sourceId, `main.${table.name}`, `f.guid NOT IN (SELECT guid FROM ${versions})`),
      pairsSql(table, comparison.sourceId, versions, `f.guid IN (SELECT guid FROM ${versions})`),
    ];
    for (const [from, to] of slices(comparison.db, FRESH, table.name)) {
      await comparison.pause();
      for (const sql of both) for (const row of comparison.db.all<Row>(sql, from, to)) judge(comparison, table, row);
    }
    const alone = onlyHereSql(table, comparison.sourceId);
    for (const [from, to] of slices(comparison.db, 'main', table.name)) {
      await comparison.pause();
      for (const row of comparison.db.all<{ guid: string; reason: keyof SetAside | null }>(alone, from, to)) {
        if (row.reason === null) comparison.findings.add({ kind: table.kind, guid: row.guid, id: null, what: 'extra' });
        else comparison.findings.putAside(row.reason);
      }
    }
  }
}

function* slices(db: Database, schema: string, table: string): Generator<[from: number, to: number]> {
  let from = Number.MIN_SAFE_INTEGER;
  while (true) {
    const to = db.value<number>(
      `SELECT max(id) FROM (SELECT id FROM ${schema}.${table} WHERE id >= ? ORDER BY id LIMIT ?)`,
      from,
      SLICE_ROWS,
    );
    if (to === null) return;
    yield [from, to];
    from = to + 1;
  }
}

/** A fact as an expression over alias `x` of a schema. */
function expression(fact: Fact, alias: string, schema: string): string {
  return fact.sql.replaceAll('SCHEMA', schema).replace(/\bx\./g, `${alias}.`);
}

const LISTS = {
  edits: (schema: string, alias: string) => `(SELECT json_group_array(json_array(e.part, e.edited_at, e.text)
    ORDER BY e.position) FROM ${schema}.message_edits e WHERE e.message_id = ${alias}.id)`,
  attachments: (schema: string, alias: string) => `(SELECT json_group_array(t.guid ORDER BY j.position)
    FROM ${schema}.message_attachments j JOIN ${schema}.attachments t ON t.id = j.attachment_id
    WHERE j.message_id = ${alias}.id)`,
} as const;
const LIST_NAMES = ['edits', 'attachments'] as const;

/** Versions of a text as this source has them, which may be fewer than another's. */
function ownEdits(sourceId: number): string {
  const fact = `main.source_facts v WHERE v.what = 'messages' AND v.guid = a.guid AND v.source_id = ${sourceId}
    AND v.field = 'edits'`;
  return `CASE WHEN EXISTS (SELECT 1 FROM ${fact}) THEN coalesce((SELECT v.value FROM ${fact}), '[]')
    ELSE ${LISTS.edits('main', 'a')} END`;
}

/** Rows of the source that the archive lacks, or of which anything differs; with both sides of every fact. */
function pairsSql(table: Table, sourceId: number, ours: string, where: string): string {
  const columns = [`f.guid AS guid`, `a.id AS id`, `a.source_id = ${sourceId} AS isOwn`];
  const differs = ['a.id IS NULL'];
  for (const [at, fact] of table.facts.entries()) {
    const [held, theirs] = [expression(fact, 'a', 'main'), expression(fact, 'f', FRESH)];
    columns.push(`${held} AS ours${at}`, `${theirs} AS theirs${at}`);
    differs.push(`${held} IS NOT ${theirs}`);
  }
  if (table.name === 'messages') {
    const theirChat = '(SELECT p.ours FROM temp.chat_pairs p WHERE p.theirs = f.chat_id)';
    columns.push('a.chat_id AS ourChat', `${theirChat} AS theirChat`);
    columns.push('f.unsent_at AS theirUnsent', 'f.unsent_parts AS theirParts', 'a.unsent_at AS ourUnsent');
    columns.push('a.edited_at AS ourEdit', 'f.edited_at AS theirEdit');
    differs.push(`a.chat_id IS NOT ${theirChat}`);
    for (const name of LIST_NAMES) {
      columns.push(
        `${name === 'edits' ? ownEdits(sourceId) : LISTS[name]('main', 'a')} AS ours_${name}`,
        `${LISTS[name](FRESH, 'f')} AS theirs_${name}`,
      );
      for (const [schema, alias] of [
        ['main', 'a'],
        [FRESH, 'f'],
      ] as const) {
        differs.push(`EXISTS (SELECT 1 FROM ${schema}.message_${name} j WHERE j.message_id = ${alias}.id)`);
      }
    }
  }
  return `SELECT ${columns.join(', ')} FROM ${FRESH}.${table.name} f LEFT JOIN ${ours} a ON a.guid = f.guid
    WHERE f.id BETWEEN ? AND ? AND ${where} AND (${differs.join(' OR ')})`;
}

function onlyHereSql(table: Table, sourceId: number): string {
  return `SELECT x.guid AS guid, ${table.setAside(sourceId)} AS reason FROM main.${table.name} x
    WHERE x.id BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM ${FRESH}.${table.name} f WHERE f.guid = x.guid)`;
}

function judge(comparison: Comparison, table: Table, row: Row): void {
  const { findings } = comparison;
  const add = (what: string) => findings.add({ kind: table.kind, guid: row.guid, id: null, what });
  if (row.id === null) {
    add('missing');
    return;
  }
  const isOwn = row.isOwn === 1;
  const isMessage = table.name === 'messages';
  const about: Circumstances = isMessage ? { isOwn, ...circumstances(row) } : { isOwn, ...PLAIN };
  let passed = false;
  for (const [at, fact] of table.facts.entries()) {
    const pair = { ours: row[`ours${at}`] ?? null, theirs: row[`theirs${at}`] ?? null };
    if (pair.ours === pair.theirs) continue;
    if (isDifference(fact, pair, about) && !isEndedElsewhere(comparison.db, fact, row)) add(fact.field);
    else passed = true;
  }
  if (!isMessage) return;
  if (row.ourChat !== row.theirChat && isOwn) add('chat');
  for (const name of LIST_NAMES) {
    const pair = { ours: row[`ours_${name}`] ?? null, theirs: row[`theirs_${name}`] ?? null };
    if (pair.ours === pair.theirs) continue;
    if (isListDifference(name, pair, about)) add(name);
    else passed = true;
  }
  if (!isOwn && (passed || row.ourChat !== row.theirChat)) {
    for (const chat of [row.ourChat, row.theirChat]) comparison.skewed.add(Number(chat));
  }
  if (passed) findings.putAside(about.isUnsent ? 'unsent' : 'filled');
}

/** A reaction may have been followed by another one that only another source has. */
function isEndedElsewhere(db: Database, { field }: Fact, { guid }: Row): boolean {
  if (field !== 'removedAt') return false;
  const other = db.value(
    `SELECT 1 FROM main.reactions r JOIN main.reactions o ON o.target_guid = r.target_guid AND o.guid <> r.guid
     WHERE r.guid = ? AND o.is_from_me = r.is_from_me AND o.handle_id IS r.handle_id
       AND NOT EXISTS (SELECT 1 FROM ${FRESH}.reactions f WHERE f.guid = o.guid) AND o.vanished_at IS NULL LIMIT 1`,
    guid,
  );
  return other !== null;
}

function circumstances(row: Row): Omit<Circumstances, 'isOwn'> {
  return {
    isUnsent: row.theirUnsent !== null || row.theirParts !== null,
    isUnsentWhole: row.ourUnsent !== null,
    isEditedSince: Number(row.ourEdit ?? 0) > Number(row.theirEdit ?? 0),
  };
}
