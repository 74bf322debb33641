import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAddressBook, readAvatar, readBookStamp } from '../../sources/address-book/index.ts';
import { openReadable } from '../../sqlite/index.ts';
import { makeOwner } from '../history/handles.ts';
import { Random } from '../random.ts';
import { makeCards } from './cards.ts';
import { iosLink } from './ios-rows.ts';
import { writeAddressBook } from './macos.ts';
import { type BookPen, openBookPen } from './pen.ts';
import type { PenCard } from './pen-types.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'book-pen-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Kind = 'macos' | 'ios';
const SYSTEMS: [name: string, kind: Kind, model: 'current' | 'older'][] = [
  ['macOS 26', 'macos', 'current'],
  ['an older macOS', 'macos', 'older'],
  ['iOS', 'ios', 'current'],
];
const fileOf = (kind: Kind, name = kind as string) =>
  path.join(folder, name, kind === 'ios' ? 'AddressBook.sqlitedb' : 'AddressBook-v22.abcddb');
const bookAt = (file: string, kind: Kind) => ({
  path: file,
  source: kind === 'ios' ? 'ios' : 'local',
  sealed: false,
});

/** What a card says, as a person would compare two: identifiers in their order, labels left out. */
type Said = Required<Omit<PenCard, 'image' | 'thumbnail'>>;

function said(content: PenCard, kind: Kind): Said {
  const { linkId = null } = content;
  return {
    firstName: content.firstName ?? null,
    middleName: content.middleName ?? null,
    lastName: content.lastName ?? null,
    nickname: content.nickname ?? null,
    organization: content.organization ?? null,
    isCompany: content.isCompany ?? false,
    isMe: content.isMe ?? false,
    linkId: linkId === null || kind === 'macos' ? linkId : `ios:${iosLink(linkId)}`,
    // Contacts lets a card have a number twice; to say it twice means nothing.
    phones: [...new Set(content.phones)],
    emails: [...new Set(content.emails)],
  };
}

function readBook(file: string, kind: Kind): Record<string, Said> {
  const { cards, problems } = readAddressBook(bookAt(file, kind));
  expect(problems).toEqual([]);
  return Object.fromEntries(
    cards.map(({ uid, source: _, isOrganization, phones, emails, ...rest }) => [
      uid,
      {
        ...rest,
        isCompany: isOrganization,
        phones: phones.map(({ value }) => value),
        emails: emails.map(({ value }) => value),
      },
    ]),
  );
}

const phone = fc.constantFrom('+1 415 555 0101', '(415) 555-0102', '4155550103', '+49 30 1234567', '22000');
const email = fc.constantFrom('anna@example.com', 'Ben@Example.com', '<eve@example.org>');
const name = fc.option(fc.constantFrom('Anna', 'Ben', 'Иван', 'O’Hara', 'x'), { nil: null });
const content: fc.Arbitrary<PenCard> = fc.record(
  {
    firstName: name,
    middleName: name,
    lastName: name,
    nickname: name,
    organization: name,
    isCompany: fc.boolean(),
    linkId: fc.option(fc.constantFrom('L1', '7'), { nil: null }),
    isMe: fc.boolean(),
    phones: fc.array(phone, { maxLength: 4 }),
    emails: fc.array(email, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** An edit; `at` and `to` choose among the cards that are there. */
type Edit =
  | { act: 'add'; content: PenCard }
  | { act: 'edit'; at: number; content: PenCard }
  | { act: 'remove'; at: number }
  | { act: 'me'; at: number }
  | { act: 'addPhone'; at: number; value: string }
  | { act: 'addEmail'; at: number; value: string }
  | { act: 'removePhone'; at: number; nth: number }
  | { act: 'removeEmail'; at: number; nth: number }
  | { act: 'movePhone'; at: number; nth: number; to: number }
  | { act: 'reopen' };

const at = fc.nat(50);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('add' as const), content }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('edit' as const), at, content }) },
  fc.record({ act: fc.constant('remove' as const), at }),
  fc.record({ act: fc.constant('me' as const), at }),
  fc.record({ act: fc.constant('addPhone' as const), at, value: phone }),
  fc.record({ act: fc.constant('addEmail' as const), at, value: email }),
  fc.record({ act: fc.constant('removePhone' as const), at, nth: at }),
  fc.record({ act: fc.constant('removeEmail' as const), at, nth: at }),
  fc.record({ act: fc.constant('movePhone' as const), at, nth: at, to: at }),
  fc.record({ act: fc.constant('reopen' as const) }),
);

