import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { type VerifyReport, verifySource } from '../../src/pipeline/index.ts';
import { actions, type Generation } from '../../src/simulator/index.ts';
import { type Database, openWritable } from '../../src/sqlite/index.ts';
import { type Fixture, madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, BOB, liveMessages } from '../support/live-messages.ts';

const MINUTE = 60_000;
const START = NOW_MS - 100 * 60 * MINUTE;

type Place = { source: string; store: string };

function verify(place: Place, options: Partial<Parameters<typeof verifySource>[0]> = {}): Promise<VerifyReport> {
  return verifySource({
    source: { path: place.source, sealed: false },
    store: place.store,
    addressBook: null,
    region: null,
    locale: null,
    clock: fixedClock(NOW_MS + 60_000),
    onProgress: () => {},
    signal: new AbortController().signal,
    ...options,
  });
}

/** What is different, without guids: `kind field`, each once. */
function named(report: VerifyReport): string[] {
  return [...new Set(report.differences.map(({ kind, what }) => `${kind} ${what}`))].sort();
}

async function imported(options: Parameters<typeof madeUpHistory>[0] = {}): Promise<Fixture & { addressBook: string }> {
  const fixture = madeUpHistory(options);
  const addressBook = path.join(fixture.folder, 'AddressBook');
  await runImport(fixture, options.addressBook === true ? { addressBook } : {});
  return { ...fixture, addressBook };
}

describe('verify of a fresh import', () => {
  it.each<Generation>(['macos-11', 'macos-13', 'macos-15', 'macos-26', 'ios-17'])(
    'agrees for %s',
    async (generation) => {
      const fixture = await imported({ generation, addressBook: true });
      const report = await verify(fixture, { addressBook: fixture.addressBook });
      expect(report.differences).toEqual([]);
      expect(report).toMatchObject({ ok: true, differenceCount: 0 });
      expect(report.store).toEqual(report.source);
      expect(report.source.messages).toBeGreaterThan(1_000);
      expect(report.setAside).toEqual({ deleted: 0, vanished: 0, otherSources: 0, unsent: 0, filled: 0, letGo: 0 });
    },
  );

  it('uses the gap of the store, not the usual one', async () => {
    const fixture = madeUpHistory();
    await runImport(fixture, { gapMs: 10 * MINUTE });
    expect((await verify(fixture)).ok).toBe(true);
  });

  it('compares people only when it is given their address book', async () => {
    const fixture = await imported({ addressBook: true });
    expect((await verify(fixture)).ok).toBe(true);
  });

  it('writes neither to the store nor beside it, and leaves no folder behind, whatever happens', async () => {
    const fixture = await imported();
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('chatstats-verify-'));
    const before = { beside: readdirSync(fixture.folder).sort(), folders: folders() };
    await verify(fixture);
    await expect(verify({ ...fixture, source: path.join(fixture.folder, 'none.db') })).rejects.toThrow();
    const abort = new AbortController();
    const cancelled = verify(fixture, {
      signal: abort.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'compare' && done === 1) abort.abort();
      },
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const after = readdirSync(fixture.folder).filter((name) => !/-(?:wal|shm)$/.test(name));
    expect(after.sort()).toEqual(before.beside.filter((name) => !/-(?:wal|shm)$/.test(name)));
    expect(folders().filter((name) => !before.folders.includes(name))).toEqual([]);
  });

  it('says so when there is no store', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'x'), '');
    const place = { source: path.join(folder, 'x'), store: path.join(folder, 'none.db') };
    await expect(verify(place)).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
  });
});

