import { existsSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { type Database, openWritable, type Value } from '../../sqlite/index.ts';
import { APPLE_EPOCH_MS } from '../apple-time.ts';
import type { Random } from '../random.ts';
import { createIosStore, EMAIL_PROPERTY, PHONE_PROPERTY, registerGuids } from './ios.ts';
import type { BookRows, CardTexts, PictureKind, ValueKind } from './pen-types.ts';

const PROPERTIES = { phone: PHONE_PROPERTY, email: EMAIL_PROPERTY } as const;
const LABELS = { phone: '_$!<Mobile>!$_', email: '_$!<Home>!$_' } as const;

/** Pictures are kept beside the book. Thumbnails exist in several sizes, each with the number of its format. */
const PICTURES_FILE = 'AddressBookImages.sqlitedb';
const PICTURES_SCHEMA = `
  CREATE TABLE ABFullSizeImage (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, record_id INTEGER, crop_x INTEGER,
    crop_y INTEGER, crop_width INTEGER, data BLOB, UNIQUE(record_id));
  CREATE TABLE ABThumbnailImage (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, record_id INTEGER, format INTEGER,
    derived_from_format INTEGER, data BLOB, UNIQUE(record_id, format))`;

/** The number under which an iPhone links cards: that of the text itself, or for a word one made from it. */
export function iosLink(linkId: string): number {
  return /^[1-9]\d{0,8}$/.test(linkId) ? Number(linkId) : crc32(linkId) || 1;
}

/** The rows of an `AddressBook.sqlitedb`, and of the pictures beside it. */
export class IosBookRows implements BookRows {
  readonly db: Database;
  readonly #random: Random;
  readonly #pictures: string;

  constructor(db: Database, file: string, random: Random, isNew: boolean) {
    this.db = db;
    this.#random = random;
    this.#pictures = path.join(path.dirname(file), PICTURES_FILE);
    registerGuids(db, random);
    if (isNew) {
      db.exec('PRAGMA journal_mode = WAL');
      db.transaction(() => createIosStore(db));
    }
    db.exec('PRAGMA synchronous = NORMAL');
  }

  newUid(): string {
    let uid: string;
    do uid = this.#random.uuid();
    while (this.findCard(uid) !== null);
    return uid;
  }

  findCard(uid: string): number | null {
    return this.db.value('SELECT ROWID FROM ABPerson WHERE guid = ?', uid);
  }

  insertCard(uid: string, atMs: number): number {
    const seconds = secondsOf(atMs);
    return this.db.run(
      `INSERT INTO ABPerson (guid, Kind, CreationDate, ModificationDate, StoreID)
         VALUES (?, 0, ?, ?, (SELECT min(ROWID) FROM ABStore))`,
      uid,
      seconds,
      seconds,
    ).lastId;
  }

  deleteCard(card: number): void {
    this.db.run('DELETE FROM ABGroupMembers WHERE member_type = 0 AND member_id = ?', card);
    this.db.run('DELETE FROM ABMultiValue WHERE record_id = ?', card);
    this.db.run('DELETE FROM ABPerson WHERE ROWID = ?', card);
  }

  writeTexts(card: number, texts: CardTexts): void {
    const fields: Record<string, Value | undefined> = {
      First: texts.firstName,
      Middle: texts.middleName,
      Last: texts.lastName,
      Nickname: texts.nickname,
      Organization: texts.organization,
      Kind: texts.isCompany === undefined ? undefined : Number(texts.isCompany),
      PersonLink: texts.linkId === null ? -1 : texts.linkId === undefined ? undefined : iosLink(texts.linkId),
    };
    for (const [column, value] of Object.entries(fields)) {
      if (value !== undefined) this.db.run(`UPDATE ABPerson SET ${column} = ? WHERE ROWID = ?`, value, card);
    }
  }

  touch(card: number, atMs: number): void {
    this.db.run('UPDATE ABPerson SET ModificationDate = ? WHERE ROWID = ?', secondsOf(atMs), card);
  }

  values(card: number, kind: ValueKind): { row: number; value: string }[] {
    const sql = 'SELECT UID AS row, value FROM ABMultiValue WHERE record_id = ? AND property = ? ORDER BY UID';
    return this.db.all(sql, card, PROPERTIES[kind]);
  }

  insertValue(card: number, kind: ValueKind, value: string): void {
    const { lastId } = this.db.run(
      `INSERT INTO ABMultiValue (record_id, property, identifier, label, value, guid)
         VALUES (?1, ?2, (SELECT ifnull(max(identifier), -1) + 1 FROM ABMultiValue WHERE record_id = ?1 AND property = ?2),
           (SELECT rowid FROM ABMultiValueLabel WHERE value = ?3), ?4, ?5)`,
      card,
      PROPERTIES[kind],
      LABELS[kind],
      value,
      this.#newValueGuid(),
    );
    if (kind === 'email') return;
    const lastFour = value.replace(/\D/g, '').slice(-4);
    this.db.run('INSERT INTO ABPhoneLastFour (multivalue_id, value) VALUES (?, ?)', lastId, lastFour);
  }

  deleteValue(row: number): void {
    this.db.run('DELETE FROM ABPhoneLastFour WHERE multivalue_id = ?', row);
    this.db.run('DELETE FROM ABMultiValue WHERE UID = ?', row);
  }

  me(): number | null {
    return this.db.value('SELECT min(MeIdentifier) FROM ABStore WHERE MeIdentifier > 0');
  }

  markMe(card: number | null): void {
    this.db.run('UPDATE ABStore SET MeIdentifier = -1 WHERE MeIdentifier <> -1');
    if (card === null) return;
    const sql = 'UPDATE ABStore SET MeIdentifier = ? WHERE ROWID = (SELECT min(ROWID) FROM ABStore)';
    this.db.run(sql, card);
  }

  /** Written at once: the two files have no transaction in common on an iPhone either. */
  writePicture(card: number, kind: PictureKind, bytes: Uint8Array | null): void {
    const isNew = !existsSync(this.#pictures);
    if (isNew && bytes === null) return;
    using pictures = openWritable(this.#pictures);
    if (isNew) pictures.exec(PICTURES_SCHEMA);
    const table = kind === 'image' ? 'ABFullSizeImage' : 'ABThumbnailImage';
    pictures.run(`DELETE FROM ${table} WHERE record_id = ?`, card);
    if (bytes === null) return;
    pictures.run(`INSERT INTO ${table} (record_id, data) VALUES (?, ?)`, card, bytes);
    if (kind === 'thumbnail') pictures.run(`UPDATE ${table} SET format = 0 WHERE record_id = ?`, card);
  }

  close(): void {
    this.db.close();
  }

  #newValueGuid(): string {
    let guid: string;
    do guid = this.#random.uuid();
    while (this.db.value('SELECT 1 FROM ABMultiValue WHERE guid = ?', guid) !== null);
    return guid;
  }
}

function secondsOf(atMs: number): number {
  return Math.floor((atMs - APPLE_EPOCH_MS) / 1000);
}
