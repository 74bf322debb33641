import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Unarchiver } from 'node-typedstream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../kernel/index.ts';
import { type Database, openReadable } from '../../sqlite/index.ts';
import { createMessagesDatabase } from '../database.ts';
import { GENERATIONS, type Generation } from '../schema/generations.ts';
import { scenariosFor } from './scenarios/index.ts';
import type { Truth } from './truth.ts';
import { type History, writeHistory } from './write-history.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'simulator-history-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(
  generation: Generation,
  messages: number,
  seed = 1,
  name = 'chat.db',
): { history: History; truth: Truth } {
  const file = path.join(folder, name);
  const history = writeHistory({ file, generation, messages, seed, nowMs: NOW_MS, truth: true });
  return { history, truth: must(history.truth, 'truth was asked for') };
}

function using<T>(file: string, read: (db: Database) => T): T {
  const db = openReadable(file);
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** A digest of every row of every table. */
function contents(file: string): string {
  return using(file, (db) => {
    const hash = createHash('sha256');
    for (const { name } of db.all<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    )) {
      const columns = db.all<{ name: string }>(`PRAGMA table_info(${name})`).map((c) => `quote(${c.name})`);
      const rows = db.all<{ row: string }>(`SELECT ${columns.join(" || ',' || ")} AS row FROM ${name} ORDER BY 1`);
      hash.update(`${name}\n${rows.map(({ row }) => row).join('\n')}`);
    }
    return hash.digest('hex');
  });
}

test('one seed gives one history, another gives another', () => {
  const first = write('macos-26', 400, 7, 'a.db');
  const again = write('macos-26', 400, 7, 'b.db');
  const other = write('macos-26', 400, 8, 'c.db');
  expect(contents(again.history.file)).toBe(contents(first.history.file));
  expect(again.truth).toEqual(first.truth);
  expect(contents(other.history.file)).not.toBe(contents(first.history.file));
});

test('what is true is not changed by asking for the truth', () => {
  const told = write('macos-15', 300, 3, 'told.db');
  const file = path.join(folder, 'untold.db');
  const untold = writeHistory({ file, generation: 'macos-15', messages: 300, seed: 3, nowMs: NOW_MS });
  expect(untold.truth).toBeNull();
  expect(contents(file)).toBe(contents(told.history.file));
});

describe.each(GENERATIONS)('2,000 messages of %s', (generation) => {
  test('hold everything the generation has columns for, and their truth fits the rows', () => {
    const { history, truth } = write(generation, 2_000);
    const database = createMessagesDatabase(path.join(folder, 'empty.db'), generation);
    const missing = scenariosFor(database).filter((scenario) => (history.features[scenario.name] ?? 0) === 0);
    database.close();
    expect(missing.map((scenario) => scenario.name)).toEqual([]);
    using(history.file, (db) => {
      expect(db.value('PRAGMA integrity_check')).toBe('ok');
      expect(db.all('PRAGMA foreign_key_check')).toEqual([]);
      expectTruthToFit(db, truth);
    });
  });
});

function expectTruthToFit(db: Database, truth: Truth): void {
  const rows = db.all<{ guid: string }>('SELECT guid FROM message').map((row) => row.guid);
  const counted = truth.conversations.flat();
  const known = new Set(truth.messages.map((message) => message.guid));
  expect(known.size).toBe(truth.messages.length);
  expect(counted.filter((guid) => !known.has(guid))).toEqual([]);
  expect(new Set(counted).size).toBe(counted.length);
  expect(truth.chats.reduce((sum, chat) => sum + chat.messageCount, 0)).toBe(counted.length);
  const has = (column: string) => db.all<{ name: string }>('PRAGMA table_info(message)').some((c) => c.name === column);
  const reactions = has('associated_message_type')
    ? 'associated_message_type BETWEEN 1000 AND 1000 OR associated_message_type BETWEEN 2000 AND 4000'
    : '0';
  const asides = db.value<number>(`SELECT count(*) FROM message WHERE ${reactions}`) ?? 0;
  expect(truth.messages.length).toBe(rows.length - asides - truth.orphans);
  const waiting = has('schedule_type')
    ? 'SELECT count(*) FROM message WHERE schedule_type = 2 AND schedule_state = 1'
    : 'SELECT 0';
  const events = truth.messages.filter((message) => message.kind === 'event').length;
  expect(counted.length).toBe(truth.messages.length - events - Number(db.value(waiting)));
  const identifiers = new Set(truth.chats.map((chat) => chat.identifier));
  expect(identifiers.size).toBe(truth.chats.length);
  expect(truth.messages.filter((message) => !identifiers.has(message.chat))).toEqual([]);
  expect(truth.attachments.length).toBe(db.value('SELECT count(*) FROM attachment'));
}

test('every body decodes to the text that is true, but the damaged ones', () => {
  const { history, truth } = write('macos-26', 1_500);
  const texts = new Map(truth.messages.map((message) => [message.guid, message.text]));
  const bodies = using(history.file, (db) =>
    db.all<{ guid: string; text: string | null; body: Uint8Array }>(
      'SELECT guid, text, attributedBody AS body FROM message WHERE attributedBody IS NOT NULL AND length(attributedBody) < 20000',
    ),
  );
  let damaged = 0;
  for (const { guid, text, body } of bodies) {
    const expected = texts.get(guid);
    if (expected === undefined) continue;
    const decoded = decode(body);
    if (decoded === null) damaged += 1;
    expect(decoded === '' ? null : decoded).toBe(expected === '' ? null : expected);
    if (text !== null) expect(text).toBe(expected);
  }
  expect(damaged).toBe(truth.undecodable);
});

/** The text of a body as an independent library reads it; null when it cannot. */
function decode(body: Uint8Array): string | null {
  try {
    const values = Unarchiver.open(Buffer.from(body)).decodeAll();
    const first = (values[0] as { values?: unknown[] } | undefined)?.values?.[0] ?? values[0];
    const text = (first as { string?: unknown }).string;
    return typeof text === 'string' ? text : ((text as { string?: string } | undefined)?.string ?? null);
  } catch {
    return null;
  }
}

test('what a generation cannot hold is not in its truth', () => {
  const { truth } = write('macos-10.11', 600);
  expect(truth.reactions).toEqual([]);
  expect(
    truth.messages.filter((m) => m.edits.length > 0 || m.effect !== null || m.app !== null || m.replyTo !== null),
  ).toEqual([]);
  const dates = truth.messages.flatMap((message) => message.sentAt ?? []);
  expect(dates.every((date) => date.endsWith('.000Z'))).toBe(true);
});

test('ROWIDs have gaps and are not in the order of time', () => {
  const { history } = write('macos-26', 1_000);
  using(history.file, (db) => {
    const highest = Number(db.value("SELECT seq FROM sqlite_sequence WHERE name = 'message'"));
    expect(highest).toBeGreaterThan(history.counts.messages);
    const backwards =
      'SELECT count(*) FROM message a JOIN message b ON b.ROWID = a.ROWID + 1 WHERE b.date < a.date AND b.date > 0';
    expect(Number(db.value(backwards))).toBeGreaterThan(0);
  });
});
