import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fixedClock, must } from '../kernel/index.ts';
import { openReadable } from '../sqlite/index.ts';
import { ACT_NAMES, Actor, type Commit } from './actor/actor.ts';
import { plainText } from './actor/learn.ts';
import { Schedule } from './actor/schedule.ts';
import { startActor } from './actor/start.ts';
import { writeHistory } from './history/write-history.ts';
import { encodePlainBody } from './plain-body.ts';
import type { Generation } from './schema/generations.ts';
import { AWKWARD } from './text/samples.ts';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

function history(generation: Generation, messages = 300): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'simulator-actor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'chat.db');
  writeHistory({ file, generation, messages, seed: 3, nowMs: NOW_MS });
  return file;
}

function open(generation: Generation, seed = 5) {
  const file = history(generation);
  const clock = fixedClock(NOW_MS);
  const actor = new Actor({ file, generation, seed, clock });
  const query = <T = unknown>(sql: string, ...params: (string | number)[]): T | null => {
    using db = openReadable(file);
    return db.value<T>(sql, ...params);
  };
  return { file, clock, actor, query };
}

/** What the triggers keep true, in every generation that has them. */
function expectSound(file: string): void {
  using db = openReadable(file);
  expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(db.all('PRAGMA foreign_key_check')).toEqual([]);
  const tables = db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map((t) => t.name);
  if (!tables.includes('deleted_messages')) return;
  const rooms = `SELECT count(*) FROM message m JOIN chat_message_join j ON j.message_id = m.ROWID
    JOIN chat c ON c.ROWID = j.chat_id WHERE c.room_name IS NOT NULL AND m.cache_roomnames IS NULL`;
  expect(db.value(rooms), 'rooms are cached').toBe(0);
  const files = `SELECT count(*) FROM message m JOIN message_attachment_join j ON j.message_id = m.ROWID
    WHERE m.cache_has_attachments = 0`;
  expect(db.value(files), 'attachments are cached').toBe(0);
  const dates = `SELECT count(*) FROM message m JOIN chat_message_join j ON j.message_id = m.ROWID
    WHERE j.message_date IS NOT ifnull(m.date, 0) AND m.date IS NOT NULL`;
  expect(db.value(dates), 'dates are copied').toBe(0);
  if (!tables.includes('index_state_metrics')) return;
  const counted = db.get(
    'SELECT pending_count AS p, donated_count AS d, redonation_count AS r FROM index_state_metrics',
  );
  const states = `SELECT ifnull(sum(index_state = 0), 0) AS p, ifnull(sum(index_state = 1), 0) AS d,
    ifnull(sum(index_state = 3), 0) AS r FROM chat_message_join`;
  expect(counted, 'index states are counted').toEqual(db.get(states));
}

/** Plays so many random acts, as a process would, but without waiting. */
function play(actor: Actor, clock: ReturnType<typeof fixedClock>, acts: number): Commit[] {
  const schedule = new Schedule(actor, { perSecond: 1, acts });
  const commits: Commit[] = [];
  let atMs = 0;
  for (let next = schedule.nextAtMs; next !== null; next = schedule.nextAtMs) {
    clock.advance(Math.max(0, Math.round(next) - atMs));
    atMs = Math.max(atMs, Math.round(next));
    const commit = schedule.step();
    if (commit !== null) commits.push(commit);
  }
  commits.push(...schedule.bringBack());
  return commits;
}

function dump(file: string): unknown[] {
  using db = openReadable(file);
  return ['message', 'chat', 'handle', 'attachment', 'chat_message_join', 'chat_handle_join'].map((table) => {
    const columns = db.all<{ name: string }>('SELECT name FROM pragma_table_info(?)', table).map(({ name }) => name);
    return db.all(
      `SELECT ${columns.map((name) => `quote(${name}) AS ${name}`).join(', ')} FROM ${table} ORDER BY ROWID`,
    );
  });
}

describe.each<Generation>(['macos-10.11', 'macos-11', 'macos-13', 'macos-15', 'macos-26', 'macos-27', 'ios-17'])(
  'on %s',
  (generation) => {
    test('every act leaves a sound database', () => {
      const { file, actor } = open(generation);
      // Something to act on, for those that need it.
      for (const act of ['sayFile', 'schedule', 'deleteRecently', 'sayLate', 'takeCopy', 'react']) {
        if (actor.can(act)) actor.perform(act, act === 'sayLate' ? { never: true } : {});
      }
      for (const act of ACT_NAMES.filter((name) => actor.can(name))) {
        const commits = Array.from({ length: 3 }, () => actor.perform(act)).flat();
        expect(commits.length, act).toBeGreaterThan(0);
        expect(actor.isOpen, act).toBe(true);
      }
      actor.close();
      expectSound(file);
    });

    test('some hundred random acts can follow each other', () => {
      const { file, actor, clock } = open(generation, 11);
      const commits = play(actor, clock, 400);
      actor.close();
      expect(commits.length).toBeGreaterThan(400);
      expectSound(file);
    });
  },
);

