import { type Database, openWritable } from '../../sqlite/index.ts';
import { APPLE_EPOCH_MS } from '../apple-time.ts';
import type { Random } from '../random.ts';
import type { Card } from './cards.ts';

/** The tables of `AddressBook.sqlitedb` (iOS 17 and 18). In the real file guid defaults to a function that only iOS has. */
const GUID = 'guid TEXT NOT NULL DEFAULT (ab_generate_guid()), UNIQUE(guid)';

const PERSON_TEXTS = 'First Last Middle FirstPhonetic MiddlePhonetic LastPhonetic Organization Department Note';
const PERSON_LATER =
  'PhonemeData AlternateBirthday MapsData FirstPronunciation MiddlePronunciation LastPronunciation OrganizationPhonetic ' +
  'OrganizationPronunciation PreviousFamilyName PreferredLikenessSource PreferredPersonaIdentifier PreferredChannel ' +
  'DowntimeWhitelist ImageType';

const texts = (names: string): string =>
  names
    .split(' ')
    .map((name) => `${name} TEXT`)
    .join(', ');

const STATEMENTS: readonly string[] = [
  `CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, ${texts(PERSON_TEXTS)}, Kind INTEGER, Birthday TEXT,
    ${texts('JobTitle Nickname Prefix Suffix FirstSort LastSort')}, CreationDate INTEGER, ModificationDate INTEGER,
    ${texts('CompositeNameFallback ExternalIdentifier ExternalModificationTag ExternalUUID')}, StoreID INTEGER,
    DisplayName TEXT, ExternalRepresentation BLOB, FirstSortSection TEXT, LastSortSection TEXT,
    FirstSortLanguageIndex INTEGER DEFAULT 2147483647, LastSortLanguageIndex INTEGER DEFAULT 2147483647,
    PersonLink INTEGER DEFAULT -1, ImageURI TEXT, IsPreferredName INTEGER DEFAULT 1,
    guid TEXT NOT NULL DEFAULT (ab_generate_guid()), ${texts(PERSON_LATER)}, ImageHash BLOB, MemojiMetadata BLOB,
    Wallpaper BLOB, DisplayFlags INTEGER, WatchWallpaperImageData BLOB, WallpaperMetadata BLOB,
    ImageBackgroundColorsData BLOB, SensitiveContentConfiguration BLOB, WallpaperURI TEXT, ImageSyncFailedTime TEXT,
    WallpaperSyncFailedTime TEXT, UNIQUE(guid))`,
  `CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER, label INTEGER, value TEXT, ${GUID})`,
  'CREATE TABLE ABMultiValueLabel (value TEXT, UNIQUE(value))',
  'CREATE TABLE ABMultiValueEntry (parent_id INTEGER, key INTEGER, value TEXT, UNIQUE(parent_id, key))',
  'CREATE TABLE ABMultiValueEntryKey (value TEXT, UNIQUE(value))',
  `CREATE TABLE ABStore (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, Name TEXT, ExternalIdentifier TEXT, Type INTEGER,
    ConstraintsPath TEXT, ExternalModificationTag TEXT, ExternalSyncTag TEXT, StoreInternalIdentifier TEXT,
    AccountID INTEGER DEFAULT -1, Enabled INTEGER DEFAULT 1, SyncData BLOB, MeIdentifier INTEGER DEFAULT -1,
    Capabilities INTEGER DEFAULT 0, guid TEXT NOT NULL DEFAULT (ab_generate_guid()), LastSyncDate TEXT,
    ProviderIdentifier TEXT, ProviderMetadata BLOB, UNIQUE(StoreInternalIdentifier), UNIQUE(guid))`,
  `CREATE TABLE ABAccount (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, AccountIdentifier TEXT, Flags INTEGER, DefaultSourceID INTEGER, ${GUID})`,
  `CREATE TABLE ABGroup (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, Name TEXT, ExternalIdentifier TEXT, StoreID INTEGER,
    ExternalModificationTag TEXT, ExternalRepresentation BLOB, ExternalUUID TEXT, ${GUID})`,
  'CREATE TABLE ABGroupMembers (UID INTEGER PRIMARY KEY, group_id INTEGER, member_type INTEGER, member_id INTEGER, UNIQUE(group_id, member_type, member_id))',
  'CREATE TABLE ABPhoneLastFour (multivalue_id INTEGER PRIMARY KEY, value TEXT)',
  'CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key))',
  'CREATE INDEX ABFirstSortIndex ON ABPerson(FirstSortLanguageIndex, FirstSortSection, FirstSort)',
  'CREATE INDEX ABLastSortIndex ON ABPerson(LastSortLanguageIndex, LastSortSection, LastSort)',
  'CREATE INDEX ABMultiValueEntryKeyIndex ON ABMultiValueEntry(key)',
  'CREATE INDEX ABMultiValueLabelIndex ON ABMultiValue(label)',
  'CREATE INDEX ABMultiValueRecordIDIndex ON ABMultiValue(record_id)',
  'CREATE INDEX ABPhoneLastFourIndex ON ABPhoneLastFour(value)',
];