/** One change to a store that nothing but a fault makes, and what verify has to call it. */
const TEXT = `(SELECT min(id) FROM messages WHERE kind = 'text' AND text IS NOT NULL AND unsent_at IS NULL AND edited_at IS NULL)`;
const HEARD = `(SELECT min(id) FROM messages WHERE handle_id IS NOT NULL AND kind = 'text')`;
const faults: [string, string, string[]][] = [
  ['a text that changed', `UPDATE messages SET text = text || '!' WHERE id = ${TEXT}`, ['message text']],
  ['a text that is gone', `UPDATE messages SET text = NULL WHERE id = ${TEXT}`, ['message text']],
  [
    'another sender',
    `UPDATE messages SET handle_id = (SELECT max(h.id) FROM handles h WHERE h.id <> handle_id) WHERE id = ${HEARD}`,
    ['message sender'],
  ],
  ['a lost sender', `UPDATE messages SET handle_id = NULL WHERE id = ${HEARD}`, ['message sender']],
  ['another direction', `UPDATE messages SET is_from_me = 1 - is_from_me WHERE id = ${TEXT}`, ['message isFromMe']],
  ['another kind', `UPDATE messages SET kind = 'app' WHERE id = ${TEXT}`, ['message kind']],
  ['a lost receipt', `UPDATE messages SET delivered_at = NULL WHERE delivered_at IS NOT NULL`, ['message deliveredAt']],
  ['a mark of deletion', `UPDATE messages SET deleted_at = 5 WHERE id = ${TEXT}`, ['message deletedAt']],
  ['a lost effect', `UPDATE messages SET effect = NULL WHERE effect IS NOT NULL`, ['message effect']],
  ['a lost reply', `UPDATE messages SET reply_to = NULL WHERE reply_to IS NOT NULL`, ['message replyTo']],
  ['a lost unsending', `UPDATE messages SET unsent_at = NULL`, ['message unsentAt']],
  ['a version that is gone', `DELETE FROM message_edits WHERE position = 0`, ['message edits']],
  ['a version that changed', `UPDATE message_edits SET text = 'x' WHERE position = 0`, ['message edits']],
  ['a reaction that is gone', `DELETE FROM reactions WHERE id = (SELECT min(id) FROM reactions)`, ['reaction missing']],
  [
    'a reaction that ended',
    `UPDATE reactions SET removed_at = 5 WHERE id = (SELECT max(id) FROM reactions WHERE removed_at IS NULL AND is_removal = 0)`,
    ['reaction removedAt'],
  ],
  ['a reaction that goes on', `UPDATE reactions SET removed_at = NULL`, ['reaction removedAt']],
  [
    'another kind of reaction',
    `UPDATE reactions SET kind = 'x' WHERE id = (SELECT min(id) FROM reactions)`,
    ['reaction kind'],
  ],
  [
    'an attachment that is gone',
    `DELETE FROM message_attachments WHERE attachment_id = 1; DELETE FROM attachments WHERE id = 1`,
    ['attachment missing', 'message attachments'],
  ],
  [
    'an attachment off its message',
    `DELETE FROM message_attachments WHERE message_id = (SELECT min(message_id) FROM message_attachments)`,
    ['message attachments'],
  ],
  ['an attachment of another state', `UPDATE attachments SET state = 'lost' WHERE id = 1`, ['attachment state']],
  ['a vote that is gone', `DELETE FROM poll_votes`, ['vote missing']],
  ['quarantine that was emptied', `DELETE FROM quarantine`, ['quarantine missing']],
  [
    'a conversation that took a stranger in',
    `UPDATE messages SET conversation_id = (SELECT max(id) FROM conversations) WHERE id = ${TEXT}`,
    ['conversation members'],
  ],
  [
    'a conversation that lost its row',
    `PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE id = 1`,
    ['conversation missing'],
  ],
  [
    'a conversation that nobody is in',
    `INSERT INTO conversations (chat_id, started_at, ended_at, message_count, first_message_id, state) VALUES (1, 0, 0, 0, 0, 'ready')`,
    ['conversation extra'],
  ],
  [
    'a wrong number of members',
    `UPDATE conversations SET message_count = message_count + 1 WHERE id = 1`,
    ['conversation messageCount'],
  ],
  ['a wrong end', `UPDATE conversations SET ended_at = ended_at + 1 WHERE id = 1`, ['conversation endedAt']],
  ['a wrong number of messages', `UPDATE chats SET message_count = 0 WHERE message_count > 5`, ['chat messageCount']],
  ['a chat by another name', `UPDATE chats SET name = 'x' WHERE kind = 'group'`, ['chat name']],
  ['a participant who left', `DELETE FROM chat_participants WHERE chat_id = 1`, ['chat participants']],
  [
    'a person by another name',
    `UPDATE contacts SET name = 'x' WHERE origin = 'address-book' AND is_me = 0`,
    ['contact name', 'chat name'],
  ],
  [
    'a person without address',
    `DELETE FROM contact_identifiers WHERE contact_id IN (SELECT id FROM contacts WHERE origin = 'address-book')`,
    ['contact identifiers'],
  ],
  [
    'a card that says something else',
    `UPDATE contact_cards SET content = replace(content, '"label"', '"x"')`,
    ['contact card'],
  ],
  [
    'an address that stands for another',
    `UPDATE handles SET contact_id = (SELECT max(id) FROM contacts WHERE origin = 'address-book')
       WHERE contact_id IN (SELECT id FROM contacts WHERE origin = 'placeholder')`,
    ['contact handles', 'chat name'],
  ],
  [
    'a person who is gone',
    `PRAGMA foreign_keys = OFF; DELETE FROM contacts WHERE origin = 'address-book' AND is_me = 0`,
    ['contact missing', 'contact handles', 'chat name'],
  ],
];

