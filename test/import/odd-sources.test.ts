import { closeSync, copyFileSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/kernel/index.ts';
import { actions, createMessagesDatabase } from '../../src/simulator/index.ts';
import { openScratch, openWritable } from '../../src/sqlite/index.ts';
import { exportLines, openStoreForReading, SCHEMA_VERSION } from '../../src/store/index.ts';
import { canonicalStore } from '../support/canonical-store.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const PAGE = 4_096;

describe('a damaged source', () => {
  it('L64 gives everything that can be read, and says what cannot', async () => {
    const fixture = madeUpHistory({ messages: 5_000, generation: 'macos-15' });
    const whole = path.join(fixture.folder, 'whole.db');
    const intact = await runImport({ source: fixture.source, store: whole });
    const damaged = path.join(fixture.folder, 'damaged.db');
    copyFileSync(fixture.source, damaged);
    const pages = messagePages(fixture.source);
    for (const page of pages.slice(20, 23)) overwritePage(damaged, page);
    const before = readFileSync(damaged);
    const summary = await runImport({ source: damaged, store: fixture.store });
    expect(readFileSync(damaged).equals(before)).toBe(true);
    expect(summary.unreadable).toBeGreaterThan(0);
    expect(summary.problems.join()).toMatch(/message: row ids \d+ to \d+ could not be read/);
    expect(summary.messages).toBeGreaterThan(intact.messages - 100);
    expect(summary.messages).toBeLessThan(intact.messages);
    using db = openStoreForReading(fixture.store);
    using all = openStoreForReading(whole);
    const texts = new Map([...exportLines(all, 'messages')].map((line) => [line.guid, line.text]));
    for (const line of exportLines(db, 'messages')) expect(line.text).toBe(texts.get(line.guid));
    expect(db.value('SELECT path FROM sources')).toBe(damaged);
  });
});

describe('a source whose index lost entries', () => {
  it('loses no row for it: the table is read, not the index', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const { pen, direct, close } = liveMessages(source);
    for (let index = 0; index < 30; index += 1) {
      actions.send(pen, direct, { from: ANN, atMs: NOW_MS - index * 1_000, text: `message ${index}` });
    }
    close();
    // An index over fewer rows under the definition of a whole one, as a damaged file may hold it.
    using db = openScratch(source);
    for (const name of db.all<{ name: string }>(
      `SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'message' AND sql IS NOT NULL`,
    )) {
      db.exec(`DROP INDEX ${name.name}`);
    }
    db.exec('CREATE INDEX short ON message (is_read) WHERE ROWID <= 10');
    db.exec(`PRAGMA writable_schema = ON;
      UPDATE sqlite_master SET sql = 'CREATE INDEX short ON message (is_read)' WHERE name = 'short';
      PRAGMA writable_schema = RESET`);
    db.close();
    using check = openWritable(source);
    expect(check.value('SELECT count(*) FROM message')).toBe(10);
    check.close();
    expect(await runImport({ source, store: path.join(folder, 'store.db') })).toMatchObject({ messages: 30 });
  });
});

