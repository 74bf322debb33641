import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Database, Value } from '../../sqlite/index.ts';
import { appleSeconds } from '../apple-time.ts';
import type { Random } from '../random.ts';
import { createStore, prepareStore } from './macos.ts';
import { entityModel } from './macos-schema.ts';
import type { BookRows, CardTexts, PictureKind, ValueKind } from './pen-types.ts';

/** The entity at the root of each table that is written, by the table's name. */
const ROOTS = {
  ZABCDRECORD: 'ABCDRecord',
  ZABCDPHONENUMBER: 'ABCDPhoneNumber',
  ZABCDEMAILADDRESS: 'ABCDEmailAddress',
  ZABCDDELETEDRECORDLOG: 'ABCDDeletedRecordLog',
} as const;
type Table = keyof typeof ROOTS;

const VALUES = {
  phone: { table: 'ZABCDPHONENUMBER', entity: 'ABCDPhoneNumber', column: 'ZFULLNUMBER', label: '_$!<Mobile>!$_' },
  email: { table: 'ZABCDEMAILADDRESS', entity: 'ABCDEmailAddress', column: 'ZADDRESS', label: '_$!<Home>!$_' },
} as const;

const PICTURE_COLUMNS = { image: 'ZIMAGEDATA', thumbnail: 'ZTHUMBNAILIMAGEDATA' } as const;

/** Core Data keeps values beyond this many bytes in files of their own. */
const INLINE_BYTES_LIMIT = 100_000;

/** The rows of an `AddressBook-v22.abcddb`. `model`: the entity numbers of a new one; null opens one that is there. */
export class MacBookRows implements BookRows {
  readonly db: Database;
  readonly #random: Random;
  readonly #externalData: string;
  readonly #entities: ReadonlyMap<string, number>;
  readonly #container: number;

  constructor(db: Database, file: string, random: Random, model: 'current' | 'older' | null) {
    this.db = db;
    this.#random = random;
    const store = path.basename(file, path.extname(file));
    this.#externalData = path.join(path.dirname(file), `.${store}_SUPPORT`, '_EXTERNAL_DATA');
    if (model !== null) {
      prepareStore(db);
      db.transaction(() => createStore(db, entityModel(model), random));
    }
    // As Core Data does: what a commit of Contacts costs is not a wait for the disk.
    db.exec('PRAGMA synchronous = NORMAL');
    const entities = db.all<{ name: string; number: number }>(
      'SELECT Z_NAME AS name, Z_ENT AS number FROM Z_PRIMARYKEY',
    );
    this.#entities = new Map(entities.map(({ name, number }) => [name, number]));
    this.#container = db.transaction(() => this.#findContainer() ?? this.#insertContainer());
  }

  newUid(): string {
    let uid: string;
    do uid = `${this.#random.uuid()}:ABPerson`;
    while (this.findCard(uid) !== null);
    return uid;
  }

