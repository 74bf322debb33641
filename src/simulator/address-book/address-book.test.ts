import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReadable } from '../../sqlite/index.ts';
import { makeOwner } from '../history/handles.ts';
import { makePeople } from '../people.ts';
import { Random } from '../random.ts';
import { makeCards, typePhone } from './cards.ts';
import { writeIosAddressBook } from './ios.ts';
import { ADDRESS_BOOK_FILE, writeAddressBook } from './macos.ts';

const NOW_MS = Date.UTC(2026, 10, 20);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'simulator-book-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function cards(count = 60) {
  const random = new Random(4);
  return makeCards(random, makeOwner(random), makePeople(random, 40), count);
}

test('cards lie in the root and in several sources, and none is lost', () => {
  const made = cards();
  const files = writeAddressBook(folder, made.cards, { random: new Random(1), nowMs: NOW_MS });
  expect(existsSync(path.join(folder, ADDRESS_BOOK_FILE))).toBe(true);
  expect(readdirSync(path.join(folder, 'Sources'))).toHaveLength(2);
  let people = 0;
  let phones = 0;
  for (const file of files) {
    const db = openReadable(file);
    const contact = db.value<number>("SELECT Z_ENT FROM Z_PRIMARYKEY WHERE Z_NAME = 'ABCDContact'");
    people += db.value<number>('SELECT count(*) FROM ZABCDRECORD WHERE Z_ENT = ?', contact) ?? 0;
    phones += db.value<number>('SELECT count(*) FROM ZABCDPHONENUMBER WHERE ZOWNER IS NOT NULL') ?? 0;
    expect(db.value('PRAGMA journal_mode')).toBe('wal');
    db.close();
  }
  expect(people).toBe(made.cards.length);
  expect(phones).toBe(made.cards.flatMap((card) => card.phones).length);
});

test('numbers of entities differ between models, their names do not', () => {
  const contactNumber = (model: 'current' | 'older'): number | null => {
    const [file = ''] = writeAddressBook(path.join(folder, model), [], { random: new Random(1), model, nowMs: NOW_MS });
    const db = openReadable(file);
    const number = db.value<number>("SELECT Z_ENT FROM Z_PRIMARYKEY WHERE Z_NAME = 'ABCDContact'");
    expect(db.value(`SELECT count(*) FROM Z_${number}PARENTGROUPS`)).toBe(0);
    db.close();
    return number;
  };
  expect([contactNumber('current'), contactNumber('older')]).toEqual([22, 21]);
});

test('the contacts: one per card, but one person in two accounts once', () => {
  const { cards: made, contacts } = cards();
  expect(contacts).toHaveLength(made.length - 1);
  expect(contacts.filter((contact) => contact.isMe)).toHaveLength(1);
  expect(contacts.filter((contact) => contact.name === 'Dora Double')).toHaveLength(1);
  expect(contacts.filter((contact) => contact.name === 'Sam Same')).toHaveLength(2);
  const shared = contacts.filter(
    (contact) => contact.name?.startsWith('O') && contact.identifiers.length === 2 && !contact.isMe,
  );
  expect(shared[0]?.identifiers.some((id) => shared[1]?.identifiers.includes(id))).toBe(true);
});

test('a number is typed in many ways, with the same digits at its end', () => {
  const random = new Random(9);
  const typed = Array.from({ length: 300 }, () => typePhone(random, '+14155550134'));
  expect(new Set(typed).size).toBeGreaterThan(6);
  for (const one of typed) expect(one.replace(/\D/g, '').slice(-10)).toBe('4155550134');
});

test('an iPhone keeps the same cards in one file', () => {
  const made = cards();
  const file = path.join(folder, 'AddressBook.sqlitedb');
  writeIosAddressBook(file, made.cards, { random: new Random(1), nowMs: NOW_MS });
  const db = openReadable(file);
  expect(db.value('SELECT count(*) FROM ABPerson')).toBe(made.cards.length);
  const values = made.cards.flatMap((card) => [...card.phones, ...card.emails]).length;
  expect(db.value('SELECT count(*) FROM ABMultiValue WHERE property IN (3, 4)')).toBe(values);
  db.close();
});