/** The same edits made to plain objects. A value that is there twice is there twice, too. */
class Model {
  readonly cards = new Map<string, PenCard>();

  pick(number: number): string | null {
    return [...this.cards.keys()][number % Math.max(1, this.cards.size)] ?? null;
  }

  write(uid: string, changes: PenCard): void {
    if (changes.isMe === true) this.setMe(null);
    this.cards.set(uid, { ...this.cards.get(uid), ...changes });
  }

  setMe(uid: string | null): void {
    for (const [other, card] of this.cards) this.cards.set(other, { ...card, isMe: other === uid });
  }

  values(uid: string, list: 'phones' | 'emails'): readonly string[] {
    return this.cards.get(uid)?.[list] ?? [];
  }

  said(kind: Kind): Record<string, Said> {
    return Object.fromEntries([...this.cards].map(([uid, card]) => [uid, said(card, kind)]));
  }
}

function without(values: readonly string[], value: string): string[] {
  const first = values.indexOf(value);
  return values.filter((_, index) => index !== first);
}

/** Makes one edit on both sides. False when there was nothing to do it with. */
function perform(pen: BookPen, model: Model, step: Exclude<Edit, { act: 'reopen' }>): boolean {
  if (step.act === 'add') {
    const uid = pen.addCard(step.content);
    model.write(uid, step.content);
    return true;
  }
  const uid = model.pick(step.at);
  if (uid === null) return false;
  if (step.act === 'edit') {
    pen.editCard(uid, step.content);
    model.write(uid, step.content);
  } else if (step.act === 'remove') {
    pen.removeCard(uid);
    model.cards.delete(uid);
  } else if (step.act === 'me') {
    pen.setMe(uid);
    model.setMe(uid);
  } else if (step.act === 'addPhone' || step.act === 'addEmail') {
    pen[step.act](uid, step.value);
    const list = step.act === 'addPhone' ? 'phones' : 'emails';
    model.write(uid, { [list]: [...model.values(uid, list), step.value] });
  } else {
    const list = step.act === 'removeEmail' ? 'emails' : 'phones';
    const values = model.values(uid, list);
    const value = values[step.nth % Math.max(1, values.length)];
    if (value === undefined) return false;
    model.write(uid, { [list]: without(values, value) });
    if (step.act !== 'movePhone') {
      pen[step.act](uid, value);
    } else {
      const to = model.pick(step.to) ?? uid;
      pen.movePhone(uid, to, value);
      model.write(to, { phones: [...model.values(to, 'phones'), value] });
    }
  }
  return true;
}

/** The laws of a Core Data store: no key above what is kept of its table's entity, and every entity a known one. */
function checkKeys(file: string): void {
  using db = openReadable(file);
  const roots = {
    ZABCDRECORD: 'ABCDRecord',
    ZABCDPHONENUMBER: 'ABCDPhoneNumber',
    ZABCDEMAILADDRESS: 'ABCDEmailAddress',
    ZABCDDELETEDRECORDLOG: 'ABCDDeletedRecordLog',
  };
  for (const [table, root] of Object.entries(roots)) {
    const kept = db.value('SELECT Z_MAX FROM Z_PRIMARYKEY WHERE Z_NAME = ?', root);
    expect(kept, table).toBeGreaterThanOrEqual(db.value<number>(`SELECT ifnull(max(Z_PK), 0) FROM ${table}`) ?? 0);
    expect(db.value(`SELECT count(*) FROM ${table} WHERE Z_ENT NOT IN (SELECT Z_ENT FROM Z_PRIMARYKEY)`)).toBe(0);
  }
  expect(db.value('PRAGMA journal_mode')).toBe('wal');
}

