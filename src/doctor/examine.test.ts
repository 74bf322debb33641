import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveStatus } from '../engine/index.ts';
import { ChatStatsError, fixedClock } from '../kernel/index.ts';
import { importSource } from '../pipeline/index.ts';
import { GENERATIONS, makeCards, makeOwner, Random, writeAddressBook, writeHistory } from '../simulator/index.ts';
import { type Database, openWritable } from '../sqlite/index.ts';
import { openStoreForReading, storedGapMs } from '../store/index.ts';
import type { Check, Diagnosis } from './check.ts';
import { examine } from './examine.ts';
import { sourceFailure } from './explain.ts';
import type { ExamineOptions } from './options.ts';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const HOUR_MS = 3_600_000;

/** Made once: a Mac's home with Messages, and the store of it. */
let origin: string;
beforeAll(async () => {
  origin = mkdtempSync(path.join(os.tmpdir(), 'chatstats-doctor-'));
  const source = path.join(origin, 'chat.db');
  writeHistory({ file: source, generation: 'macos-15', messages: 600, seed: 3, nowMs: NOW_MS - 12 * HOUR_MS });
});
afterAll(() => rmSync(origin, { recursive: true }));

let home: string;
let source: string;
let store: string;
beforeEach(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'chatstats-home-'));
  source = path.join(home, 'Library/Messages/chat.db');
  store = path.join(home, 'store.db');
  mkdirSync(path.dirname(source), { recursive: true });
  copyFileSync(path.join(origin, 'chat.db'), source);
  await importSource({
    ...{ source: { path: source, sealed: false }, store, addressBook: null, region: null, locale: null, gapMs: null },
    ...{ clock: fixedClock(NOW_MS), onProgress: () => undefined, signal: new AbortController().signal },
  });
});
afterEach(() => rmSync(home, { recursive: true }));

const onMac = (): ExamineOptions => ({
  ...{ store, source: null, addressBook: 'none', clock: fixedClock(NOW_MS + 1_000), live: null, thorough: true },
  machine: { platform: 'darwin', home, env: { TERM_PROGRAM: 'Apple_Terminal' }, node: '/opt/node' },
});

async function look(change: Partial<ExamineOptions> = {}): Promise<Diagnosis & { of(id: string): Check }> {
  const diagnosis = await examine({ ...onMac(), ...change });
  return {
    ...diagnosis,
    of(id) {
      const check = diagnosis.checks.find((candidate) => candidate.id === id);
      if (check === undefined) throw new Error(`there is no check ${id}`);
      return check;
    },
  };
}

function change(work: (db: Database) => void, file = store): void {
  using db = openWritable(file);
  work(db);
}

/** What the process that follows would say. */
function following(status: Partial<NonNullable<LiveStatus['following']>>): LiveStatus {
  return {
    waiting: {},
    following: {
      ...{ state: 'live', sourceId: 1, lastMessageRowid: 0, lastAttachmentRowid: 0, lagMs: 3, slowestLagMs: 9 },
      ...{ wakes: 1, batches: 1, rowsRead: 1, sweeps: 1, restarts: 0, lastReadAt: null, lastSweepAt: null, caches: {} },
      ...status,
    },
  };
}

describe('a Mac on which all is well', () => {
  it('has no failure, and every check has an id of its own and a remedy exactly when one is needed', async () => {
    change((db) => db.exec(`UPDATE quarantine SET state = 'resolved'; UPDATE attachments SET state = 'pending'`));
    const { ok, checks, of } = await look();
    expect(ok).toBe(true);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    for (const { id, state, remedy } of checks) {
      expect(remedy === null, id).toBe(state === 'ok' || state === 'skipped');
    }
    expect(checks.filter(({ state }) => state === 'warning').map(({ id }) => id)).toEqual(['search-index']);
    expect(of('source').found).toContain(source);
    expect(of('source-schema').found).toContain('macOS 15.2');
    expect(of('watermark').state).toBe('ok');
  });

  it('tells nothing private', async () => {
    const said = JSON.stringify(await look());
    using db = openStoreForReading(store);
    const words = db.all<{ value: string }>(
      `SELECT address AS value FROM handles UNION SELECT name FROM chats WHERE name IS NOT NULL
       UNION SELECT text FROM messages WHERE length(text) > 12`,
    );
    expect(words.length).toBeGreaterThan(100);
    expect(words.filter(({ value }) => said.includes(value))).toEqual([]);
  });
});