describe('verify of a store with a fault', () => {
  it('calls each by its name', async () => {
    const fixture = await imported({ addressBook: true });
    const wrong: Record<string, string[]> = {};
    for (const [name, sql, expected] of faults) {
      const store = path.join(fixture.folder, 'faulty.db');
      copyStore(fixture.store, store);
      tamper(store, (db) => db.exec(sql));
      const report = await verify({ ...fixture, store }, { addressBook: fixture.addressBook });
      const found = named(report);
      if (report.ok || expected.some((what) => !found.includes(what))) wrong[name] = found;
      if (found.length > expected.length) wrong[name] = found;
    }
    expect(wrong).toEqual({});
  });

  it('finds a message that is gone, and what stood on it', async () => {
    const fixture = await imported();
    const guid = tamper(fixture.store, (db) => {
      const row = db.get<{ id: number; guid: string }>(`SELECT id, guid FROM messages WHERE id = ${TEXT}`);
      db.run('DELETE FROM messages WHERE id = ?', row?.id ?? 0);
      return row?.guid;
    });
    const report = await verify(fixture);
    expect(report.differences).toContainEqual({ kind: 'message', guid, id: null, what: 'missing' });
    expect(named(report)).toEqual(expect.arrayContaining(['chat messageCount', 'message missing']));
    expect(report.store.messages).toBe(report.source.messages - 1);
  });

  it('finds a row that nothing accounts for', async () => {
    const fixture = await imported();
    tamper(fixture.store, (db) => {
      const columns = db
        .all<{ name: string }>(`SELECT name FROM pragma_table_info('messages')`)
        .map(({ name }) => name);
      const values = columns.map((name) => (name === 'id' ? '9999999' : name === 'guid' ? `'made up'` : name));
      db.exec(
        `INSERT INTO messages (${columns.join(', ')}) SELECT ${values.join(', ')} FROM messages WHERE id = ${TEXT}`,
      );
      db.exec(`INSERT INTO reactions (guid, target_guid, kind, is_removal, is_from_me, source_id, source_rowid)
        VALUES ('made up too', 'x', 'loved', 0, 1, 1, 0)`);
    });
    const report = await verify(fixture);
    expect(report.differences).toContainEqual({ kind: 'message', guid: 'made up', id: null, what: 'extra' });
    expect(report.differences).toContainEqual({ kind: 'reaction', guid: 'made up too', id: null, what: 'extra' });
  });

  it('finds a changed time, and the conversations it tears apart', async () => {
    const fixture = await imported();
    tamper(fixture.store, (db) => db.exec(`UPDATE messages SET sent_at = sent_at - 86400000 WHERE id = ${TEXT}`));
    const found = named(await verify(fixture));
    expect(found).toContain('message sentAt');
    expect(found.some((name) => name.startsWith('conversation '))).toBe(true);
  });

  it('finds a message in the wrong chat', async () => {
    const fixture = await imported();
    tamper(fixture.store, (db) => db.exec(`UPDATE messages SET chat_id = chat_id % 3 + 1 WHERE id = ${TEXT}`));
    expect(named(await verify(fixture))).toContain('message chat');
  });

  it('counts all differences, and lists the first of them', async () => {
    const fixture = await imported();
    tamper(fixture.store, (db) => db.exec(`UPDATE messages SET text = 'x'`));
    const report = await verify(fixture);
    expect(report.differences).toHaveLength(1_000);
    expect(report.differenceCount).toBeGreaterThan(1_300);
  });

  it('names nobody and quotes nothing', async () => {
    const fixture = await imported({ addressBook: true });
    tamper(fixture.store, (db) => {
      db.exec(`UPDATE messages SET text = 'private words', handle_id = NULL`);
      db.exec(`UPDATE chats SET name = 'private name'; UPDATE contacts SET name = 'private name'`);
    });
    const report = await verify(fixture, { addressBook: fixture.addressBook });
    const told = JSON.stringify(report.differences);
    expect(told).not.toMatch(/private|\+\d{6}|@/);
  });
});

