import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database, openWritable } from '../../sqlite/index.ts';
import { OwnAccounts } from './own-accounts.ts';
import { probeSchema } from './schema.ts';

const OTHERS = `CREATE TABLE chat (ROWID INTEGER PRIMARY KEY); CREATE TABLE handle (ROWID INTEGER PRIMARY KEY);
  CREATE TABLE chat_message_join (chat_id, message_id);`;
let db: Database;

function source(columns = ', account TEXT, destination_caller_id TEXT') {
  db.exec(`${OTHERS} CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid, date, handle_id, is_from_me${columns})`);
  return new OwnAccounts(db, probeSchema(db, 'main', 'chat.db'));
}

function message(
  account: unknown,
  address: unknown,
  isFromMe: number | null,
  handle: number | null = 1,
  rowid?: number,
) {
  db.run(
    'INSERT INTO message (ROWID, handle_id, is_from_me, account, destination_caller_id) VALUES (?, ?, ?, ?, ?)',
    rowid ?? null,
    handle,
    isFromMe,
    account as string,
    address as string,
  );
}

beforeEach(() => {
  db = openWritable(':memory:');
});
afterEach(() => {
  Database.watch(null);
  db.close();
});

describe('what messages say of their owner', () => {
  it('is told apart by who says it, each once', () => {
    const accounts = source();
    message('p:+14155550100', '+14155550100', 0);
    message('p:+14155550100', '+14155550100', 0);
    message('e:me@example.com', '+491711234567', 0, 2);
    message('p:+14155550100', '+14155550999', 1, 0);
    expect(accounts.read()).toEqual({
      accounts: ['p:+14155550100', 'e:me@example.com'],
      received: ['+14155550100', '+491711234567'],
      sent: ['+14155550999'],
    });
  });

  it('a row of nobody proves as little as one of the owner', () => {
    const accounts = source();
    message(null, '+1', 0, 0);
    message(null, '+2', null, 5);
    message(null, '+3', 0, null);
    expect(accounts.read()).toEqual({ accounts: [], received: [], sent: ['+1', '+2', '+3'] });
  });

  it('leaves out what is no text, empty, or longer than any address', () => {
    const accounts = source(', account, destination_caller_id');
    message(12, new Uint8Array([1]), 0);
    message('', null, 0);
    message('x'.repeat(321), 'y'.repeat(100_000), 0);
    expect(accounts.read()).toEqual({ accounts: [], received: [], sent: [] });
  });

  it('is bounded, whatever the columns hold', () => {
    const accounts = source();
    for (let at = 0; at < 1_100; at += 1) message(`account ${at}`, `address ${at}`, 0);
    for (let at = 0; at < 3; at += 1) {
      const claims = accounts.read();
      expect([claims.accounts.length, claims.received.length]).toEqual([1_000, 1_000]);
    }
  });

  it('is nothing where this generation has no such columns, or no message', () => {
    const accounts = source('');
    expect(accounts.read()).toEqual({ accounts: [], received: [], sent: [] });
    db.run('INSERT INTO message (is_from_me) VALUES (0)');
    expect(accounts.read()).toEqual({ accounts: [], received: [], sent: [] });
  });

  it('grows with the rows that have come since, and looks at no others but the newest', () => {
    const accounts = source();
    for (let at = 0; at < 500; at += 1) message('p:+1', '+1', 0);
    accounts.read();
    message('p:+2', '+1', 0);
    db.run(`UPDATE message SET account = 'p:+3' WHERE ROWID = 499`);
    db.run(`UPDATE message SET account = 'p:+4' WHERE ROWID = 10`);
    expect(accounts.read().accounts).toEqual(['p:+1', 'p:+3', 'p:+2']);
  });

  it('stays, also when the messages that said it go, and row ids begin anew', () => {
    const accounts = source();
    message('p:+1', null, 0, 1, 900);
    accounts.read();
    db.exec('DELETE FROM message');
    expect(accounts.read().accounts).toEqual(['p:+1']);
    message('p:+2', null, 0, 1, 1);
    expect(accounts.read().accounts).toEqual(['p:+1', 'p:+2']);
  });
});