describe('the source', () => {
  it.each(GENERATIONS)('of %s is known by its release', async (generation) => {
    const file = path.join(home, `${generation}.db`);
    writeHistory({ file, generation, messages: 60, seed: 1, nowMs: NOW_MS });
    const { of } = await look({ source: file });
    const release = { 'macos-10.15': 'macOS 10.12 to 10.15', 'ios-12': 'iOS 10 to 13' }[generation as string];
    const [system = '', number = ''] = generation.split(/-/);
    const usual = `${system.replace('os', 'OS')} ${number.split('.')[0]}`.replace('macOS 10', 'macOS 10.11');
    expect(of('source-schema')).toMatchObject({ state: 'ok', found: expect.stringContaining(release ?? usual) });
  });

  it('that was named and is not there has failed; one that is remembered has only gone', async () => {
    const named = await look({ source: path.join(home, 'nowhere.db') });
    expect([named.ok, named.of('source').state, named.of('source-schema').state]).toEqual([false, 'failed', 'skipped']);
    rmSync(path.dirname(source), { recursive: true });
    const elsewhere = await look({ machine: { ...onMac().machine, platform: 'linux' } });
    expect([elsewhere.ok, elsewhere.of('source').state]).toEqual([true, 'warning']);
    expect(elsewhere.of('source').found).toContain(source);
  });

  it('that is no database of Messages is told as such', async () => {
    const letter = path.join(home, 'letter.db');
    writeFileSync(letter, 'Dear reader, this is no database.\n'.repeat(300));
    const { of } = await look({ source: letter });
    expect([of('source').state, of('source-schema').state]).toEqual(['ok', 'failed']);
    writeFileSync(letter, '');
    expect((await look({ source: letter })).of('source-schema').state).toBe('failed');
    expect((await look({ source: store })).of('source-schema').found).toContain('not one of Messages');
  });

  it('without permission names the pane and the program to allow', () => {
    const denied = new ChatStatsError('SOURCE_NO_PERMISSION', 'not allowed to read /x/chat.db (program: node)');
    const program = '"Terminal", the program this runs in';
    const { machine } = onMac();
    expect(sourceFailure(denied, { machine, program })).toEqual({
      state: 'failed',
      found: 'not allowed to read /x/chat.db',
      remedy: `System Settings → Privacy & Security → Full Disk Access: allow ${program}; then quit it and start it again.`,
    });
    expect(sourceFailure(denied, { machine: { ...machine, platform: 'linux' }, program }).remedy).toContain(
      'read access',
    );
  });

  it('that goes on or goes back is seen by its row numbers', async () => {
    change((db) => {
      db.exec(`INSERT INTO message (ROWID, guid, text) VALUES (100000, 'new', 'x')`);
    }, source);
    expect((await look()).of('watermark')).toMatchObject({ state: 'warning', found: expect.stringMatching(/behind$/) });
    change((db) => {
      db.exec(`UPDATE sqlite_sequence SET seq = 100 WHERE name = 'message'`);
    }, source);
    expect((await look()).of('watermark').found).toContain('gone back');
    change((db) => db.exec(`UPDATE sources SET path = '/elsewhere/chat.db'`));
    expect((await look()).of('watermark').found).toContain('not been read into the store');
  });
});

