import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ImportSummary } from '../../src/pipeline/index.ts';
import { Database, openWritable } from '../../src/sqlite/index.ts';
import { exportLines, openStoreForReading } from '../../src/store/index.ts';
import { madeUpHistory, runImport } from '../support/fixture.ts';

const PAGE = 4_096;
/** What one table of such a small file may take, whichever of its pages are damaged. */
const MOST_STATEMENTS = 10_000;

const CONTENT = ['messages', 'reactions', 'attachments', 'chats', 'conversations'] as const;

afterEach(() => Database.watch(null));

describe('R18, P10 a table whose root page is damaged', () => {
  const whole = ['chat_service', 'chat_handle_join', 'chat_message_join', 'message_attachment_join'];
  it.each(whole)('%s costs no content, and holds nothing up', async (table) => {
    const { intact, damaged, statements } = await imported(table, 'table');
    expect(contentOf(damaged)).toEqual(contentOf(intact));
    expect(damaged).toMatchObject({ unreadable: 0, problems: [] });
    expect(statements).toBeLessThan(2_000);
  });

  const inPart = ['handle', 'chat', 'chat_recoverable_message_join'];
  it.each(inPart)('%s is put together from its indexes, and told to be there in part', async (table) => {
    const { intact, damaged, rows, statements } = await imported(table, 'table');
    expect(contentOf(damaged)).toEqual(contentOf(intact));
    expect(damaged.unreadable).toBe(0);
    expect(damaged.problems).toEqual([`${table}: rows that could be read only in part: ${rows}`]);
    expect(statements).toBeLessThan(2_000);
  });

  // No index holds which chat an entry of chat_lookup is about.
  it.each(['message', 'attachment', 'chat_lookup'])(
    '%s is lost, and counted by what an index still names',
    async (table) => {
      const { intact, damaged, rows, highest, statements } = await imported(table, 'table');
      expect(damaged.unreadable).toBe(rows);
      expect(damaged.problems).toEqual([`${table}: row ids 1 to ${highest} could not be read`]);
      if (table !== 'message') expect(damaged.messages).toBe(intact.messages);
      expect(statements).toBeLessThan(2_000);
    },
  );

  it('senders and chats are who they were', async () => {
    for (const table of ['handle', 'chat', 'chat_message_join']) {
      const { stores } = await imported(table, 'table');
      const [before, after] = stores.map((store) => {
        using db = openStoreForReading(store);
        return [...exportLines(db, 'messages')].map(({ guid, text, chat, sender }) => ({ guid, text, chat, sender }));
      });
      expect(after).toEqual(before);
    }
  });
});

describe('P10 a table whose indexes are damaged too', () => {
  const unknown = [
    'chat_service',
    'chat_handle_join',
    'chat_lookup',
    'chat_message_join',
    'chat_recoverable_message_join',
    'message_attachment_join',
  ];
  it.each(unknown)('%s: how many rows are lost is not guessed', async (table) => {
    const { damaged, statements } = await imported(table, 'everything');
    expect(damaged.unreadable).toBe(0);
    expect(damaged.problems).toEqual([`${table}: an unknown number of rows could not be read`]);
    expect(statements).toBeLessThan(MOST_STATEMENTS);
  });

  it.each(['message', 'handle', 'chat', 'attachment'])('%s: SQLite still knows its highest row id', async (table) => {
    const { damaged, highest, statements } = await imported(table, 'everything');
    expect(damaged.unreadable).toBe(highest);
    expect(damaged.problems).toEqual([`${table}: row ids 1 to ${highest} could not be read`]);
    expect(statements).toBeLessThan(2_000);
  });
});

it('R18 damaged pages in the middle of a table cost exactly the rows on them', async () => {
  const fixture = madeUpHistory({ messages: 5_000 });
  using db = openWritable(fixture.source);
  const leaves = db.all<{ page: number; rows: number }>(
    `SELECT pageno AS page, ncell AS rows FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY path`,
  );
  db.close();
  const lost = [leaves[5], leaves[20], leaves[21], leaves.at(-1)].filter((leaf) => leaf !== undefined);
  overwrite(
    fixture.source,
    lost.map(({ page }) => page),
  );
  const summary = await runImport(fixture);
  expect(summary.unreadable).toBe(lost.reduce((sum, { rows }) => sum + rows, 0));
  expect(summary.problems).toHaveLength(3);
});

/** Imports a small history as it is, and with the root pages of a table (and of its indexes) gone. */
async function imported(table: string, what: 'table' | 'everything') {
  const fixture = madeUpHistory({ messages: 300 });
  const intact = await runImport(fixture);
  const { pages, rows, highest } = rootsOf(fixture.source, table, what);
  expect(rows).toBeGreaterThan(0);
  const source = path.join(fixture.folder, 'damaged.db');
  const store = path.join(fixture.folder, 'from-damaged.db');
  copyFileSync(fixture.source, source);
  overwrite(source, pages);
  let statements = 0;
  Database.watch((sql) => {
    if (/\bbroken\./.test(sql)) statements += 1;
    // Fails rather than to count on for minutes.
    if (statements > 2 * MOST_STATEMENTS) throw new Error('too many statements');
  });
  const damaged = await runImport({ source, store });
  Database.watch(null);
  return { intact, damaged, rows, highest, statements, stores: [fixture.store, store] };
}

function overwrite(file: string, pages: readonly number[]): void {
  const bytes = readFileSync(file);
  for (const page of pages) bytes.fill(0, (page - 1) * PAGE, page * PAGE);
  writeFileSync(file, bytes);
}

function rootsOf(file: string, table: string, what: 'table' | 'everything') {
  using db = openWritable(file);
  const pages = db.all<{ page: number }>(
    `SELECT rootpage AS page FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', ?)`,
    table,
    what === 'table' ? 'table' : 'index',
  );
  const { rows, highest } = db.get<{ rows: number; highest: number }>(
    `SELECT count(*) AS rows, max(rowid) AS highest FROM ${table}`,
  ) ?? { rows: 0, highest: 0 };
  return { pages: pages.map(({ page }) => page), rows, highest };
}

function contentOf(summary: ImportSummary) {
  return Object.fromEntries(CONTENT.map((name) => [name, summary[name]]));
}