describe('one bad row never stops the rest', () => {
  it('L2, L12 whatever its cells hold', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const { pen, direct, group, close } = liveMessages(source);
    const good = actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 5_000, text: 'good' });
    const { db } = pen.database;
    const odd = (changes: Record<string, unknown>, text = 'odd') => {
      const sent = actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 4_000, text });
      for (const [column, value] of Object.entries(changes)) {
        db.run(`UPDATE message SET "${column}" = ? WHERE ROWID = ?`, value as never, sent.rowId);
      }
      return sent.guid;
    };
    const guids = [
      odd({ date: null }),
      odd({ date: 'yesterday' }),
      odd({ date: 5.5e17 }),
      odd({ date: 9_223_372_036_854_775_807n, date_read: -1 }),
      odd({ text: new Uint8Array([0xff, 0xfe]), attributedBody: null }),
      odd({ attributedBody: 'not a blob' }),
      odd({ attributedBody: new Uint8Array([4, 11, 115]) }),
      odd({ attributedBody: new Uint8Array(0), text: 'from the column' }),
      odd({ handle_id: 999_999 }),
      odd({ handle_id: null, is_from_me: null, service: null, item_type: null, associated_message_type: null }),
      odd({ item_type: 77 }),
      odd({ associated_message_type: 2_999 }),
      odd({ is_from_me: 'yes' }),
      odd({ message_summary_info: new Uint8Array([1, 2, 3]), date_edited: 1 }),
      odd({ payload_data: 'text', balloon_bundle_id: 'a.b.c' }),
      odd({ thread_originator_guid: 12 }),
    ];
    const reaction = actions.react(pen, good, { from: ANN, code: 2000, atMs: NOW_MS });
    db.run('UPDATE message SET associated_message_guid = ? WHERE ROWID = ?', '', reaction.rowId);
    const shared = actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 3_000, text: 'in two chats' });
    pen.database.joinMessage(group.rowId, shared.rowId, 0);
    db.exec('PRAGMA foreign_keys = OFF');
    db.run('INSERT INTO chat_message_join (chat_id, message_id) VALUES (?, ?)', direct.rowId, 888_888);
    db.exec(`UPDATE handle SET country = 'nowhere'; UPDATE chat SET account_login = 'E:', last_addressed_handle = ''`);
    close();
    const summary = await runImport({ source, store: path.join(folder, 'store.db') });
    using store = openStoreForReading(path.join(folder, 'store.db'));
    const lines = new Map([...exportLines(store, 'messages')].map((line) => [line.guid, line]));
    for (const guid of [good.guid, shared.guid, ...guids]) expect(lines.has(guid)).toBe(true);
    expect(lines.get(guids[0] ?? '')?.sentAt).toBeNull();
    expect(lines.get(guids[7] ?? '')?.text).toBe('from the column');
    expect(lines.get(shared.guid)?.chat).toBe(ANN.normal);
    expect(lines.get(guids[10] ?? '')?.kind).toBe('unknown');
    expect([...lines.values()].every((line) => line.kind === 'event' || line.conversationId !== null)).toBe(true);
    expect(summary.quarantined).toBe(2);
    const again = await runImport({ source, store: path.join(folder, 'store.db') });
    expect({ ...again, durationMs: 0, rate: 0, stages: {}, bulk: true }).toEqual({
      ...summary,
      durationMs: 0,
      rate: 0,
      stages: {},
    });
  });

  it('repeated guids, which only damage makes, give one message each', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const { pen, direct, close } = liveMessages(source);
    const sent = ['a', 'b', 'c'].map((text, index) =>
      actions.send(pen, direct, { from: ANN, atMs: NOW_MS - index, text }),
    );
    close();
    // A copy without keys, in which rows can be doubled.
    const copy = path.join(folder, 'copy.db');
    using db = openWritable(copy);
    db.attach(`file://${source}?mode=ro`, 'apple');
    for (const table of ['message', 'chat', 'handle', 'chat_message_join', 'chat_handle_join']) {
      db.exec(`CREATE TABLE ${table} AS SELECT * FROM apple.${table}`);
    }
    db.run('UPDATE message SET guid = ? WHERE ROWID = ?', sent[0]?.guid ?? '', sent[1]?.rowId ?? 0);
    db.run('UPDATE message SET guid = NULL WHERE ROWID = ?', sent[2]?.rowId ?? 0);
    db.close();
    const store = path.join(folder, 'store.db');
    expect(await runImport({ source: copy, store })).toMatchObject({ messages: 1, quarantined: 2, bulk: true });
    expect(await runImport({ source: copy, store })).toMatchObject({ messages: 1, quarantined: 2, bulk: false });
  });
});

