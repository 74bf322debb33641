import type { Database, Row } from '../../sqlite/index.ts';
import { type Card, text } from './card.ts';
import { Drafts, type Place } from './drafts.ts';
import { columnsOf, numberOr0, readRows, selectable } from './table.ts';

/** Records of all kinds share one table. Their numbers differ between systems, so that kinds are looked up by name. */
const CONTACT_ENTITIES = `SELECT Z_ENT FROM Z_PRIMARYKEY WHERE Z_NAME IN ('ABCDContact', 'ABCDSubscribedContact')`;

/** What tells a card from the other records in ZABCDRECORD. */
export const IS_MAC_CARD = `Z_ENT IN (${CONTACT_ENTITIES})`;

const RECORD_COLUMNS = [
  'Z_PK',
  'ZUNIQUEID',
  'ZFIRSTNAME',
  'ZMIDDLENAME',
  'ZLASTNAME',
  'ZNICKNAME',
  'ZORGANIZATION',
  'ZDISPLAYFLAGS',
  'ZCONTAINERWHERECONTACTISME',
  'ZLINKID',
] as const;

/** ZDISPLAYFLAGS, bit 0: the card is shown under the name of its company. */
const SHOW_AS_COMPANY = 1;

/** A table of addresses: `rank` says which table a card shows first. */
type AddressTable = { rank: number; table: string; values: readonly string[]; what: string };

const PHONES: AddressTable = {
  rank: 0,
  table: 'ZABCDPHONENUMBER',
  values: ['ZFULLNUMBER', 'ZCOUNTRYCODE', 'ZAREACODE', 'ZLOCALNUMBER'],
  what: 'phone numbers',
};
const EMAILS: AddressTable = {
  rank: 0,
  table: 'ZABCDEMAILADDRESS',
  values: ['ZADDRESS', 'ZADDRESSNORMALIZED'],
  what: 'e-mail addresses',
};
const MESSAGING: AddressTable = {
  rank: 1,
  table: 'ZABCDMESSAGINGADDRESS',
  values: ['ZADDRESS'],
  what: 'messaging addresses',
};

/** The `uid` of a card: its own identity, or that of its row where a system gave it none. */
export function macUid(uniqueId: unknown, row: number): string {
  return text(uniqueId) ?? `row:${row}`;
}

/** Reads the cards of an `AddressBook-v22.abcddb` in slices. What is damaged is left out and named in `problems`. */
export function* readMacCards(db: Database, source: string, problems: string[]): Generator<void, Card[], void> {
  const drafts = new Drafts();
  const mine = yield* markedFromElsewhere(db, problems);
  const records = `SELECT ${selectable(columnsOf(db, 'ZABCDRECORD'), RECORD_COLUMNS)}
    FROM ZABCDRECORD WHERE ${IS_MAC_CARD}`;
  yield* readRows(db, records, 'cards', problems, (row) => {
    const key = Number(row.Z_PK);
    drafts.add(key, {
      source,
      uid: macUid(row.ZUNIQUEID, key),
      firstName: text(row.ZFIRSTNAME),
      middleName: text(row.ZMIDDLENAME),
      lastName: text(row.ZLASTNAME),
      nickname: text(row.ZNICKNAME),
      organization: text(row.ZORGANIZATION),
      isOrganization: (Number(row.ZDISPLAYFLAGS ?? 0) & SHOW_AS_COMPANY) !== 0,
      isMe: row.ZCONTAINERWHERECONTACTISME !== null || mine.has(row.Z_PK),
      linkId: text(row.ZLINKID),
      phones: [],
      emails: [],
    });
  });
  yield* readAddresses(db, PHONES, problems, (row, place) => {
    const value = text(row.ZFULLNUMBER) ?? assembled(row);
    if (value !== null) drafts.addAddress(row.ZOWNER, 'phones', { value, label: text(row.ZLABEL) }, place);
  });
  yield* readAddresses(db, EMAILS, problems, (row, place) => {
    const value = text(row.ZADDRESS) ?? text(row.ZADDRESSNORMALIZED);
    if (value !== null) drafts.addAddress(row.ZOWNER, 'emails', { value, label: text(row.ZLABEL) }, place);
  });
  yield* readAddresses(db, MESSAGING, problems, (row, place) => {
    const value = text(row.ZADDRESS);
    const kind = value === null ? null : kindOf(value);
    if (value !== null && kind !== null) {
      drafts.addAddress(row.ZOWNER, kind, { value, label: text(row.ZLABEL) }, place);
    }
  });
  return yield* drafts.finish();
}

/** Z_PKs of the cards that an account or the book's own record names as the owner's. */
function* markedFromElsewhere(db: Database, problems: string[]): Generator<void, Set<unknown>, void> {
  const mine = new Set<unknown>();
  if (!columnsOf(db, 'ZABCDRECORD').has('ZME')) return mine;
  const marks = 'SELECT ZME FROM ZABCDRECORD WHERE ZME IS NOT NULL';
  yield* readRows(db, marks, 'the own card', problems, (row) => mine.add(row.ZME));
  return mine;
}

/** The rows of a table of addresses, each with its place on its card; none when a system lacks the table. */
function* readAddresses(
  db: Database,
  { rank, table, values, what }: AddressTable,
  problems: string[],
  take: (row: Row, place: Place) => void,
): Generator<void, void, void> {
  const known = columnsOf(db, table);
  if (!known.has('ZOWNER')) return;
  const columns = selectable(known, ['Z_PK', 'ZOWNER', 'ZORDERINGINDEX', 'ZLABEL', ...values]);
  const rows = `SELECT ${columns} FROM ${table} WHERE ZOWNER IS NOT NULL`;
  yield* readRows(db, rows, what, problems, (row) => {
    take(row, { table: rank, order: numberOr0(row.ZORDERINGINDEX), row: numberOr0(row.Z_PK) });
  });
}

/** What a messaging address could be reached under in Messages: the names of other services are neither. */
function kindOf(address: string): 'phones' | 'emails' | null {
  if (/^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$/.test(address)) return 'emails';
  return /^[\s()./-]*\+?(?:[\s()./-]*\d){7,15}\s*$/.test(address) ? 'phones' : null;
}

/** Some accounts keep a number in parts only. */
function assembled(row: Row): string | null {
  const local = text(row.ZLOCALNUMBER);
  if (local === null) return null;
  const country = text(row.ZCOUNTRYCODE)?.replace(/^\+?/, '+');
  return [country, text(row.ZAREACODE), local].filter((part) => part !== null && part !== undefined).join(' ');
}