describe('address books', () => {
  const book = () => path.join(home, 'Library/Application Support/AddressBook');
  const write = (folder: string) => {
    const random = new Random(1);
    const { cards } = makeCards(random, makeOwner(random), [], 5);
    writeAddressBook(folder, cards, { random, model: 'current', nowMs: 0 });
  };

  it('are looked at one by one', async () => {
    write(book());
    write(path.join(book(), 'Sources/ABC'));
    writeFileSync(path.join(book(), 'Sources/ABC/AddressBook-v22.abcddb'), 'no database at all');
    const { checks } = await look({ addressBook: null });
    const books = checks.filter(({ id }) => id.startsWith('address-book'));
    expect(books.map(({ state }) => state)).toContain('ok');
    expect(books.map(({ state }) => state)).toContain('warning');
    expect(books[0]?.found).toMatch(/: \d+ cards?$/);
  });

  it("that are this Mac's own may be missing; one that was named may not", async () => {
    expect((await look({ addressBook: null })).of('address-book').state).toBe('warning');
    const named = await look({ addressBook: path.join(home, 'nobody') });
    expect([named.of('address-book').state, named.ok]).toEqual(['failed', false]);
    expect((await look({ addressBook: null, source })).of('address-book').state).toBe('skipped');
  });
});

describe('the store', () => {
  it('that is not there is no failure, and nothing is made', async () => {
    const nowhere = path.join(home, 'deep', 'store.db');
    const { ok, of } = await look({ store: nowhere });
    expect([ok, of('store').state, of('quarantine').state, of('disk').state]).toEqual([
      true,
      'warning',
      'skipped',
      'ok',
    ]);
  });

  it('that was cut short is damaged', async () => {
    truncateSync(store, 200_000);
    const { ok, of } = await look();
    expect([ok, of('store').state]).toEqual([false, 'failed']);
    expect(of('store').remedy).toContain('import again');
  });

  it('that is damaged inside is found by reading every page', async () => {
    change((db) => db.exec(`PRAGMA wal_checkpoint(TRUNCATE)`));
    using db = openStoreForReading(store);
    const page = Number(db.value(`SELECT rootpage FROM sqlite_master WHERE name = 'messages_by_guid'`));
    const size = Number(db.value('PRAGMA page_size'));
    db.close();
    const handle = openSync(store, 'r+');
    writeSync(handle, Buffer.alloc(size, 0x5a), 0, size, (page - 1) * size);
    closeSync(handle);
    const { ok, of } = await look();
    expect([ok, of('store').state, of('store-integrity').state]).toEqual([false, 'ok', 'failed']);
    expect((await look({ thorough: false })).of('store-integrity').state).toBe('skipped');
  });

  it('that others may read is told with the command that ends it', async () => {
    chmodSync(store, 0o644);
    const { of } = await look();
    expect(of('store-permissions').state).toBe('failed');
    expect(of('store-permissions').remedy).toContain(`chmod 600 '${store}'`);
    chmodSync(store, 0o600);
    rmSync(`${store}-wal`, { force: true });
    rmSync(`${store}-shm`, { force: true });
    expect((await look()).of('store-permissions').state).toBe('ok');
  });

  it('with rows that belong to nothing is told', async () => {
    change((db) => {
      db.exec(`PRAGMA foreign_keys = OFF; UPDATE messages SET chat_id = 99999 WHERE id <= 3`);
      db.exec(`INSERT INTO conversations (chat_id, started_at, ended_at, message_count, first_message_id, state)
        VALUES (1, 1, 1, 1, 1, 'ready')`);
    });
    expect((await look()).of('store-references')).toMatchObject({
      state: 'failed',
      found: 'rows without what they belong to: messages (3), conversations without messages (1)',
    });
  });
});

