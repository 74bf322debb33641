import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCode, jsonLines, Workplace } from './chatstats.ts';

/** The keys of design's contract, in its order. */
const KEYS: Record<string, string> = {
  messages:
    'guid chat conversationId kind sender isFromMe service sentAt deliveredAt readAt text edits editedAt unsentAt unsentParts deletedAt replyTo effect app attachments historical',
  reactions: 'guid target part kind emoji sender isFromMe reactedAt removedAt',
  attachments: 'guid message name mimeType uti bytes path state isSticker',
  chats: 'identifier kind name services participants createdAt lastMessageAt messageCount',
  contacts: 'id name isMe identifiers origin',
  conversations: 'id chat startedAt endedAt messageCount initiator state sealedAt revision',
  events: 'id type at chatId data',
};

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.history('chat.db', { messages: 1_500, addressBookFolder: place.file('AddressBook') });
  await place.run(['--db', 'store.db', 'import', 'chat.db', '--address-book', 'AddressBook']);
});
afterAll(() => place[Symbol.dispose]());

const exported = async (kind: string, ...more: string[]) => {
  const outcome = await place.run(['--db', 'store.db', 'export', kind, ...more]);
  expect(outcome.status, outcome.stderr).toBe(0);
  expect(outcome.stderr).toBe('');
  return outcome.stdout;
};

describe('export', () => {
  it.each(Object.entries(KEYS))('%s as JSON lines has the keys of the contract, in their order', async (kind, keys) => {
    const lines = jsonLines(await exported(kind));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(Object.keys(line).join(' ')).toBe(keys);
  });

  it.each(Object.entries(KEYS))('%s as CSV says the same as JSON lines', async (kind, keys) => {
    const [header = [], ...rows] = parseCsv(await exported(kind, '--format', 'csv'));
    expect(header.join(' ')).toBe(keys);
    const expected = jsonLines(await exported(kind)).map((line) => Object.values(line).map(asCell));
    expect(rows).toEqual(expected);
  });

  it('is the same with --json, which asks for what it does anyway', async () => {
    expect(await exported('chats', '--json')).toBe(await exported('chats'));
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = place.start(['--db', 'store.db', 'export', 'messages']);
    let stderr = '';
    child.stderr?.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect([status, stderr]).toEqual([0, '']);
  });

  it('takes options for every command before and behind its name', async () => {
    const behind = await place.run(['export', 'chats', '--db', 'store.db']);
    expect(behind.stdout).toBe(await exported('chats'));
    expect(errorCode(await place.run(['export', 'chats', '--db', 'other.db']))).toBe('STORE_NOT_FOUND');
  });
});

/** What a cell holds of a JSON value. */
function asCell(value: unknown): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(asCell).join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** RFC 4180, as strictly as needed: quoted fields may hold commas, quotes and line ends. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
