import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatStatsError } from '../../kernel/index.ts';
import { type Database, openWritable } from '../../sqlite/index.ts';
import { type Card, defaultAddressBook, locateAddressBooks, readAddressBook, readAddressBooks } from './index.ts';

const MAC = 'AddressBook-v22.abcddb';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'address-book-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A Core Data store as macOS writes one; `contact` is the number of its entity, which differs between systems. */
function macBook(file: string, options: { contact?: number; old?: boolean } = {}): Database {
  const contact = options.contact ?? 22;
  mkdirSync(path.dirname(file), { recursive: true });
  const db = openWritable(file);
  const newer = options.old === true ? '' : ', ZLINKID VARCHAR, ZNICKNAME VARCHAR, ZME INTEGER, Z22_ME INTEGER';
  db.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
    INSERT INTO Z_PRIMARYKEY (Z_ENT, Z_NAME, Z_SUPER) VALUES
      (${contact}, 'ABCDContact', 17), (${contact + 1}, 'ABCDSubscribedContact', ${contact}),
      (${contact - 3}, 'ABCDGroup', 18), (${contact + 2}, 'ABCDInfo', 17), (${contact + 3}, 'CNCDContainer', 17);
    CREATE TABLE ZABCDRECORD (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZDISPLAYFLAGS INTEGER,
      ZCONTAINERWHERECONTACTISME INTEGER, ZUNIQUEID VARCHAR, ZFIRSTNAME VARCHAR, ZMIDDLENAME VARCHAR,
      ZLASTNAME VARCHAR, ZORGANIZATION VARCHAR, ZNAME VARCHAR${newer});
    CREATE TABLE ZABCDPHONENUMBER (Z_PK INTEGER PRIMARY KEY, ZORDERINGINDEX INTEGER, ZOWNER INTEGER, Z${contact}_OWNER INTEGER,
      ZAREACODE VARCHAR, ZCOUNTRYCODE VARCHAR, ZFULLNUMBER VARCHAR, ZLABEL VARCHAR, ZLOCALNUMBER VARCHAR);
    CREATE TABLE ZABCDEMAILADDRESS (Z_PK INTEGER PRIMARY KEY, ZORDERINGINDEX INTEGER, ZOWNER INTEGER,
      ZADDRESS VARCHAR, ZADDRESSNORMALIZED VARCHAR, ZLABEL VARCHAR);
  `);
  return db;
}

function addContact(db: Database, pk: number, entity: number, uid: string | null, first: string | null, last: string) {
  db.run(
    'INSERT INTO ZABCDRECORD (Z_PK, Z_ENT, ZUNIQUEID, ZFIRSTNAME, ZLASTNAME) VALUES (?, ?, ?, ?, ?)',
    pk,
    entity,
    uid,
    first,
    last,
  );
}

function addPhone(db: Database, owner: number, number: string | null, order = 0, label: string | null = null) {
  const sql = 'INSERT INTO ZABCDPHONENUMBER (ZOWNER, ZFULLNUMBER, ZORDERINGINDEX, ZLABEL) VALUES (?, ?, ?, ?)';
  db.run(sql, owner, number, order, label);
}

function addEmail(db: Database, owner: number, address: string | null, normalized: string | null = null) {
  db.run(
    'INSERT INTO ZABCDEMAILADDRESS (ZOWNER, ZADDRESS, ZADDRESSNORMALIZED) VALUES (?, ?, ?)',
    owner,
    address,
    normalized,
  );
}

const mac = (name = MAC) => path.join(folder, name);
const read = (file = mac()) => readAddressBook({ path: file, source: 'local', sealed: false });
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof ChatStatsError ? [error.code, error.message.includes(folder)] : error;
  }
  return 'nothing thrown';
};
const blank: Omit<Card, 'source' | 'uid'> = {
  firstName: null,
  middleName: null,
  lastName: null,
  nickname: null,
  organization: null,
  isOrganization: false,
  isMe: false,
  linkId: null,
  phones: [],
  emails: [],
};

describe('macOS', () => {
  it.each([22, 21, 30])('reads the cards, whatever number the entity of a contact has (%i)', (contact) => {
    using db = macBook(mac(), { contact });
    addContact(db, 1, contact, 'U1:ABPerson', 'Anna', 'Smith');
    addContact(db, 2, contact + 1, 'U2:ABPerson', 'Ben', ' ');
    addContact(db, 3, contact - 3, 'U3:ABGroup', 'A', 'group');
    addContact(db, 4, contact + 3, 'U4:ABAccount', 'An', 'account');
    addPhone(db, 1, '(415) 555-0124', 2);
    addPhone(db, 1, '+1 415 555 0123', 1, '_$!<Mobile>!$_');
    addPhone(db, 3, '+14155550129');
    addEmail(db, 1, 'Anna@Example.com', 'anna@example.com');
    addEmail(db, 2, null, '<ben@example.com>');
    expect(read()).toEqual({
      problems: [],
      cards: [
        {
          ...blank,
          source: 'local',
          uid: 'U1:ABPerson',
          firstName: 'Anna',
          lastName: 'Smith',
          phones: [
            { value: '+1 415 555 0123', label: '_$!<Mobile>!$_' },
            { value: '(415) 555-0124', label: null },
          ],
          emails: [{ value: 'Anna@Example.com', label: null }],
        },
        {
          ...blank,
          source: 'local',
          uid: 'U2:ABPerson',
          firstName: 'Ben',
          emails: [{ value: '<ben@example.com>', label: null }],
        },
      ],
    });
  });

  it('knows companies, nicknames, links and the own card, also when the account names it', () => {
    using db = macBook(mac());
    addContact(db, 1, 22, 'U1', 'Me', 'Myself');
    addContact(db, 2, 22, 'U2', null, '');
    addContact(db, 3, 22, 'U3', 'Mine', 'Too');
    addContact(db, 9, 25, 'U9', null, '');
    db.exec(`UPDATE ZABCDRECORD SET ZCONTAINERWHERECONTACTISME = 9, ZNICKNAME = 'I', ZLINKID = 'L' WHERE Z_PK = 1;
      UPDATE ZABCDRECORD SET ZDISPLAYFLAGS = 1, ZORGANIZATION = 'Acme' WHERE Z_PK = 2;
      UPDATE ZABCDRECORD SET ZME = 3 WHERE Z_PK = 9;`);
    expect(
      read().cards.map(({ isMe, isOrganization, nickname, linkId }) => [isMe, isOrganization, nickname, linkId]),
    ).toEqual([
      [true, false, 'I', 'L'],
      [false, true, null, null],
      [true, false, null, null],
    ]);
  });

  it('reads an older system, which lacks columns and tables', () => {
    using db = macBook(mac(), { old: true });
    addContact(db, 1, 22, null, 'Anna', 'Smith');
    db.exec('DROP TABLE ZABCDEMAILADDRESS');
    expect(read()).toEqual({
      problems: [],
      cards: [{ ...blank, source: 'local', uid: 'row:1', firstName: 'Anna', lastName: 'Smith' }],
    });
  });

  it('takes messaging addresses that look like a phone or an e-mail, once, and puts together a number kept in parts', () => {
    using db = macBook(mac());
    addContact(db, 1, 22, 'U1', 'Anna', 'Smith');
    addEmail(db, 1, 'anna@example.com');
    db.exec(`CREATE TABLE ZABCDMESSAGINGADDRESS (Z_PK INTEGER PRIMARY KEY, ZOWNER INTEGER, ZADDRESS VARCHAR);
      INSERT INTO ZABCDMESSAGINGADDRESS (ZOWNER, ZADDRESS) VALUES (1, 'anna@example.com'), (1, '+1 (415) 555-0123'),
        (1, 'annaskype'), (1, '12'), (1, NULL), (7, '+14155550129');
      INSERT INTO ZABCDPHONENUMBER (ZOWNER, ZCOUNTRYCODE, ZAREACODE, ZLOCALNUMBER) VALUES (1, '49', '30', '123456');`);
    expect(read().cards[0]).toMatchObject({
      phones: [{ value: '+49 30 123456' }, { value: '+1 (415) 555-0123' }],
      emails: [{ value: 'anna@example.com' }],
    });
  });

  it('tells apart cards that claim one identity', () => {
    using db = macBook(mac());
    addContact(db, 1, 22, 'U', 'Anna', 'Smith');
    addContact(db, 2, 22, 'U', 'Ben', 'Smith');
    expect(read().cards.map(({ uid }) => uid)).toEqual(['U', 'U#2']);
  });

  it('L34: sees what is in the -wal alone, and changes neither file while the writer is open', () => {
    using db = macBook(mac());
    db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0');
    addContact(db, 1, 22, 'U1', 'Anna', 'Smith');
    const hashes = () =>
      [mac(), `${mac()}-wal`].map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
    const [before, files] = [hashes(), readdirSync(folder)];
    expect(read().cards).toHaveLength(1);
    expect([hashes(), readdirSync(folder)]).toEqual([before, files]);
  });
});

describe('iOS', () => {
  const ios = () => path.join(folder, 'AddressBook.sqlitedb');

  it('reads people, phones and e-mails, their labels, firms, links and the own card', () => {
    using db = openWritable(ios());
    db.exec(`CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT,
        Organization TEXT, Kind INTEGER, Nickname TEXT, PersonLink INTEGER DEFAULT -1, guid TEXT);
      CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER,
        label INTEGER, value TEXT, guid TEXT);
      CREATE TABLE ABMultiValueLabel (value TEXT, UNIQUE(value));
      CREATE TABLE ABStore (ROWID INTEGER PRIMARY KEY, MeIdentifier INTEGER DEFAULT -1);
      INSERT INTO ABStore (MeIdentifier) VALUES (-1), (1);
      INSERT INTO ABMultiValueLabel VALUES ('_$!<Mobile>!$_');
      INSERT INTO ABPerson VALUES (1, 'Anna', 'Smith', 'Bea', NULL, 0, 'An', 4, 'G1'), (2, NULL, NULL, NULL, 'Acme', 1, NULL, -1, 'G2');
      INSERT INTO ABMultiValue VALUES (1, 1, 3, 0, 1, '(415) 555-0123', 'a'), (2, 1, 4, 0, 99, 'Anna@Example.com', 'b'),
        (3, 1, 5, 0, NULL, NULL, 'c'), (4, 1, 22, 0, NULL, 'https://example.com', 'd'), (5, 2, 3, 0, NULL, '22000', 'e'),
        (6, 77, 3, 0, NULL, '+14155550129', 'f');`);
    expect(readAddressBook({ path: ios(), source: 'ios', sealed: false })).toEqual({
      problems: [],
      cards: [
        {
          source: 'ios',
          uid: 'G1',
          firstName: 'Anna',
          middleName: 'Bea',
          lastName: 'Smith',
          nickname: 'An',
          organization: null,
          isOrganization: false,
          isMe: true,
          linkId: 'ios:4',
          phones: [{ value: '(415) 555-0123', label: '_$!<Mobile>!$_' }],
          emails: [{ value: 'Anna@Example.com', label: null }],
        },
        {
          ...blank,
          source: 'ios',
          uid: 'G2',
          organization: 'Acme',
          isOrganization: true,
          phones: [{ value: '22000', label: null }],
        },
      ],
    });
  });

  it('reads a phone of 2010, which has neither guid nor link nor own card', () => {
    using db = openWritable(ios());
    db.exec(`CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Kind INTEGER);
      CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, label INTEGER, value TEXT);
      CREATE TABLE ABStore (ROWID INTEGER PRIMARY KEY, Name TEXT);
      INSERT INTO ABPerson VALUES (5, 'Robert', 'Jones', 0);
      INSERT INTO ABMultiValue VALUES (1, 5, 3, 1, '01 01 01 01 01');`);
    expect(readAddressBook({ path: ios(), source: 'ios', sealed: false })).toEqual({
      problems: [],
      cards: [
        {
          ...blank,
          source: 'ios',
          uid: '5',
          firstName: 'Robert',
          lastName: 'Jones',
          phones: [{ value: '01 01 01 01 01', label: null }],
        },
      ],
    });
  });
});

describe('locating', () => {
  const account = (uuid: string) => path.join(folder, 'Sources', uuid, MAC);

  it('L31: finds the root and every account, in a stable order, each with its source', () => {
    for (const file of [mac(), account('B-2'), account('A-1')]) macBook(file).close();
    mkdirSync(path.join(folder, 'Sources', 'empty'));
    writeFileSync(path.join(folder, 'Sources', '.DS_Store'), '');
    expect(locateAddressBooks(folder)).toEqual([
      { path: mac(), source: 'local', sealed: false },
      { path: account('A-1'), source: 'A-1', sealed: false },
      { path: account('B-2'), source: 'B-2', sealed: false },
    ]);
    expect(locateAddressBooks(path.join(folder, 'Sources')).map(({ source }) => source)).toEqual(['A-1', 'B-2']);
    expect(locateAddressBooks(account('A-1')).map(({ source }) => source)).toEqual(['A-1']);
  });

  it('finds the book of an iPhone in a folder, and that of a backup, which is sealed', () => {
    const named = path.join(folder, 'AddressBook.sqlitedb');
    openWritable(named).close();
    expect(locateAddressBooks(folder)).toEqual([{ path: named, source: 'ios', sealed: false }]);
    rmSync(named);
    const hashed = path.join(folder, '31', '31bb7ba8914766d4ba40d6dfb6113c8b614be442');
    mkdirSync(path.dirname(hashed));
    openWritable(hashed).close();
    writeFileSync(path.join(folder, 'Manifest.db'), '');
    expect(locateAddressBooks(folder)).toEqual([{ path: hashed, source: 'ios', sealed: true }]);
  });

  it('says where macOS keeps them', () => {
    expect(defaultAddressBook('/Users/x')).toBe('/Users/x/Library/Application Support/AddressBook');
  });

  it('says so, with the path, when there is nothing', () => {
    expect(codeOf(() => locateAddressBooks(folder))).toEqual(['ADDRESS_BOOK_NOT_FOUND', true]);
    expect(codeOf(() => locateAddressBooks(mac()))).toEqual(['ADDRESS_BOOK_NOT_FOUND', true]);
  });

  it('L64: says so, with the path, when reading is not allowed, and reads the others when only one is not', () => {
    macBook(account('A-1')).close();
    using db = macBook(account('B-2'));
    addContact(db, 1, 22, 'U1', 'Anna', 'Smith');
    chmodSync(folder, 0o755);
    chmodSync(account('A-1'), 0o000);
    for (const file of [account('B-2'), `${account('B-2')}-wal`, `${account('B-2')}-shm`]) chmodSync(file, 0o666);
    unprivileged(() => {
      expect(codeOf(() => locateAddressBooks(account('A-1')))).toEqual(['SOURCE_NO_PERMISSION', true]);
      const { cards, problems } = readAddressBooks(locateAddressBooks(folder));
      expect(cards).toHaveLength(1);
      expect(problems).toEqual([`${account('A-1')}: no permission to read it, or it is gone`]);
    });
    chmodSync(folder, 0o000);
    unprivileged(() => expect(codeOf(() => locateAddressBooks(folder))).toEqual(['SOURCE_NO_PERMISSION', true]));
    chmodSync(folder, 0o700);
  });
});

describe('damage', () => {
  it('does not stop the other books, and is named without a name or an address', () => {
    using good = macBook(mac('good.abcddb'));
    addContact(good, 1, 22, 'U1', 'Anna', 'Smith');
    writeFileSync(mac('noise.abcddb'), 'no database at all, Anna Smith +14155550123 '.repeat(200));
    using other = openWritable(mac('other.db'));
    other.exec('CREATE TABLE message (ROWID INTEGER PRIMARY KEY)');
    const files = ['noise.abcddb', 'other.db', 'gone.abcddb', 'good.abcddb'];
    const { cards, problems } = readAddressBooks(
      files.map((name) => ({ path: mac(name), source: 'local', sealed: false })),
    );
    expect(cards.map(({ firstName }) => firstName)).toEqual(['Anna']);
    expect(problems).toEqual([
      `${mac('noise.abcddb')}: not a database, or encrypted`,
      `${mac('other.db')}: not an address book: its tables are missing`,
      `${mac('gone.abcddb')}: no permission to read it, or it is gone`,
    ]);
  });

  it('of some pages leaves the cards that can still be read', () => {
    const db = macBook(mac());
    for (let pk = 1; pk <= 2_000; pk += 1) {
      addContact(db, pk, 22, `U${pk}`, 'Anna', 'Smith');
      addPhone(db, pk, `+1415${String(5_550_000 + pk)}`);
    }
    db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    const leaf = Number(
      db.value(
        `SELECT pageno FROM dbstat WHERE name = 'ZABCDPHONENUMBER' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1`,
      ),
    );
    db.close();
    const bytes = readFileSync(mac());
    bytes.fill(0xa5, (leaf - 1) * 4096, leaf * 4096);
    writeFileSync(mac(), bytes);
    const { cards, problems } = read();
    expect(cards).toHaveLength(2_000);
    expect(cards.filter(({ phones }) => phones.length === 1).length).toBeGreaterThan(1_000);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/: damaged: phone numbers could be read only in part \(\d+ rows\)$/);
  });
});

/** Runs `work` as a user who is not allowed everything, where the tests run as one who is. */
function unprivileged(work: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
