import type { Database } from '../../sqlite/index.ts';
import { type Card, text } from './card.ts';
import { Drafts } from './drafts.ts';
import { columnsOf, numberOr0, readRows, selectable } from './table.ts';

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

/** The `uid` of a card: its own identity, or its row's number on systems that gave it none. */
export function iosUid(guid: unknown, row: number): string {
  return text(guid) ?? String(row);
}

/** Reads the cards of an `AddressBook.sqlitedb` in slices. What is damaged is left out and named in `problems`. */
export function* readIosCards(db: Database, source: string, problems: string[]): Generator<void, Card[], void> {
  const drafts = new Drafts();
  const mine = yield* ownCards(db, problems);
  const known = columnsOf(db, 'ABPerson').add('ROWID');
  const people = `SELECT ${selectable(known, PERSON_COLUMNS)} FROM ABPerson`;
  yield* readRows(db, people, 'cards', problems, (row) => {
    const rowid = Number(row.ROWID);
    const link = row.PersonLink;
    drafts.add(rowid, {
      source,
      uid: iosUid(row.guid, rowid),
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
  });
  const labels = yield* labelTexts(db, problems);
  if (columnsOf(db, 'ABMultiValue').size > 0) {
    const values = `SELECT UID, record_id, property, label, value FROM ABMultiValue
      WHERE property IN (${PHONE}, ${EMAIL}) AND value IS NOT NULL`;
    yield* readRows(db, values, 'phones and e-mails', problems, (row) => {
      const value = text(row.value);
      if (value === null) return;
      const kind = row.property === PHONE ? 'phones' : 'emails';
      const label = labels.get(row.label) ?? null;
      drafts.addAddress(row.record_id, kind, { value, label }, { table: 0, order: 0, row: numberOr0(row.UID) });
    });
  }
  return yield* drafts.finish();
}

/** ROWIDs of the cards that a store names as the owner's. Old systems do not say. */
function* ownCards(db: Database, problems: string[]): Generator<void, Set<unknown>, void> {
  const mine = new Set<unknown>();
  if (!columnsOf(db, 'ABStore').has('MeIdentifier')) return mine;
  const marks = 'SELECT MeIdentifier FROM ABStore WHERE MeIdentifier > 0';
  yield* readRows(db, marks, 'the own card', problems, (row) => mine.add(row.MeIdentifier));
  return mine;
}

/** Labels are kept apart, under their implicit row number. */
function* labelTexts(db: Database, problems: string[]): Generator<void, Map<unknown, string | null>, void> {
  const labels = new Map<unknown, string | null>();
  if (columnsOf(db, 'ABMultiValueLabel').size === 0) return labels;
  const rows = 'SELECT rowid AS id, value FROM ABMultiValueLabel';
  yield* readRows(db, rows, 'labels', problems, (row) => labels.set(row.id, text(row.value)));
  return labels;
}
