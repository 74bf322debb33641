import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Database, openWritable } from '../../sqlite/index.ts';
import { APPLE_EPOCH_MS } from '../apple-time.ts';
import type { Random } from '../random.ts';
import { type Card, SOURCE_COUNT } from './cards.ts';
import { addressBookStatements, type EntityModel, entityModel, entityRows } from './macos-schema.ts';

export const ADDRESS_BOOK_FILE = 'AddressBook-v22.abcddb';

export type AddressBookOptions = {
  random: Random;
  /** Entity numbers: those of macOS 26, or of a model before. */
  model?: 'current' | 'older';
  /** The moment that the cards were last changed, Unix milliseconds. */
  nowMs: number;
};

/**
 * Writes an AddressBook folder as macOS keeps it: a store in the root and one for each account under `Sources/<UUID>/`,
 * each with a container, a group of people, and the cards of its source. Returns the files.
 */
export function writeAddressBook(folder: string, cards: readonly Card[], options: AddressBookOptions): string[] {
  const files: string[] = [];
  for (let source = 0; source < SOURCE_COUNT; source += 1) {
    const place = source === 0 ? folder : path.join(folder, 'Sources', options.random.uuid());
    mkdirSync(place, { recursive: true });
    const file = path.join(place, ADDRESS_BOOK_FILE);
    writeStore(
      file,
      cards.filter((card) => card.source === source),
      options,
    );
    files.push(file);
  }
  return files;
}

function writeStore(file: string, cards: readonly Card[], options: AddressBookOptions): void {
  const model = entityModel(options.model ?? 'current');
  const db = openWritable(file);
  prepareStore(db);
  db.transaction(() => {
    createStore(db, model, options.random);
    new StoreWriter(db, model, options).write(cards);
  });
  db.close();
}

/** Gives a new file the form in which Core Data keeps its stores. */
export function prepareStore(db: Database): void {
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL');
}

/** Writes the schema and the entities of an empty store. */
export function createStore(db: Database, model: EntityModel, random: Random): void {
  for (const statement of addressBookStatements(model)) db.exec(statement);
  for (const { number, name, parent } of entityRows(model)) {
    db.run('INSERT INTO Z_PRIMARYKEY (Z_ENT, Z_NAME, Z_SUPER, Z_MAX) VALUES (?, ?, ?, 0)', number, name, parent);
  }
  db.run('INSERT INTO Z_METADATA (Z_VERSION, Z_UUID) VALUES (1, ?)', random.uuid());
}

/** Tables of records with the entity at the root of each, whose row in Z_PRIMARYKEY counts the table's keys. */
const COUNTED: readonly (readonly [table: string, entity: string])[] = [
  ['ZABCDRECORD', 'ABCDRecord'],
  ['ZABCDPHONENUMBER', 'ABCDPhoneNumber'],
  ['ZABCDEMAILADDRESS', 'ABCDEmailAddress'],
  ['ZABCDMESSAGINGADDRESS', 'ABCDMessagingAddress'],
  ['ZABCDNOTE', 'ABCDNote'],
  ['ZABCDSERVICE', 'ABCDService'],
];

const LABELS = ['_$!<Mobile>!$_', '_$!<Home>!$_', '_$!<Work>!$_', '_$!<iPhone>!$_', 'Ferienhaus', null];

class StoreWriter {
  readonly #db: Database;
  readonly #random: Random;
  readonly #entities: ReadonlyMap<string, number>;
  readonly #owner: string;
  readonly #seconds: number;

  constructor(db: Database, model: EntityModel, options: AddressBookOptions) {
    this.#db = db;
    this.#random = options.random;
    this.#entities = model.entities;
    this.#owner = `Z${this.#entity('ABCDContact')}_OWNER`;
    this.#seconds = (options.nowMs - APPLE_EPOCH_MS) / 1000;
  }