test('equal seeds give equal rows, and other seeds others', () => {
  const rows = [1, 1, 2].map((seed) => {
    const { file, actor, clock } = open('macos-26', seed);
    const commits = play(actor, clock, 150);
    actor.close();
    return { commits, rows: dump(file) };
  });
  expect(rows[0]).toEqual(rows[1]);
  expect(rows[0]?.commits).not.toEqual(rows[2]?.commits);
});

test('an act is as many commits as Messages makes, and others may come between them', () => {
  const { actor, query } = open('macos-26');
  const joins = (rowId: number) => query('SELECT count(*) FROM chat_message_join WHERE message_id = ?', rowId);
  const late = actor.begin('sayLate', { never: false, from: 'me', text: 'soon' });
  const row = must(late.next(), 'the row is written');
  const rowId = must(row.rowId, 'it has a number');
  expect(joins(rowId)).toBe(0);
  actor.perform('say', { text: 'in between' });
  expect(late.next()).toMatchObject({ act: 'sayLate', step: 'join', rowId, guid: row.guid });
  expect(joins(rowId)).toBe(1);
  actor.close();
});

test('what a script says is done, and to what it names', () => {
  const { actor, query } = open('macos-26');
  const [chat] = actor.perform('newDirect', { address: '+14155559999', from: 'me', text: 'hello' });
  const guid = must(chat?.guid, 'the chat has a guid');
  const said = must(actor.perform('say', { chat: guid, from: 'me', text: 'one', atMs: NOW_MS }).at(0), 'it was said');
  const message = must(said.guid, 'the message has a guid');
  actor.perform('edit', { message, text: 'two', atMs: NOW_MS + 5_000 });
  const edited = 'SELECT date_edited / 1000000 + 978307200000 FROM message WHERE guid = ?';
  expect(query(edited, message)).toBe(NOW_MS + 5_000);
  expect(
    query(
      'SELECT j.chat_id = c.ROWID FROM chat_message_join j, chat c, message m WHERE m.guid = ? AND c.guid = ? AND j.message_id = m.ROWID',
      message,
      guid,
    ),
  ).toBe(1);
  actor.perform('react', { message, from: '+14155559999', code: 2000 });
  actor.perform('react', { message, from: '+14155559999', code: 2003 });
  const codes = 'SELECT group_concat(associated_message_type) FROM message WHERE associated_message_guid = ?';
  expect(query(codes, `p:0/${message}`)).toBe('2003');
  actor.perform('delete', { message });
  expect(query('SELECT count(*) FROM deleted_messages WHERE guid = ?', message)).toBe(1);
  expect(() => actor.perform('edit', { message })).toThrow('no such message');
  expect(() => actor.begin('dance')).toThrow('no such act');
  expect(() => actor.perform('say', { chat: 'nowhere' })).toThrow('no such chat');
  actor.close();
});

describe('the file can be replaced', () => {
  const idOf = (query: ReturnType<typeof open>['query'], guid: string) =>
    query<number>('SELECT ROWID FROM message WHERE guid = ?', guid);

  test('by its equal, in a new inode', () => {
    const { file, actor } = open('macos-26');
    const message = must(actor.perform('say')[0]?.guid, 'something was said');
    const [inode, rows] = [statSync(file).ino, dump(file)];
    actor.perform('replaceEqual', { vacuum: false });
    expect(statSync(file).ino).not.toBe(inode);
    expect(dump(file)).toEqual(rows);
    actor.perform('replaceEqual', { vacuum: true });
    expect(dump(file)).toEqual(rows);
    expect(actor.perform('read', { message })).toHaveLength(1);
    actor.close();
  });

  test('by one with other ROWIDs, whose messages the actor finds again', () => {
    const { file, actor, query } = open('macos-26');
    const message = must(actor.perform('say', { from: 'me' })[0]?.guid, 'something was said');
    const held = actor.begin('sayLate', { never: false });
    const late = must(held.next()?.guid, 'its row is written');
    const before = query('SELECT group_concat(guid) FROM (SELECT guid FROM message ORDER BY guid)');
    const senders = `SELECT group_concat(g) FROM (SELECT m.guid || c.guid || ifnull(h.id, '') AS g FROM message m
      JOIN chat_message_join j ON j.message_id = m.ROWID JOIN chat c ON c.ROWID = j.chat_id
      LEFT JOIN handle h ON h.ROWID = m.handle_id ORDER BY 1)`;
    const who = query(senders);
    actor.perform('replaceRenumbered');
    expect(query('SELECT group_concat(guid) FROM (SELECT guid FROM message ORDER BY guid)')).toBe(before);
    expect(query(senders)).toBe(who);
    expect(query('SELECT max(ROWID) = count(*) FROM message')).toBe(1);
    expect(actor.perform('read', { message })[0]?.rowId).toBe(idOf(query, message));
    expect(held.next()).toMatchObject({ step: 'join', guid: late, rowId: idOf(query, late) });
    actor.close();
    expectSound(file);
  });

  test('by an older copy, after which nobody acts on what is gone', () => {
    const { file, actor, query } = open('macos-26');
    actor.perform('takeCopy');
    const count = query('SELECT count(*) FROM message');
    const held = actor.begin('sayLate', { never: false });
    const late = must(held.next()?.guid, 'its row is written');
    expect(actor.perform('replaceOlder')).toMatchObject([{ step: 'replaced by an older copy' }]);
    expect(query('SELECT count(*) FROM message')).toBe(count);
    expect(held.next()).toBeNull();
    expect(idOf(query, late)).toBeNull();
    actor.perform('say');
    actor.close();
    expectSound(file);
  });

  test('and be away for a moment, in which nothing else happens', () => {
    const { file, actor } = open('macos-13');
    const vanish = actor.begin('vanish');
    expect(vanish.next()).toMatchObject({ step: 'gone' });
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
    expect(() => actor.begin('say')).toThrow('away');
    expect(vanish.next()).toMatchObject({ step: 'back' });
    expect(actor.perform('say').length).toBeGreaterThan(1);
    actor.close();
    expectSound(file);
  });
});