describe('what is in the store', () => {
  it('rows that are set aside are told by reason, and those that wait are no fault', async () => {
    const aside = (reason: string, state: string, rows: number) =>
      change((db) => {
        for (let row = 0; row < rows; row += 1) {
          db.run(
            `INSERT INTO quarantine (source_id, source_rowid, guid, reason, state, first_seen_at, last_tried_at)
             VALUES (1, ?, ?, ?, ?, 0, 0)`,
            ...[row, `${reason}-${row}`, reason, state],
          );
        }
      });
    change((db) => db.exec('DELETE FROM quarantine'));
    expect((await look()).of('quarantine')).toMatchObject({ state: 'ok', found: 'none' });
    aside('no_chat', 'held', 2);
    expect((await look()).of('quarantine')).toMatchObject({ state: 'ok', found: expect.stringContaining('2 rows') });
    aside('body_undecodable', 'quarantined', 1_200);
    aside('row_unreadable', 'quarantined', 3);
    const { ok, of } = await look();
    expect(of('quarantine').found).toMatch(/^1,200 with a body .+, 3 that say too little .+, 2 rows waiting/);
    expect(of('bodies')).toMatchObject({ state: 'warning', found: '1,200 messages are there without text' });
    expect(ok).toBe(true);
  });

  it('files that Messages says it has are looked for on the Mac whose they are', async () => {
    change((db) => {
      db.exec(`UPDATE attachments SET state = 'missing'`);
      db.exec(`UPDATE attachments SET state = 'present', path = '~/Library/Messages/Attachments/a.jpg'
        WHERE id = (SELECT min(id) FROM attachments)`);
    });
    expect((await look()).of('attachments').found).toMatch(/of the newest 1 files 1 are not on the disk$/);
    expect((await look({ source: path.join(origin, 'chat.db') })).of('attachments').state).toBe('ok');
    mkdirSync(path.join(home, 'Library/Messages/Attachments'));
    writeFileSync(path.join(home, 'Library/Messages/Attachments/a.jpg'), '');
    expect((await look()).of('attachments').state).toBe('ok');
  });

  it('conversations that nobody has sealed are a fault only where somebody should have', async () => {
    change((db) => {
      const gapMs = storedGapMs(db) ?? 0;
      db.run(`UPDATE conversations SET state = 'active', ended_at = ? WHERE id <= 2`, NOW_MS - gapMs - HOUR_MS);
    });
    expect((await look()).of('sealing')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^2 convers/) });
    expect((await look({ live: following({}) })).of('sealing').state).toBe('warning');
  });

  it('readers of the events that have fallen far behind are told', async () => {
    change((db) => {
      db.run(`INSERT INTO events (id, type, at, data) VALUES (300000, 'import_started', 0, '{}')`);
      db.run(`INSERT INTO consumers (name, position, updated_at) VALUES ('a reader', 1, 0)`);
    });
    const { found, state } = (await look()).of('events');
    expect([state, found]).toEqual(['warning', expect.stringContaining('up to 299,999 behind')]);
    expect(found).not.toContain('a reader');
  });
});

describe('what runs', () => {
  it('a live process is told with its lag; one that is slow, or has lost its source, by name', async () => {
    expect((await look()).of('following').state).toBe('skipped');
    expect((await look({ live: following({}) })).of('following')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('9 ms'),
    });
    expect((await look({ live: following({ slowestLagMs: 9_000 }) })).of('following').state).toBe('warning');
    const lost = await look({ live: following({ state: 'source-missing' }) });
    expect([lost.of('following').state, lost.ok]).toEqual(['failed', false]);
    expect((await look({ live: { following: null, waiting: {} } })).of('following').state).toBe('ok');
  });

  it('a clock that went back, or never was set, is told', async () => {
    expect((await look()).of('clock').state).toBe('ok');
    expect((await look({ clock: fixedClock(NOW_MS - 48 * HOUR_MS) })).of('clock')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('2 days before'),
    });
    expect((await look({ clock: fixedClock(0) })).of('clock').state).toBe('failed');
  });

  it('a service that is installed has to run', async () => {
    const state = {
      ...{ manager: 'systemd' as const, isInstalled: true, isRunning: true, pid: 7, lastExit: null },
      ...{ file: '/x', arguments: [], secrets: [], log: 'journalctl --user -u x' },
    };
    expect((await look({ service: state })).of('service').state).toBe('ok');
    const ended = { ...state, isRunning: false, pid: null, lastExit: 3 };
    expect((await look({ service: ended })).of('service')).toMatchObject({
      state: 'warning',
      found: 'installed, but not running (the last run ended with exit code 3)',
    });
    for (const none of [null, undefined, { ...ended, isInstalled: false }]) {
      expect((await look({ service: none })).of('service').state).toBe('skipped');
    }
  });
});

describe('looking', () => {
  it('changes neither the source nor the store', async () => {
    utimesSync(source, 1, 1);
    const before = [source, store].map((file) => readFileSync(file).toString('latin1'));
    await look();
    expect([source, store].map((file) => readFileSync(file).toString('latin1'))).toEqual(before);
    expect(statSync(source).mtimeMs).toBe(1_000);
  });
});