  findCard(uid: string): number | null {
    const sql = 'SELECT min(Z_PK) FROM ZABCDRECORD WHERE ZUNIQUEID = ? AND Z_ENT IN (?, ?)';
    return this.db.value(sql, uid, this.#entity('ABCDContact'), this.#entity('ABCDSubscribedContact'));
  }

  insertCard(uid: string, atMs: number): number {
    return this.#insert('ZABCDRECORD', 'ABCDContact', {
      ZUNIQUEID: uid,
      ZDISPLAYFLAGS: 0,
      ZCONTAINER1: this.#container,
      ZCREATIONDATE: appleSeconds(atMs),
      ZMODIFICATIONDATE: appleSeconds(atMs),
    });
  }

  deleteCard(card: number): void {
    this.#insert('ZABCDDELETEDRECORDLOG', 'ABCDDeletedRecordLog', {
      ZCONTAINER: this.#container,
      ZDELETEDRECORDUNIQUEID: this.db.value<string>('SELECT ZUNIQUEID FROM ZABCDRECORD WHERE Z_PK = ?', card),
      ZUNIQUEID: this.#random.uuid(),
    });
    const contact = this.#entity('ABCDContact');
    this.db.run(`DELETE FROM Z_${contact}PARENTGROUPS WHERE Z_${contact}CONTACTS = ?`, card);
    this.db.run('DELETE FROM ZABCDMESSAGINGADDRESS WHERE ZOWNER = ?', card);
    this.db.run('DELETE FROM ZABCDNOTE WHERE ZCONTACT = ?', card);
    this.db.run('DELETE FROM ZABCDRECORD WHERE Z_PK = ?', card);
  }

  writeTexts(card: number, texts: CardTexts): void {
    this.#update(card, {
      ZFIRSTNAME: texts.firstName,
      ZMIDDLENAME: texts.middleName,
      ZLASTNAME: texts.lastName,
      ZNICKNAME: texts.nickname,
      ZORGANIZATION: texts.organization,
      ZLINKID: texts.linkId,
      ZDISPLAYFLAGS: texts.isCompany === undefined ? undefined : Number(texts.isCompany),
    });
    this.db.run(
      `UPDATE ZABCDRECORD SET ZSORTINGFIRSTNAME = lower(ifnull(ZFIRSTNAME, '') || ifnull(ZLASTNAME, '')),
         ZSORTINGLASTNAME = lower(ifnull(ZLASTNAME, '') || ifnull(ZFIRSTNAME, '')) WHERE Z_PK = ?`,
      card,
    );
  }

  touch(card: number, atMs: number): void {
    this.db.run(
      'UPDATE ZABCDRECORD SET Z_OPT = Z_OPT + 1, ZMODIFICATIONDATE = ? WHERE Z_PK = ?',
      appleSeconds(atMs),
      card,
    );
  }

  values(card: number, kind: ValueKind): { row: number; value: string }[] {
    const { table, column } = VALUES[kind];
    return this.db.all(
      `SELECT Z_PK AS row, ${column} AS value FROM ${table} WHERE ZOWNER = ? ORDER BY ZORDERINGINDEX, Z_PK`,
      card,
    );
  }

  insertValue(card: number, kind: ValueKind, value: string): void {
    const { table, entity, column, label } = VALUES[kind];
    const last = this.db.value<number>(`SELECT max(ZORDERINGINDEX) FROM ${table} WHERE ZOWNER = ?`, card);
    this.#insert(table, entity, {
      ZOWNER: card,
      [`Z${this.#entity('ABCDContact')}_OWNER`]: this.#entity('ABCDContact'),
      ZORDERINGINDEX: (last ?? -1) + 1,
      ZISPRIMARY: last === null ? 1 : 0,
      ZLABEL: label,
      ZUNIQUEID: this.#random.uuid(),
      [column]: value,
      ...(kind === 'phone'
        ? { ZLASTFOURDIGITS: value.replace(/\D/g, '').slice(-4) }
        : { ZADDRESSNORMALIZED: value.toLowerCase() }),
    });
  }

  deleteValue(row: number, kind: ValueKind): void {
    this.db.run(`DELETE FROM ${VALUES[kind].table} WHERE Z_PK = ?`, row);
  }

  me(): number | null {
    return this.db.value('SELECT min(Z_PK) FROM ZABCDRECORD WHERE ZCONTAINERWHERECONTACTISME IS NOT NULL');
  }

  markMe(card: number | null): void {
    const named = `Z${this.#entity('ABCDContact')}_ME`;
    this.db.run(
      'UPDATE ZABCDRECORD SET ZCONTAINERWHERECONTACTISME = NULL WHERE ZCONTAINERWHERECONTACTISME IS NOT NULL',
    );
    this.db.run(`UPDATE ZABCDRECORD SET ZME = NULL, ${named} = NULL WHERE ZME IS NOT NULL`);
    if (card === null) return;
    this.#update(card, { ZCONTAINERWHERECONTACTISME: this.#container });
    this.#update(this.#container, { ZME: card, [named]: this.#entity('ABCDContact') });
  }

  writePicture(card: number, kind: PictureKind, bytes: Uint8Array | null): void {
    const column = PICTURE_COLUMNS[kind];
    const old = this.db.value<Uint8Array>(`SELECT ${column} FROM ZABCDRECORD WHERE Z_PK = ?`, card);
    this.#update(card, { [column]: bytes === null ? null : this.#keep(bytes) });
    if (old?.[0] !== 2) return;
    rmSync(path.join(this.#externalData, Buffer.from(old.subarray(1, -1)).toString('latin1')), { force: true });
  }

  close(): void {
    this.db.close();
  }

  /** What a column has of a large value: 1 and the value, or 2, the name of its file, and 0. */
  #keep(bytes: Uint8Array): Uint8Array {
    if (bytes.length <= INLINE_BYTES_LIMIT) return Buffer.concat([Uint8Array.of(1), bytes]);
    const name = this.#random.uuid();
    mkdirSync(this.#externalData, { recursive: true });
    writeFileSync(path.join(this.#externalData, name), bytes);
    return Buffer.from(`\u0002${name}\u0000`, 'latin1');
  }

  #findContainer(): number | null {
    const sql = 'SELECT min(Z_PK) FROM ZABCDRECORD WHERE Z_ENT = ?';
    return this.db.value(sql, this.#entity('CNCDContainer'));
  }

  #insertContainer(): number {
    return this.#insert('ZABCDRECORD', 'CNCDContainer', {
      ZUNIQUEID: `${this.#random.uuid()}:ABGroup`,
      ZNAME1: 'Card',
      ZTYPE: 1,
    });
  }

  #insert(table: Table, entity: string, fields: Record<string, Value>): number {
    const all: Record<string, Value> = { Z_PK: this.#nextKey(table), Z_ENT: this.#entity(entity), Z_OPT: 1, ...fields };
    const names = Object.keys(all);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    return this.db.run(sql, ...Object.values(all)).lastId;
  }

  /** Core Data counts the keys of a table up, and never gives out one a second time. */
  #nextKey(table: Table): number {
    const highest = `(SELECT ifnull(max(Z_PK), 0) FROM ${table})`;
    this.db.run(`UPDATE Z_PRIMARYKEY SET Z_MAX = max(ifnull(Z_MAX, 0), ${highest}) + 1 WHERE Z_NAME = ?`, ROOTS[table]);
    return this.db.value<number>('SELECT Z_MAX FROM Z_PRIMARYKEY WHERE Z_NAME = ?', ROOTS[table]) ?? 1;
  }

  /** Writes the columns that have a value; undefined leaves one as it is. */
  #update(record: number, fields: Record<string, Value | undefined>): void {
    for (const [column, value] of Object.entries(fields)) {
      if (value !== undefined) this.db.run(`UPDATE ZABCDRECORD SET ${column} = ? WHERE Z_PK = ?`, value, record);
    }
  }

  #entity(name: string): number {
    return this.#entities.get(name) ?? 0;
  }
}
