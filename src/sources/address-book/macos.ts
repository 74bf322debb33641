import type { Database, Row } from '../../sqlite/index.ts';
import { addAddress, type Card, text, uniqueUid } from './card.ts';
import { columnsOf, readable, selectable } from './table.ts';

/** Records of all kinds share one table. Their numbers differ between systems, so that kinds are looked up by name. */
const CONTACT_ENTITIES = `SELECT Z_ENT FROM Z_PRIMARYKEY WHERE Z_NAME IN ('ABCDContact', 'ABCDSubscribedContact')`;

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

const PHONE_COLUMNS = ['ZFULLNUMBER', 'ZCOUNTRYCODE', 'ZAREACODE', 'ZLOCALNUMBER'] as const;
const EMAIL_COLUMNS = ['ZADDRESS', 'ZADDRESSNORMALIZED'] as const;

/** Reads the cards of an `AddressBook-v22.abcddb`. What is damaged is left out and named in `problems`. */
export function readMacCards(db: Database, source: string, problems: string[]): Card[] {
  const cards = new Map<unknown, Card>();
  const mine = markedFromElsewhere(db, problems);
  const taken = new Set<string>();
  const records = `SELECT ${selectable(columnsOf(db, 'ZABCDRECORD'), RECORD_COLUMNS)}
    FROM ZABCDRECORD WHERE Z_ENT IN (${CONTACT_ENTITIES})`;
  for (const row of readable(db, records, 'cards', problems)) {
    cards.set(row.Z_PK, {
      source,
      uid: uniqueUid(taken, text(row.ZUNIQUEID), Number(row.Z_PK)),
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
  }
  for (const row of owned(db, 'ZABCDPHONENUMBER', PHONE_COLUMNS, 'phone numbers', problems)) {
    const number = text(row.ZFULLNUMBER) ?? assembled(row);
    if (number !== null) addAddress(cards.get(row.ZOWNER)?.phones ?? [], number, text(row.ZLABEL));
  }
  for (const row of owned(db, 'ZABCDEMAILADDRESS', EMAIL_COLUMNS, 'e-mail addresses', problems)) {
    const address = text(row.ZADDRESS) ?? text(row.ZADDRESSNORMALIZED);
    if (address !== null) addAddress(cards.get(row.ZOWNER)?.emails ?? [], address, text(row.ZLABEL));
  }
  for (const row of owned(db, 'ZABCDMESSAGINGADDRESS', ['ZADDRESS'], 'messaging addresses', problems)) {
    const card = cards.get(row.ZOWNER);
    const address = text(row.ZADDRESS);
    if (card === undefined || address === null) continue;
    if (/^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$/.test(address)) addAddress(card.emails, address, text(row.ZLABEL));
    else if (/^[\s()./-]*\+?(?:[\s()./-]*\d){7,15}\s*$/.test(address)) {
      addAddress(card.phones, address, text(row.ZLABEL));
    }
  }
  return [...cards.values()];
}

/** Z_PKs of the cards that an account or the book's own record names as the owner's. */
function markedFromElsewhere(db: Database, problems: string[]): Set<unknown> {
  if (!columnsOf(db, 'ZABCDRECORD').has('ZME')) return new Set();
  const rows = readable(db, 'SELECT ZME FROM ZABCDRECORD WHERE ZME IS NOT NULL', 'the own card', problems);
  return new Set(rows.map((row) => row.ZME));
}

/** Rows of a table of addresses in the order in which the card shows them; none when a system lacks the table. */
function owned(db: Database, table: string, values: readonly string[], what: string, problems: string[]): Row[] {
  const known = columnsOf(db, table);
  if (!known.has('ZOWNER')) return [];
  const columns = selectable(known, ['Z_PK', 'ZOWNER', 'ZORDERINGINDEX', 'ZLABEL', ...values]);
  const rows = readable(db, `SELECT ${columns} FROM ${table} WHERE ZOWNER IS NOT NULL`, what, problems);
  const order = (row: Row, column: string) => Number(row[column] ?? 0);
  return rows.sort(
    (a, b) => order(a, 'ZORDERINGINDEX') - order(b, 'ZORDERINGINDEX') || order(a, 'Z_PK') - order(b, 'Z_PK'),
  );
}

/** Some accounts keep a number in parts only. */
function assembled(row: Row): string | null {
  const local = text(row.ZLOCALNUMBER);
  if (local === null) return null;
  const country = text(row.ZCOUNTRYCODE)?.replace(/^\+?/, '+');
  return [country, text(row.ZAREACODE), local].filter((part) => part !== null && part !== undefined).join(' ');
}
