import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BookPen, openBookPen } from '../../simulator/index.ts';
import { openWritable } from '../../sqlite/index.ts';
import { readAddressBook, readAvatar } from './index.ts';
import { pictureIn } from './picture.ts';

let folder = '';
let book = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'avatar-'));
  book = path.join(folder, 'AddressBook-v22.abcddb');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const picture = (start: readonly number[], rest = 'rest of the picture') =>
  new Uint8Array(Buffer.concat([Buffer.from(start), Buffer.from(rest)]));
const ascii = (text: string) => [...Buffer.from(text, 'latin1')];
const JPEG = picture([0xff, 0xd8, 0xff, 0xe0]);
const PNG = picture([0x89, ...ascii('PNG\r\n\x1a\n')]);

describe('a picture', () => {
  it.each<[mimeType: string, bytes: Uint8Array]>([
    ['image/jpeg', JPEG],
    ['image/png', PNG],
    ['image/gif', picture(ascii('GIF89a'))],
    ['image/gif', picture(ascii('GIF87a'))],
    ['image/tiff', picture(ascii('II*\0'))],
    ['image/tiff', picture(ascii('MM\0*'))],
    ['image/heic', picture([0, 0, 0, 24, ...ascii('ftypheic\0\0\0\0mif1heic')])],
    ['image/heic', picture([0, 0, 0, 24, ...ascii('ftypmif1\0\0\0\0mif1heic')])],
  ])('is known by its first bytes as %s, also after one byte more', (mimeType, bytes) => {
    expect(pictureIn(bytes)).toEqual({ bytes, mimeType });
    expect(pictureIn(Uint8Array.of(1, ...bytes))).toEqual({ bytes, mimeType });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['raw pixels', new Uint8Array(4_096).fill(0x80)],
    ['a film', picture([0, 0, 0, 24, ...ascii('ftypmp42\0\0\0\0mp42isom')])],
    ['a beginning alone', Uint8Array.of(0xff, 0xd8)],
  ])('%s is none', (_name, bytes) => {
    expect(pictureIn(bytes)).toBeNull();
  });

  it('is looked for in any bytes without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const found = pictureIn(bytes);
        if (found !== null) expect(bytes.length - found.bytes.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

it('P7 of a book in a backup is read without leaving anything beside it', () => {
  const inside = path.join(folder, '31', '31bb7ba8914766d4ba40d6dfb6113c8b614be442');
  mkdirSync(path.dirname(inside));
  writeFileSync(path.join(folder, 'Manifest.db'), '');
  using made = openBookPen(book, 'macos');
  const uid = made.addCard({ firstName: 'Anna', image: JPEG });
  made.close();
  copyFileSync(book, inside);
  // As a phone's databases say of themselves, though no log is beside them.
  const before = readdirSync(path.dirname(inside));
  expect(readAvatar({ path: inside }, uid)).toEqual({ bytes: JPEG, mimeType: 'image/jpeg' });
  expect(readdirSync(path.dirname(inside))).toEqual(before);
});

describe('macOS', () => {
  const file = () => ({ path: book, source: 'local', sealed: false });
  const avatar = (uid = 'U1') => readAvatar(file(), uid);
  const support = () => path.join(folder, '.AddressBook-v22_SUPPORT', '_EXTERNAL_DATA');
  const named = (name: string) => Buffer.from(`\x02${name}\0`, 'latin1');
  let pen: BookPen;

  beforeEach(() => {
    pen = openBookPen(book, 'macos');
    pen.addCard({ uid: 'U1', firstName: 'Anna' });
  });
  afterEach(() => pen.close());

  function set(column: string, value: Uint8Array | string | null): void {
    using db = openWritable(book);
    db.run(`UPDATE ZABCDRECORD SET ${column} = ? WHERE ZUNIQUEID = 'U1'`, value);
  }

  it('gives the whole picture, else the thumbnail, else null', () => {
    expect(avatar()).toBeNull();
    pen.editCard('U1', { thumbnail: JPEG });
    expect(avatar()).toEqual({ bytes: JPEG, mimeType: 'image/jpeg' });
    pen.editCard('U1', { image: PNG });
    expect(avatar()).toEqual({ bytes: PNG, mimeType: 'image/png' });
    set('ZIMAGEDATA', Buffer.from([1, 2, 3, 4, 5]));
    expect(avatar()?.mimeType).toBe('image/jpeg');
    expect(avatar('nobody')).toBeNull();
  });

  it('reads a picture that lies in a file of its own, with or without a zero after its name', () => {
    const large = picture([0xff, 0xd8, 0xff, 0xe0], 'x'.repeat(200_000));
    pen.editCard('U1', { image: large });
    expect(avatar()?.bytes).toEqual(large);
    writeFileSync(path.join(support(), 'A-1'), PNG);
    set('ZIMAGEDATA', named('A-1').subarray(0, -1));
    expect(avatar()?.mimeType).toBe('image/png');
  });

  it('follows no name out of the folder, and no link', () => {
    mkdirSync(path.join(support(), 'sub'), { recursive: true });
    writeFileSync(path.join(support(), 'sub', 'inner'), PNG);
    const outside = path.join(folder, 'outside');
    writeFileSync(outside, PNG);
    symlinkSync(outside, path.join(support(), 'link'));
    for (const name of ['../../outside', outside, 'link', 'sub/inner', 'sub', '..', '.', '', 'gone', '\\outside']) {
      set('ZIMAGEDATA', named(name));
      expect(avatar(), name).toBeNull();
    }
  });

  it('finds the pictures that an account keeps under the names of its cards', () => {
    mkdirSync(path.join(folder, 'Images'));
    pen.addCard({ uid: 'C-2:ABPerson' });
    writeFileSync(path.join(folder, 'Images', 'U1'), JPEG);
    writeFileSync(path.join(folder, 'Images', 'C-2.png'), PNG);
    expect([avatar()?.mimeType, avatar('C-2:ABPerson')?.mimeType]).toEqual(['image/jpeg', 'image/png']);
    set('ZIMAGEREFERENCE', '../AddressBook-v22.abcddb');
    expect(avatar()?.mimeType).toBe('image/jpeg');
  });

  it('knows cards by what the reader calls them: without an identity, or with one that another has', () => {
    pen.addCard({ uid: 'U2', thumbnail: PNG });
    pen.addCard({ uid: 'U3', thumbnail: JPEG });
    pen.addCard({ uid: 'U4' });
    using db = openWritable(book);
    db.exec(`UPDATE ZABCDRECORD SET ZUNIQUEID = NULL WHERE ZUNIQUEID = 'U2';
      UPDATE ZABCDRECORD SET ZUNIQUEID = 'U1' WHERE ZUNIQUEID = 'U3'`);
    const uids = readAddressBook(file()).cards.map(({ uid }) => uid);
    expect(uids).toEqual(['U1', expect.stringMatching(/^row:/), expect.stringMatching(/^U1#/), 'U4']);
    expect(uids.map((uid) => avatar(uid)?.mimeType ?? null)).toEqual([null, 'image/png', 'image/jpeg', null]);
    expect([avatar('row:1'), avatar('U4#1'), avatar('U1#99')]).toEqual([null, null, null]);
  });

  it('throws for no content of the files, and never gives what is no picture', () => {
    pen.editCard('U1', { thumbnail: JPEG });
    pen.close();
    const whole = readFileSync(book);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 40 }), (changes) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        writeFileSync(book, damaged);
        const found = avatar();
        if (found !== null) expect(found.mimeType).toMatch(/^image\//);
      }),
      { numRuns: 50 },
    );
    writeFileSync(book, 'no database');
    expect(avatar()).toBeNull();
    rmSync(book);
    expect(avatar()).toBeNull();
  });

  it('waits for no lock for long', () => {
    pen.editCard('U1', { thumbnail: JPEG });
    pen.close();
    using db = openWritable(book);
    db.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    expect(avatar()).toBeNull();
    db.exec('COMMIT');
    expect(avatar()?.mimeType).toBe('image/jpeg');
  });
});

describe('iOS', () => {
  const named = () => path.join(folder, 'AddressBook.sqlitedb');
  const avatar = (uid = 'G1', at = named()) => readAvatar({ path: at }, uid);

  /** A book with one card, and the pictures beside it. */
  function write(card: { image?: Uint8Array; thumbnail?: Uint8Array }): void {
    using pen = openBookPen(named(), 'ios');
    pen.addCard({ uid: 'G1', firstName: 'Anna', ...card });
  }

  it('gives the whole picture, else the thumbnail, with a byte before it or not, else null', () => {
    write({ thumbnail: Uint8Array.of(0, ...JPEG) });
    expect(avatar()).toEqual({ bytes: JPEG, mimeType: 'image/jpeg' });
    using pen = openBookPen(named(), 'ios');
    pen.editCard('G1', { image: PNG });
    expect(avatar()).toEqual({ bytes: PNG, mimeType: 'image/png' });
    pen.editCard('G1', { image: new Uint8Array(900) });
    expect(avatar()?.mimeType).toBe('image/jpeg');
    expect(avatar('nobody')).toBeNull();
  });

  it('passes over thumbnails of raw pixels', () => {
    write({ thumbnail: JPEG });
    using db = openWritable(path.join(folder, 'AddressBookImages.sqlitedb'));
    db.exec('INSERT INTO ABThumbnailImage (record_id, format, data) VALUES (1, 5, zeroblob(20000)), (1, 6, NULL)');
    expect(avatar()?.mimeType).toBe('image/jpeg');
  });

  it('finds the pictures of a backup under their number', () => {
    write({ thumbnail: JPEG });
    const root = path.join(folder, 'backup');
    const [hashed, pictures] = ['31bb7ba8914766d4ba40d6dfb6113c8b614be442', 'cd6702cea29fe89cf280a76794405adb17f9a0ee'];
    const place = (target: string, from: string) => {
      mkdirSync(path.dirname(target), { recursive: true });
      copyFileSync(path.join(folder, from), target);
    };
    place(path.join(root, '31', hashed), 'AddressBook.sqlitedb');
    expect(avatar('G1', path.join(root, '31', hashed))).toBeNull();
    place(path.join(root, 'cd', pictures), 'AddressBookImages.sqlitedb');
    expect(avatar('G1', path.join(root, '31', hashed))?.mimeType).toBe('image/jpeg');
    place(path.join(root, 'flat', hashed), 'AddressBook.sqlitedb');
    place(path.join(root, 'flat', pictures), 'AddressBookImages.sqlitedb');
    expect(avatar('G1', path.join(root, 'flat', hashed))?.mimeType).toBe('image/jpeg');
  });

  it('is null where the pictures are missing, damaged, or of another form', () => {
    const beside = path.join(folder, 'AddressBookImages.sqlitedb');
    write({});
    expect(avatar()).toBeNull();
    writeFileSync(beside, 'no database at all '.repeat(100));
    expect(avatar()).toBeNull();
    rmSync(beside);
    using db = openWritable(beside);
    db.exec('CREATE TABLE ABFullSizeImage (data BLOB)');
    expect(avatar()).toBeNull();
  });
});
