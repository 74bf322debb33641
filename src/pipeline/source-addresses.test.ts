import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OwnAccounts, probeSchema, readChats } from '../sources/messages/index.ts';
import { type Database, openWritable } from '../sqlite/index.ts';
import { SourceAddresses } from './source-addresses.ts';

const US = '+14155550100';
const DE = '+491711234567';
const GB = '+447400123456';
let db: Database;

beforeEach(() => {
  db = openWritable(':memory:');
  db.exec(`
    CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id, country, service);
    CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid, style, chat_identifier, account_login, last_addressed_handle);
    CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid, date, handle_id, is_from_me, account, destination_caller_id);
    CREATE TABLE chat_message_join (chat_id, message_id);
    CREATE TABLE chat_handle_join (chat_id, handle_id);
  `);
});
afterEach(() => db.close());

function handle(id: string, country: string | null = null): number {
  return db.run('INSERT INTO handle (id, country) VALUES (?, ?)', id, country).lastId;
}

/** A chat with handles; its identifier is that of the first, as in a direct one, unless told. */
function chat(own: { login?: string; last?: string }, handles: number[], identifier?: string): number {
  const first = db.value<string>('SELECT id FROM handle WHERE ROWID = ?', handles[0] ?? 0);
  const { lastId } = db.run(
    'INSERT INTO chat (style, chat_identifier, account_login, last_addressed_handle) VALUES (45, ?, ?, ?)',
    identifier ?? first,
    own.login ?? null,
    own.last ?? null,
  );
  for (const member of handles) db.run('INSERT INTO chat_handle_join VALUES (?, ?)', lastId, member);
  return lastId;
}

function message(row: { account?: string; address?: string; mine?: boolean; handle?: number }): void {
  db.run(
    'INSERT INTO message (handle_id, is_from_me, account, destination_caller_id) VALUES (?, ?, ?, ?)',
    row.handle ?? (row.mine === true ? 0 : 1),
    row.mine === true ? 1 : 0,
    row.account ?? null,
    row.address ?? null,
  );
}

function addresses(evidence: { region?: string; locale?: string } = {}, accounts?: OwnAccounts): SourceAddresses {
  const schema = probeSchema(db, 'main', 'chat.db');
  return new SourceAddresses(
    db,
    schema,
    readChats(db, schema),
    { region: evidence.region ?? null, locale: evidence.locale ?? null },
    accounts,
  );
}

const own = (found: SourceAddresses) => found.own.map(({ value }) => value);
const ofHandles = (found: SourceAddresses) => found.handles.map(({ address }) => address.value);

describe('own addresses', () => {
  it('come from chats, accounts and the addresses at which messages came in', () => {
    chat({ login: `P:${US}`, last: 'E:Me@Example.com' }, [handle('+14155550101')]);
    message({ account: 'e:me@work.example' });
    message({ address: DE });
    expect(own(addresses())).toEqual([US, 'me@example.com', 'me@work.example', DE]);
  });

  it('are numbers and e-mails: accounts hold other things, too', () => {
    chat({ login: 'E:', last: '' }, [handle('+14155550101')]);
    for (const account of ['unknown', 'P:', 'e:', 'screen name', '12345', '+', 'p:+12', `P:${US}`])
      message({ account });
    message({ address: 'unknown' });
    message({ address: '22000' });
    expect(own(addresses())).toEqual([US]);
  });

  it('of own messages count where they are nobody else’s', () => {
    const ann = handle('+14155550101');
    handle('(415) 555-0102');
    chat({ login: `P:${US}` }, [ann]);
    chat({ login: `P:${US}` }, [], '+14155550103');
    message({ mine: true, address: '+14155550101' });
    message({ mine: true, address: '+14155550103' });
    message({ mine: true, address: '+14155550102' });
    message({ mine: true, address: DE });
    expect(own(addresses())).toEqual([US, DE]);
  });

  it('are found also where one has a handle: the chat with oneself', () => {
    const self = handle(US);
    chat({ login: 'E:me@example.com' }, [self]);
    message({ handle: self, address: US, account: 'E:me@example.com' });
    message({ mine: true, address: US });
    expect(own(addresses())).toEqual(['me@example.com', US]);
  });

  it('are one, with the country and without', () => {
    chat({ login: 'P:+491711234567', last: DE }, [handle('+14155550101')]);
    chat({ login: `P:${US}` }, [handle('+14155550102')]);
    message({ address: '4155550100' });
    message({ address: '0171 1234567' });
    expect(own(addresses())).toEqual([DE, US]);
    expect(own(addresses({ region: 'FR' }))).toEqual([DE, US]);
  });

  it('that came since are found by who keeps what has been read', () => {
    chat({ login: `P:${US}` }, [handle('+14155550101')]);
    const accounts = new OwnAccounts(db, probeSchema(db, 'main', 'chat.db'));
    expect(own(addresses({}, accounts))).toEqual([US]);
    message({ address: DE });
    expect(own(addresses({}, accounts))).toEqual([US, DE]);
    expect(own(addresses({}, accounts))).toEqual(own(addresses()));
  });
});