describe('verify against a source that has moved on', () => {
  it.each<Generation>(['macos-11', 'macos-13', 'macos-26'])(
    'finds what is new in %s, until it is imported',
    async (generation) => {
      const folder = temporaryFolder();
      const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
      const { pen, direct, group, close } = liveMessages(place.source, generation);
      const say = (minutes: number, text: string, chat = direct) =>
        actions.send(pen, chat, { from: ANN, atMs: START + minutes * MINUTE, text });
      const file = (guid: string) => ({ guid, transfer_name: 'a.jpg', mime_type: 'image/jpeg', transfer_state: 5 });
      const old = Array.from({ length: 12 }, (_, at) => say(at * 50, `text ${at}`, at % 3 === 0 ? group : direct));
      const [edited, unsent, gone, recent, read, bridge, reacted, pictured] = old as Eight;
      const loved = actions.react(pen, reacted, { from: 'me', code: 2000, atMs: START + 601 * MINUTE });
      actions.attach(pen, pictured, file('picture-1') as Parameters<typeof actions.attach>[2]);
      await runImport(place);
      expect((await verify(place)).ok).toBe(true);

      const canEdit = generation !== 'macos-11';
      if (canEdit) {
        actions.edit(pen, edited, 'better', START + MINUTE);
        actions.unsend(pen, unsent, START + 51 * MINUTE);
        actions.unsend(pen, pictured, START + 701 * MINUTE);
      }
      actions.deleteForGood(pen, gone);
      actions.deleteForGood(pen, bridge);
      actions.deleteRecently(pen, recent, START + 800 * MINUTE);
      actions.receipt(pen, read, 'read', START + 900 * MINUTE);
      actions.unreact(pen, loved, 'me', START + 901 * MINUTE);
      say(1_000, 'new');
      say(25, 'back-filled');
      actions.leave(pen, group, BOB, START + 1_001 * MINUTE);
      const moved = await verify(place);
      const expected = ['message missing', 'message readAt', 'message extra', 'reaction missing', 'chat participants'];
      if (canEdit) expected.push('message editedAt', 'message edits', 'message text', 'message unsentAt');
      expect(named(moved)).toEqual(expect.arrayContaining(expected));

      await runImport(place);
      close();
      const report = await verify(place);
      expect(report.differences).toEqual([]);
      expect(report.ok).toBe(true);
      expect(report.setAside.deleted).toBeGreaterThanOrEqual(2);
      expect(report.setAside.vanished).toBe(1);
      if (canEdit) expect(report.setAside.unsent).toBe(2);
    },
  );

  it('finds conversations that were not split anew without what only the archive has', async () => {
    const folder = temporaryFolder();
    const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
    const { pen, direct, close } = liveMessages(place.source);
    const [, bridge] = [0, 80, 160].map((minutes) =>
      actions.send(pen, direct, { from: ANN, atMs: START + minutes * MINUTE, text: `${minutes}` }),
    );
    await runImport(place);
    actions.deleteForGood(pen, bridge as actions.LiveMessage);
    await runImport(place);
    close();
    // The archive keeps one conversation of three messages, the source has two of one.
    const report = await verify(place);
    expect(report.differences).toEqual([]);
    expect([report.store.conversations, report.source.conversations]).toEqual([1, 2]);
  });

  it('sets aside what came from another source, and holds each source to its own', async () => {
    const folder = temporaryFolder();
    const store = path.join(folder, 'store.db');
    const mac = liveMessages(path.join(folder, 'mac.db'));
    const phone = liveMessages(path.join(folder, 'phone.db'), 'ios-17', 8);
    const send = (where: typeof mac, atMinutes: number, fields: { guid?: string; date_read?: number } = {}) =>
      actions.send(where.pen, where.direct, {
        from: ANN,
        atMs: START + atMinutes * MINUTE,
        text: `${atMinutes}`,
        fields,
      });
    for (const minutes of [0, 60, 200]) {
      const { guid } = send(mac, minutes);
      const twin = send(phone, minutes, { guid });
      if (minutes === 60) actions.receipt(phone.pen, twin, 'read', START + 61 * MINUTE);
    }
    send(mac, 300);
    send(phone, 130);
    mac.close();
    phone.close();
    const places = ['mac.db', 'phone.db'].map((name) => ({ source: path.join(folder, name), store }));
    const [onMac, onPhone] = places as [Place, Place];
    await runImport(onMac);
    expect(named(await verify(onPhone))).toContain('message missing');
    await runImport(onPhone);
    for (const place of places) {
      const report = await verify(place);
      expect(report.differences).toEqual([]);
      expect(report.setAside.otherSources).toBe(1);
    }
    tamper(store, (db) => db.exec('UPDATE messages SET read_at = NULL'));
    expect((await verify(onMac)).ok).toBe(true);
    expect(named(await verify(onPhone))).toEqual(['message readAt']);
  });
});

type Eight = [Live, Live, Live, Live, Live, Live, Live, Live];
type Live = actions.LiveMessage;

function copyStore(from: string, to: string): void {
  using db = openWritable(from);
  removeStore(to);
  db.run('VACUUM INTO ?', to);
}

function removeStore(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

function tamper<T>(store: string, fault: (db: Database) => T): T {
  using db = openWritable(store);
  return fault(db);
}
