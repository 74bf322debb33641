import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions, openBookPen, Random, SILENT_MEMBER, writeEarlyMessages } from '../../src/simulator/index.ts';
import { openReadable, openWritable } from '../../src/sqlite/index.ts';
import { madeUpHistory, NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';

const PAGE = 4096;
const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** What a store says of each message, as the simulator tells it. */
function told(store: string) {
  using db = openReadable(store);
  return db.all(
    `SELECT m.text, m.sent_at AS sentAt, m.is_from_me AS isFromMe, m.service, c.kind, c.identifier AS chat,
       m.deleted_at IS NOT NULL AS isDeleted
     FROM messages m JOIN chats c ON c.id = m.chat_id ORDER BY m.sent_at, m.id`,
  );
}

describe.each([4, 5] as const)('an sms.db of iOS %i', (ios) => {
  function early() {
    const folder = temporaryFolder();
    const source = path.join(folder, 'sms.db');
    const said = writeEarlyMessages(source, {
      ios,
      messages: 120,
      random: new Random(ios),
      nowMs: Date.UTC(2012, 3, 1),
    });
    return { folder, source, store: path.join(folder, 'store.db'), said };
  }

  it('is imported whole: texts, times, directions, services, chats and deletions', async () => {
    const { source, store, said, folder } = early();
    const before = hash(source);
    const summary = await runImport({ source, store });
    expect(summary).toMatchObject({ messages: 120, quarantined: 0, unreadable: 0, problems: [] });
    expect(told(store)).toEqual(
      said.map(({ text, sentAt, isFromMe, service, isDeleted, with: others }) => ({
        text,
        sentAt,
        isFromMe: Number(isFromMe),
        service,
        kind: others.length > 1 || others[0] === 'chat77' ? 'group' : 'direct',
        chat: others.length > 1 ? expect.stringMatching(/^smsgroup\d+$/) : others[0],
        isDeleted: Number(isDeleted),
      })),
    );
    expect(hash(source)).toBe(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('sms.db'))).toEqual(['sms.db']);
  });

  it('knows who wrote, who is in a group, and what was attached', async () => {
    const { source, store, said } = early();
    await runImport({ source, store });
    using db = openReadable(store);
    const senders = db.all<{ address: string }>(
      'SELECT DISTINCT h.address FROM messages m JOIN handles h ON h.id = m.handle_id ORDER BY 1',
    );
    expect(senders.length).toBeGreaterThan(1);
    const groups = db.value<number>("SELECT count(*) FROM chats WHERE kind = 'group'");
    expect(groups).toBe(ios === 5 ? 2 : 1);
    const attachments = db.all<{ state: string; name: string }>('SELECT state, name FROM attachments');
    expect(attachments.length).toBeGreaterThan(0);
    expect(new Set(attachments.map(({ name }) => name))).toEqual(
      new Set(ios === 5 ? ['IMG_0001.jpg', 'IMG_0002.jpg'] : ['IMG_0001.jpg']),
    );
    expect(said.some(({ isDeleted }) => isDeleted)).toBe(true);
  });

  it('is the same source when it is imported again, and later beside a Mac', async () => {
    const { source, store } = early();
    await runImport({ source, store });
    const before = told(store);
    const again = await runImport({ source, store });
    expect(again.messages).toBe(120);
    expect(told(store)).toEqual(before);
  });

  it('that is damaged gives every row that can be read, and the rest is counted and named', async () => {
    const { source, store, said } = early();
    const bytes = readFileSync(source);
    // Not the root of the table: what stood in it before it grew is the first of them.
    const middle = said.find(({ text }) => text.includes('message 6'))?.text ?? '';
    const lost = Math.floor(bytes.lastIndexOf(middle) / PAGE) * PAGE;
    bytes.fill(0x5a, lost, lost + PAGE);
    writeFileSync(source, bytes);
    const summary = await runImport({ source, store });
    expect(summary.unreadable).toBeGreaterThan(0);
    expect(summary.messages).toBeGreaterThan(20);
    expect(summary.messages + summary.unreadable).toBeGreaterThanOrEqual(120);
    expect(summary.problems.join()).toMatch(/\w+: row ids \d+ to \d+ could not be read/);
  });
});

describe('a group of iMessage on iOS 5', () => {
  it('names those who never wrote in a group, by the address book', async () => {
    const folder = temporaryFolder();
    const [source, store] = [path.join(folder, 'sms.db'), path.join(folder, 'store.db')];
    writeEarlyMessages(source, { ios: 5, messages: 60, random: new Random(1), nowMs: Date.UTC(2012, 3, 1) });
    const book = path.join(folder, 'AddressBook.sqlitedb');
    {
      using pen = openBookPen(book, 'ios');
      pen.addCard({ firstName: 'Silent', lastName: 'Sam', phones: ['(415) 555-0104'] });
    }
    await runImport({ source, store }, { addressBook: book });
    using db = openReadable(store);
    const members = db.all<{ address: string; name: string }>(
      `SELECT h.address, k.name FROM chats c JOIN chat_participants p ON p.chat_id = c.id
         JOIN handles h ON h.id = p.handle_id JOIN contacts k ON k.id = h.contact_id
       WHERE c.identifier = 'chat77' ORDER BY h.address`,
    );
    expect(members).toEqual([
      { address: '+14155550101', name: '+14155550101' },
      { address: SILENT_MEMBER, name: 'Silent Sam' },
      { address: 'ann@example.com', name: 'ann@example.com' },
    ]);
    expect(db.value("SELECT name FROM chats WHERE identifier = 'chat77'")).toContain('Silent Sam');
  });
});

describe('an sms.db of iOS 6 to 11', () => {
  it('which lacks columns that came later is read by those it has', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'sms.db');
    const { pen, direct, close } = liveMessages(source);
    for (let index = 0; index < 30; index += 1) {
      actions.send(pen, direct, { from: ANN, atMs: NOW_MS - index * 1_000, text: `message ${index}` });
    }
    close();
    const later: Record<string, string[]> = {
      chat: ['display_name', 'group_id', 'is_filtered', 'successful_query', 'last_addressed_handle'],
      message: [
        ...[
          'is_audio_message',
          'is_played',
          'date_played',
          'item_type',
          'other_handle',
          'group_title',
          'group_action_type',
        ],
        ...['share_status', 'share_direction', 'is_expirable', 'message_action_type', 'message_source'],
      ],
    };
    using db = openWritable(source);
    for (const { name, type } of db.all<{ name: string; type: string }>(
      "SELECT name, type FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL",
    )) {
      db.exec(`DROP ${type} ${name}`);
    }
    for (const [table, columns] of Object.entries(later)) {
      const there = new Set(db.all<{ name: string }>(`PRAGMA table_info(${table})`).map(({ name }) => name));
      for (const column of columns.filter((name) => there.has(name)))
        db.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    }
    const summary = await runImport({ source, store: path.join(folder, 'store.db') });
    expect(summary).toMatchObject({ messages: 30, quarantined: 0, problems: [] });
  });

  it('has its dates in seconds or in nanoseconds, and both are read', async () => {
    const fixture = madeUpHistory({ generation: 'macos-10.11', messages: 300, truth: true });
    const summary = await runImport(fixture);
    expect(summary.messages).toBe(fixture.history.truth?.messages.length);
  });
});