test('a twin comes with another guid and the same words, and the old row is gone', () => {
  const { actor, query } = open('macos-15');
  for (const act of ['reland', 'relandFirst']) {
    const said = must(actor.perform('say', { text: `as said: ${act}`, from: 'me' })[0]?.guid, 'it was said');
    const words = (guid: string) =>
      query<string>('SELECT quote(attributedBody) || date FROM message WHERE guid = ?', guid);
    const before = must(words(said), 'it has words');
    const twin = must(actor.perform(act, { message: said }).find(({ step }) => step === 'landed')?.guid, 'it landed');
    expect([words(said), words(twin)]).toEqual([null, before]);
  }
  actor.close();
});

test('the text of a plain body is known again, and of no other', () => {
  const texts = [...AWKWARD, 'x', 'é'.repeat(64), 'long '.repeat(20_000)];
  for (const mutable of [true, false]) {
    for (const text of texts) expect(plainText(encodePlainBody(text, { mutable }))).toBe(text);
  }
  expect(plainText(encodePlainBody('cut').subarray(0, 40))).toBeNull();
  expect(plainText(null)).toBeNull();
});

describe('in a process of its own', () => {
  test('it does what a script says and tells when it was committed', async () => {
    const file = history('macos-26');
    const actor = startActor({ file, generation: 'macos-26', seed: 1, script: true });
    const said = await actor.send({ act: 'say', from: 'me', text: 'first' });
    expect(said.commits.map(({ step }) => step).slice(0, 2)).toEqual(['row', 'join']);
    const held = await actor.send({ act: 'sayLate', never: false, text: 'second', hold: true });
    expect(held).toMatchObject({ step: 'row', commits: [{ step: 'row' }] });
    await expect(actor.send({ act: 'dance' })).rejects.toThrow('no such act');
    const joined = await actor.send({ act: 'goOn', held: must(held.held, 'it is held') });
    expect(joined).toMatchObject({ step: 'join', guid: held.guid });
    expect(joined.atMs).toBeGreaterThan(held.atMs);
    await actor.stop();
    expect(actor.lines.length).toBe(said.commits.length + 2);
    expectSound(file);
  });

  test('it acts at random, by its seed and its own clock, until it has done enough or is stopped', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const file = history('macos-26');
        const actor = startActor({ file, generation: 'macos-26', seed: 4, perSecond: 5_000, acts: 40, nowMs: NOW_MS });
        await actor.ended;
        expectSound(file);
        return dump(file);
      }),
    );
    expect(runs[0]).toEqual(runs[1]);
    const file = history('ios-17');
    let heard = () => {};
    const first = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const actor = startActor({
      file,
      generation: 'ios-17',
      seed: 4,
      perSecond: 50,
      only: ['say'],
      onLine: () => heard(),
    });
    await first;
    await actor.stop();
    expect(new Set(actor.lines.map(({ act }) => act))).toEqual(new Set(['say']));
    expectSound(file);
  });

  test('what it cannot do it says, and ends', async () => {
    const actor = startActor({ file: '/nowhere/chat.db', generation: 'macos-26', seed: 1, script: true });
    await expect(actor.ended).rejects.toThrow('no such database');
    await expect(actor.send({ act: 'say' })).rejects.toThrow('ended');
  });
});