  write(cards: readonly Card[]): void {
    const container = this.#record('CNCDContainer', { ZNAME1: 'Card', ZTYPE: 1 });
    const group = this.#record('ABCDGroup', { ZNAME: 'Friends', ZNAMENORMALIZED: 'friends', ZCONTAINER: container });
    this.#db.run(
      'INSERT INTO ZABCDSERVICE (Z_PK, Z_ENT, Z_OPT, ZSERVICENAME) VALUES (1, ?, 1, ?)',
      this.#entity('ABCDService'),
      'Jabber',
    );
    cards.forEach((card, index) => {
      const owner = this.#card(card, container);
      if (index % 3 === 0) this.#joinGroup(owner, group);
    });
    this.#noteHighestKeys();
  }

  #card(card: Card, container: number): number {
    const note = card.note === null ? null : this.#note(card.note);
    const owner = this.#record('ABCDContact', {
      ZFIRSTNAME: card.first,
      ZLASTNAME: card.last,
      ZNICKNAME: card.nickname,
      ZORGANIZATION: card.organization,
      ZDISPLAYFLAGS: card.isCompany ? 1 : 0,
      ZSORTINGFIRSTNAME: `${card.first ?? ''}${card.last ?? ''}`.toLowerCase(),
      ZSORTINGLASTNAME: `${card.last ?? ''}${card.first ?? ''}`.toLowerCase(),
      ZCONTAINER1: container,
      ZCONTAINERWHERECONTACTISME: card.isMe ? container : null,
      ZLINKID: null,
      ZNOTE: note,
    });
    if (card.isMe) this.#db.run('UPDATE ZABCDRECORD SET ZME = ? WHERE Z_PK = ?', owner, container);
    if (note !== null) this.#db.run('UPDATE ZABCDNOTE SET ZCONTACT = ? WHERE Z_PK = ?', owner, note);
    card.phones.forEach((phone, index) => {
      this.#value('PHONENUMBER', 'ABCDPhoneNumber', owner, index, {
        ZFULLNUMBER: phone.typed,
        ZLASTFOURDIGITS: phone.normal.slice(-4),
      });
    });
    card.emails.forEach((email, index) => {
      this.#value('EMAILADDRESS', 'ABCDEmailAddress', owner, index, {
        ZADDRESS: email.typed,
        ZADDRESSNORMALIZED: email.typed.toLowerCase(),
      });
    });
    if (card.nickname !== null) {
      // A chat account of another service: nothing that Messages knows of.
      const account = { ZSERVICE: 1, ZADDRESS: 'bear_on_jabber', ZUSERIDENTIFIER: null };
      this.#value('MESSAGINGADDRESS', 'ABCDMessagingAddress', owner, 0, account);
    }
    return owner;
  }

  #record(entity: string, fields: Record<string, string | number | null>): number {
    return this.#insert('ZABCDRECORD', entity, {
      ZUNIQUEID: `${this.#random.uuid()}:${entity === 'ABCDContact' ? 'ABPerson' : 'ABGroup'}`,
      ZCREATIONDATE: this.#seconds - 1000,
      ZMODIFICATIONDATE: this.#seconds,
      ...fields,
    });
  }

  #note(text: string): number {
    return this.#insert('ZABCDNOTE', 'ABCDNote', { ZTEXT: text });
  }

  #value(
    table: string,
    entity: string,
    owner: number,
    index: number,
    fields: Record<string, string | number | null>,
  ): void {
    this.#insert(`ZABCD${table}`, entity, {
      ZOWNER: owner,
      [this.#owner]: this.#entity('ABCDContact'),
      ZORDERINGINDEX: index,
      ZISPRIMARY: index === 0 ? 1 : 0,
      ZLABEL: this.#random.pick(LABELS),
      ZUNIQUEID: this.#random.uuid(),
      ...fields,
    });
  }

  #joinGroup(owner: number, group: number): void {
    const contact = this.#entity('ABCDContact');
    const parent = this.#entity('ABCDGroup');
    this.#db.run(
      `INSERT INTO Z_${contact}PARENTGROUPS (Z_${contact}CONTACTS, Z_${parent}PARENTGROUPS1) VALUES (?, ?)`,
      owner,
      group,
    );
  }

  #insert(table: string, entity: string, fields: Record<string, string | number | null>): number {
    const all = { Z_ENT: this.#entity(entity), Z_OPT: 1, ...fields };
    const names = Object.keys(all);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    return this.#db.run(sql, ...Object.values(all)).lastId;
  }

  /** Core Data keeps the highest key of every entity. */
  #noteHighestKeys(): void {
    for (const [table, entity] of COUNTED) {
      const highest = `SELECT ifnull(max(Z_PK), 0) FROM ${table}`;
      this.#db.run(`UPDATE Z_PRIMARYKEY SET Z_MAX = (${highest}) WHERE Z_NAME = ?`, entity);
    }
  }

  #entity(name: string): number {
    return this.#entities.get(name) ?? 0;
  }
}