describe('a source that changes while it is read', () => {
  it('P7 is read in snapshots that are renewed, and compared once more when they were', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    const { pen, direct, close } = liveMessages(source);
    const sent = Array.from({ length: 200 }, (_, index) =>
      actions.send(pen, direct, { from: ANN, atMs: NOW_MS - 9e8 + index * 1e6, text: `message ${index}` }),
    );
    let changed = false;
    const store = path.join(folder, 'store.db');
    await runImport(
      { source, store },
      {
        snapshotLimitMs: 0,
        onProgress: ({ stage }) => {
          if (stage !== 'messages' || changed) return;
          changed = true;
          actions.edit(pen, sent[10] as actions.LiveMessage, 'edited meanwhile', NOW_MS);
          actions.deleteForGood(pen, sent[20] as actions.LiveMessage);
          actions.send(pen, direct, { from: 'me', atMs: NOW_MS, text: 'sent meanwhile' });
        },
      },
    );
    expect(changed).toBe(true);
    const fresh = path.join(folder, 'fresh.db');
    close();
    await runImport({ source, store: fresh });
    const shown = canonicalStore(store);
    const gone = sent[20]?.guid;
    const without = (lines: unknown[]) => (lines as { guid: string }[]).filter((line) => line.guid !== gone);
    expect(without(shown.messages)).toEqual(canonicalStore(fresh).messages);
    expect(
      (shown.messages as { guid: string; deletedAt: string }[]).find((line) => line.guid === gone)?.deletedAt,
    ).not.toBeNull();
  });
});

describe('what cannot be imported is told by name', () => {
  const cases: [name: string, code: ErrorCode, make: (file: string) => void][] = [
    ['nothing there', 'SOURCE_NOT_FOUND', () => {}],
    ['an empty file', 'SOURCE_NOT_MESSAGES', (file) => writeFileSync(file, '')],
    ['a text file', 'SOURCE_NOT_DATABASE', (file) => writeFileSync(file, 'hello, this is no database'.repeat(500))],
    ['an encrypted file', 'SOURCE_ENCRYPTED', (file) => writeFileSync(file, noise(65_536))],
    ['another database', 'SOURCE_NOT_MESSAGES', (file) => openWritable(file).exec('CREATE TABLE notes (id)')],
    ['a database cut short', 'SOURCE_DAMAGED', cutShort],
  ];
  it.each(cases)('%s: %s', async (_name, code, make) => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    make(source);
    await expect(runImport({ source, store: path.join(folder, 'store.db') })).rejects.toMatchObject({ code });
  });

  it('L14 a store that is not ours, or newer, or no database, is left as it is', async () => {
    const fixture = madeUpHistory({ messages: 100 });
    const other = path.join(fixture.folder, 'other.db');
    openWritable(other).exec('CREATE TABLE notes (id)');
    await expect(runImport({ source: fixture.source, store: other })).rejects.toMatchObject({ code: 'STORE_NOT_OURS' });
    const text = path.join(fixture.folder, 'notes.txt');
    writeFileSync(text, 'my notes');
    await expect(runImport({ source: fixture.source, store: text })).rejects.toMatchObject({ code: 'STORE_NOT_OURS' });
    expect(readFileSync(text, 'utf8')).toBe('my notes');
    expect(existsSync(`${text}-owner`)).toBe(false);
    await runImport(fixture);
    openWritable(fixture.store).exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    await expect(runImport(fixture)).rejects.toMatchObject({ code: 'STORE_NEWER' });
  });

  it('an empty history is imported as such', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'chat.db');
    createMessagesDatabase(source, 'macos-14').close();
    const store = path.join(folder, 'store.db');
    expect(await runImport({ source, store })).toMatchObject({ messages: 0, conversations: 0, chats: 0 });
    expect(await runImport({ source, store })).toMatchObject({ messages: 0 });
  });
});

/** Pages of the table `message` that hold rows. */
function messagePages(file: string): number[] {
  using db = openWritable(file);
  return db
    .all<{ pageno: number }>(`SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY pageno`)
    .map((row) => row.pageno);
}

function overwritePage(file: string, page: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(PAGE, 0xa5), 0, PAGE, (page - 1) * PAGE);
  closeSync(handle);
}

function cutShort(file: string): void {
  const fixture = madeUpHistory({ messages: 200 });
  writeFileSync(file, readFileSync(fixture.source).subarray(0, 1_000));
}

/** Bytes that look random, the same every time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 12_345;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}