describe.each(SYSTEMS)('a book of %s', (_name, kind, model) => {
  let runs = 0;
  const open = (file: string, seed = 1) => openBookPen(file, kind, { model, random: new Random(seed) });
  const newFile = () => {
    runs += 1;
    return fileOf(kind, String(runs));
  };

  it('says to its reader what was written, after every edit, and its stamp changes with every edit', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 25 }), (edits) => {
        const file = newFile();
        const known = new Model();
        let pen = open(file);
        for (const step of edits) {
          if (step.act === 'reopen') {
            pen.close();
            // The same seed again: identities of cards that are there must not be given out twice.
            pen = open(file);
            continue;
          }
          const before = readBookStamp(file);
          const done = perform(pen, known, step);
          if (done) expect(readBookStamp(file), step.act).not.toBe(before);
          expect(readBook(file, kind)).toEqual(known.said(kind));
        }
        if (kind === 'macos') checkKeys(file);
        pen.close();
        expect(readBook(file, kind)).toEqual(known.said(kind));
      }),
      { numRuns: 40 },
    );
  });

  it('keeps the pictures of its cards, small and large, and loses them with the card', () => {
    const file = newFile();
    using pen = open(file);
    const jpeg = (length: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(length, 7)]);
    const uid = pen.addCard({ firstName: 'Anna', thumbnail: jpeg(500) });
    const other = pen.addCard({ firstName: 'Ben' });
    const bytesOf = (of: string) => readAvatar(bookAt(file, kind), of)?.bytes.length ?? null;
    expect([bytesOf(uid), bytesOf(other)]).toEqual([504, null]);
    pen.editCard(uid, { image: jpeg(300_000) });
    expect(bytesOf(uid)).toBe(300_004);
    pen.editCard(uid, { image: jpeg(200_000) });
    expect(bytesOf(uid)).toBe(200_004);
    const external = path.join(path.dirname(file), '.AddressBook-v22_SUPPORT', '_EXTERNAL_DATA');
    if (kind === 'macos') expect(readdirSync(external)).toHaveLength(1);
    pen.editCard(uid, { image: null });
    expect(bytesOf(uid)).toBe(504);
    pen.removeCard(uid);
    expect(bytesOf(uid)).toBe(null);
    if (kind === 'macos') expect(readdirSync(external)).toEqual([]);
  });

  it('is seen before or after an act of several steps, never within, and as before when it fails', () => {
    const file = newFile();
    using pen = open(file);
    const [from, to] = [pen.addCard({ phones: ['22000'] }), pen.addCard({})];
    const phones = () => Object.values(readBook(file, kind)).map((card) => card.phones);
    pen.inOneCommit(() => {
      pen.movePhone(from, to, '22000');
      pen.addPhone(from, '22001');
      expect(phones()).toEqual([['22000'], []]);
    });
    expect(phones()).toEqual([['22001'], ['22000']]);
    expect(() => pen.movePhone(from, 'nobody', '22001')).toThrow('no card with this uid');
    expect(() => pen.removePhone(to, '22001')).toThrow('no such phone');
    expect(phones()).toEqual([['22001'], ['22000']]);
  });

  it('takes a uid that is given, once', () => {
    const file = newFile();
    using pen = open(file);
    expect(pen.addCard({ uid: 'U1' })).toBe('U1');
    expect(() => pen.addCard({ uid: 'U1' })).toThrow('already');
    expect(Object.keys(readBook(file, kind))).toEqual(['U1']);
  });
});

it('gives out no key of a macOS book a second time', () => {
  const file = fileOf('macos');
  using pen = openBookPen(file, 'macos');
  const keys = () => {
    using db = openReadable(file);
    const cards = db.all<{ key: number }>('SELECT Z_PK AS key FROM ZABCDRECORD WHERE ZUNIQUEID LIKE ?', '%:ABPerson');
    return cards.map(({ key }) => key);
  };
  const first = pen.addCard({});
  const before = keys();
  pen.removeCard(first);
  pen.addCard({});
  expect(keys()).toEqual(before.map((key) => key + 1));
});

it('edits a book that is there, under the numbers of its entities', () => {
  const random = new Random(5);
  const { cards } = makeCards(random, makeOwner(random), [], 20);
  const files = writeAddressBook(folder, cards, { random, model: 'older', nowMs: 0 });
  for (const file of files) {
    checkKeys(file);
    const before = readBook(file, 'macos');
    using pen = openBookPen(file, 'macos');
    const me = Object.entries(before).find(([, card]) => card.isMe)?.[0];
    const uid = pen.addCard({ firstName: 'Anna', isMe: true, phones: ['22000'] });
    const after = readBook(file, 'macos');
    expect(Object.keys(after)).toHaveLength(Object.keys(before).length + 1);
    expect(after[uid]).toEqual(said({ firstName: 'Anna', isMe: true, phones: ['22000'] }, 'macos'));
    if (me !== undefined) expect(after[me]?.isMe).toBe(false);
    checkKeys(file);
  }
  expect(existsSync(`${files[0]}-wal`)).toBe(false);
});
