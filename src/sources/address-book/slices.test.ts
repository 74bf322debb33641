import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBookPen } from '../../simulator/index.ts';
import { openWritable } from '../../sqlite/index.ts';
import { Drafts } from './drafts.ts';
import { type AddressBookContent, readAddressBook, readAddressBookSlices } from './index.ts';
import { SLICE_ROWS } from './limits.ts';

let folder = '';
let book = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'book-slices-'));
  book = path.join(folder, 'AddressBook-v22.abcddb');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => ({ path: book, source: 'local', sealed: false });

/** Reads to the end, calling `between` in every pause. */
function readWith(between: () => void): { content: AddressBookContent; pauses: number } {
  const slices = readAddressBookSlices(file());
  let pauses = 0;
  while (true) {
    const slice = slices.next();
    if (slice.done === true) return { content: slice.value, pauses };
    pauses += 1;
    between();
  }
}

describe.each(['macos', 'ios'] as const)('a book of %s in slices', (kind) => {
  const fill = (cards: number) => {
    const pen = openBookPen(book, kind);
    pen.inOneCommit(() => {
      for (let n = 0; n < cards; n += 1) pen.addCard({ uid: `U${n}`, firstName: 'Anna', phones: [`${n}`, `${n}1`] });
    });
    return pen;
  };

  it('is the same as read at once, with a pause for every slice of cards, of numbers, and of cards put together', () => {
    using _pen = fill(4 * SLICE_ROWS);
    const { content, pauses } = readWith(() => undefined);
    expect(content).toEqual(readAddressBook(file()));
    expect(content.cards).toHaveLength(4 * SLICE_ROWS);
    expect(pauses).toBeGreaterThanOrEqual(4 + 8 + 4);
  });

  it('is one instant: what others commit in the pauses is in none of it, and is not held up', () => {
    using pen = fill(2 * SLICE_ROWS);
    const before = readAddressBook(file());
    const { content } = readWith(() => {
      pen.addCard({ firstName: 'Ben' });
      pen.addPhone('U0', '22000');
      pen.editCard(`U${2 * SLICE_ROWS - 1}`, { firstName: 'Eve', phones: [] });
    });
    expect(content).toEqual(before);
    expect(readAddressBook(file()).cards.length).toBeGreaterThan(2 * SLICE_ROWS);
  });

  it('can be left in the middle, which closes the book', () => {
    using pen = fill(2 * SLICE_ROWS);
    const slices = readAddressBookSlices(file());
    slices.next();
    slices.return({ cards: [], problems: [] });
    pen.close();
    // The last to leave takes the -wal away, and a reader that were still there would prevent it.
    using db = openWritable(book);
    expect(db.value('PRAGMA journal_mode = DELETE')).toBe('delete');
  });
});

it('names a book that is locked as a problem, soon', () => {
  using db = openWritable(book);
  db.exec('CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY, First TEXT); BEGIN EXCLUSIVE');
  expect(readWith(() => undefined).content).toEqual({
    cards: [],
    problems: [`${book}: locked by another program`],
  });
});

describe('cards whose rows lie in any order', () => {
  const blank = {
    source: 'local',
    firstName: null,
    middleName: null,
    lastName: null,
    nickname: null,
    organization: null,
    isOrganization: false,
    isMe: false,
    linkId: null,
  };
  const blankCard = (uid: string) => ({ ...blank, uid, phones: [], emails: [] });
  const finish = (drafts: Drafts) => {
    const slices = drafts.finish();
    while (true) {
      const slice = slices.next();
      if (slice.done === true) return slice.value;
    }
  };

  it('show their numbers in the same order, each once', () => {
    const rows = fc.uniqueArray(
      fc.record({ row: fc.nat(99), order: fc.nat(3), table: fc.nat(1), value: fc.constantFrom('1', '2', '3') }),
      { selector: ({ row }) => row },
    );
    fc.assert(
      fc.property(
        rows.chain((found) => fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length }))),
        (orders) => {
          const [one, other] = orders.map((found) => {
            const drafts = new Drafts();
            drafts.add(1, blankCard('U'));
            for (const { row, order, table, value } of found) {
              drafts.addAddress(1, 'phones', { value, label: String(row) }, { table, order, row });
            }
            return finish(drafts);
          });
          expect(other).toEqual(one);
          const values = one?.[0]?.phones.map(({ value }) => value);
          expect(new Set(values).size).toBe(values?.length);
        },
      ),
    );
  });

  it('keep their identity: of those that claim one the lowest row has it', () => {
    const claims = fc.uniqueArray(fc.record({ row: fc.integer({ min: 1, max: 50 }), uid: fc.constantFrom('A', 'B') }), {
      selector: ({ row }) => row,
    });
    fc.assert(
      fc.property(claims, (found) => {
        const drafts = new Drafts();
        for (const { row, uid } of found) drafts.add(row, blankCard(uid));
        const lowest = (uid: string) => Math.min(...found.filter((claim) => claim.uid === uid).map(({ row }) => row));
        const expected = found.map(({ row, uid }) => (row === lowest(uid) ? uid : `${uid}#${row}`));
        expect(finish(drafts).map(({ uid }) => uid)).toEqual(expected);
      }),
    );
  });
});
