import type { Database } from '../../sqlite/index.ts';
import { addAddress, type Card, text, uniqueUid } from './card.ts';
import { columnsOf, readable, selectable } from './table.ts';

const PERSON_COLUMNS = [
  'ROWID',
  'First',
  'Middle',
  'Last',
  'Nickname',
  'Organization',
  'Kind',
  'PersonLink',
  'guid',
] as const;

const KIND_ORGANIZATION = 1;
const PHONE = 3;
const EMAIL = 4;

/** Reads the cards of an `AddressBook.sqlitedb`. What is damaged is left out and named in `problems`. */
export function readIosCards(db: Database, source: string, problems: string[]): Card[] {
  const cards = new Map<unknown, Card>();
  const mine = ownCards(db, problems);
  const taken = new Set<string>();
  const known = columnsOf(db, 'ABPerson').add('ROWID');
  const people = `SELECT ${selectable(known, PERSON_COLUMNS)} FROM ABPerson`;
  for (const row of readable(db, people, 'cards', problems)) {
    const rowid = Number(row.ROWID);
    const link = row.PersonLink;
    cards.set(rowid, {
      source,
      uid: uniqueUid(taken, text(row.guid) ?? String(rowid), rowid),
      firstName: text(row.First),
      middleName: text(row.Middle),
      lastName: text(row.Last),
      nickname: text(row.Nickname),
      organization: text(row.Organization),
      isOrganization: Number(row.Kind ?? 0) === KIND_ORGANIZATION,
      isMe: mine.has(rowid),
      // A number counts within this file only, so that it must not meet another's.
      linkId: typeof link === 'number' && link > 0 ? `${source}:${link}` : null,
      phones: [],
      emails: [],
    });
  }
  const labels = labelTexts(db, problems);
  const values = `SELECT UID, record_id, property, label, value FROM ABMultiValue
    WHERE property IN (${PHONE}, ${EMAIL}) AND value IS NOT NULL`;
  const rows = columnsOf(db, 'ABMultiValue').size === 0 ? [] : readable(db, values, 'phones and e-mails', problems);
  rows.sort((a, b) => Number(a.UID) - Number(b.UID));
  for (const row of rows) {
    const card = cards.get(row.record_id);
    const value = text(row.value);
    if (card === undefined || value === null) continue;
    addAddress(row.property === PHONE ? card.phones : card.emails, value, labels.get(row.label) ?? null);
  }
  return [...cards.values()];
}

/** ROWIDs of the cards that a store names as the owner's. Old systems do not say. */
function ownCards(db: Database, problems: string[]): Set<unknown> {
  if (!columnsOf(db, 'ABStore').has('MeIdentifier')) return new Set();
  const rows = readable(db, 'SELECT MeIdentifier FROM ABStore WHERE MeIdentifier > 0', 'the own card', problems);
  return new Set(rows.map((row) => row.MeIdentifier));
}

/** Labels are kept apart, under their implicit row number. */
function labelTexts(db: Database, problems: string[]): Map<unknown, string | null> {
  if (columnsOf(db, 'ABMultiValueLabel').size === 0) return new Map();
  const rows = readable(db, 'SELECT rowid AS id, value FROM ABMultiValueLabel', 'labels', problems);
  return new Map(rows.map((row) => [row.id, text(row.value)]));
}