/** The kinds of ABMultiValue.property that Messages knows of. */
export const PHONE_PROPERTY = 3;
export const EMAIL_PROPERTY = 4;
const LABELS = ['_$!<Mobile>!$_', '_$!<Home>!$_', '_$!<Work>!$_'];

/** Gives a connection the function without which nothing can be inserted: iOS has it built in. */
export function registerGuids(db: Database, random: Random): void {
  db.function('ab_generate_guid', () => random.uuid(), { variadic: true });
}

/** Writes the schema, the labels and the one store of an empty book, after `registerGuids`. Returns the store's ROWID. */
export function createIosStore(db: Database): number {
  for (const statement of STATEMENTS) db.exec(statement);
  for (const label of LABELS) db.run('INSERT INTO ABMultiValueLabel (value) VALUES (?)', label);
  return db.run('INSERT INTO ABStore (Name, Type) VALUES (?, 0)', 'Local').lastId;
}

/** Writes an iPhone's `AddressBook.sqlitedb`: every card in one store, with labels, one of them dangling. */
export function writeIosAddressBook(
  file: string,
  cards: readonly Card[],
  options: { random: Random; nowMs: number },
): void {
  const { random } = options;
  const db = openWritable(file);
  registerGuids(db, random);
  const seconds = Math.floor((options.nowMs - APPLE_EPOCH_MS) / 1000);
  db.transaction(() => {
    const store = createIosStore(db);
    for (const card of cards) {
      const person = db.run(
        `INSERT INTO ABPerson (First, Last, Nickname, Organization, Note, Kind, CreationDate, ModificationDate, StoreID)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        card.first,
        card.last,
        card.nickname,
        card.organization,
        card.note,
        card.isCompany ? 1 : 0,
        seconds - 1000,
        seconds,
        store,
      ).lastId;
      if (card.isMe) db.run('UPDATE ABStore SET MeIdentifier = ? WHERE ROWID = ?', person, store);
      const add = (property: number, index: number, value: string): number =>
        db.run(
          'INSERT INTO ABMultiValue (record_id, property, identifier, label, value) VALUES (?, ?, ?, ?, ?)',
          person,
          property,
          index,
          random.pick([1, 2, 3, 99, null]),
          value,
        ).lastId;
      card.phones.forEach((phone, index) => {
        const id = add(PHONE_PROPERTY, index, phone.typed);
        db.run('INSERT INTO ABPhoneLastFour (multivalue_id, value) VALUES (?, ?)', id, phone.normal.slice(-4));
      });
      card.emails.forEach((email, index) => void add(EMAIL_PROPERTY, index, email.typed));
    }
  });
  db.close();
}