describe('regions', () => {
  it('are the owner’s, then those of the other own numbers by how many chats they have', () => {
    for (const last of [US, US, US, GB, GB, DE]) chat({ last }, [handle('+14155550101')]);
    message({ account: `P:${DE}` });
    expect(addresses({ locale: 'de_DE' }).regions).toEqual(['DE', 'US', 'GB']);
    expect(addresses({ locale: 'en_US' }).regions).toEqual(['US', 'GB', 'DE']);
    expect(addresses({ region: 'fr' }).regions).toEqual(['FR', 'US', 'GB', 'DE']);
  });

  it('are none where nothing tells one', () => {
    expect(addresses().regions).toEqual([]);
    expect(addresses().region).toBeNull();
    expect(addresses({ locale: 'en_AU' }).regions).toEqual(['AU']);
  });
});

describe('a handle without its country', () => {
  it('is read by the own number to which its chat belongs', () => {
    const [american, german, anyone] = [handle('(415) 555-0101'), handle('030 123456'), handle('020 7946 0958')];
    chat({ last: US }, [american]);
    chat({ last: DE }, [german]);
    chat({ last: 'me@example.com', login: `P:${GB}` }, [anyone]);
    expect(ofHandles(addresses({ locale: 'en_US' }))).toEqual(['+14155550101', '+4930123456', '+442079460958']);
  });

  it('is read by its own row first, and by the owner’s region where its chats disagree or say nothing', () => {
    const [french, both, alone] = [handle('06 12 34 56 78', 'fr'), handle('0171 1234567'), handle('0171 7654321')];
    chat({ last: US }, [french]);
    chat({ last: US }, [both], 'chat1');
    chat({ last: DE }, [both], 'chat2');
    chat({ last: 'E:' }, [alone]);
    expect(ofHandles(addresses({ locale: 'de_DE' }))).toEqual(['+33612345678', '+491711234567', '+491717654321']);
    expect(ofHandles(addresses({ locale: 'en_US' }))).toEqual(['+33612345678', '01711234567', '01717654321']);
  });

  it('is one address with its twin of another service, whichever row has the country', () => {
    handle('06 12 34 56 78');
    handle('06 12 34 56 78', 'fr');
    expect(ofHandles(addresses({ locale: 'de_DE' }))).toEqual(['+33612345678', '+33612345678']);
  });

  it('is read by the region that the user names, unless an own number has that region, too', () => {
    const [american, german] = [handle('(415) 555-0101'), handle('030 123456')];
    chat({ last: US }, [american]);
    chat({ last: DE }, [german]);
    expect(ofHandles(addresses({ region: 'US' }))).toEqual(['+14155550101', '+4930123456']);
    expect(ofHandles(addresses({ region: 'DE' }))).toEqual(['+14155550101', '+4930123456']);
    expect(ofHandles(addresses({ region: 'GB' }))[1]).toBe('030123456');
  });
});

describe('a chat identifier without its country', () => {
  it('is read by the own number of its chat, and is the address of its handle', () => {
    const german = handle('030 123456');
    chat({ last: US }, [handle('+14155550101')]);
    chat({ last: DE }, [german]);
    chat({ login: `P:${DE}` }, [], '0171 7654321');
    const found = addresses({ locale: 'en_US' });
    expect(found.normalise('030 123456').value).toBe('+4930123456');
    expect(found.normalise('0171 7654321').value).toBe('+491717654321');
    expect(found.normalise('(415) 555-0199').value).toBe('+14155550199');
  });
});
