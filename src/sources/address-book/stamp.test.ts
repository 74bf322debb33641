import {
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBookPen } from '../../simulator/index.ts';
import { openWritable } from '../../sqlite/index.ts';
import { readAddressBook, readAvatar, readBookStamp } from './index.ts';

let folder = '';
let book = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'book-stamp-'));
  book = path.join(folder, 'AddressBook-v22.abcddb');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = () => readAddressBook({ path: book, source: 'local', sealed: false });

it('L34: an edit that is in the -wal alone changes it, and the main file does not', () => {
  using pen = openBookPen(book, 'macos');
  const uid = pen.addCard({ firstName: 'Anna' });
  const [before, main] = [readBookStamp(book), statSync(book, { bigint: true })];
  pen.addPhone(uid, '22000');
  const after = statSync(book, { bigint: true });
  expect([after.size, after.mtimeNs]).toEqual([main.size, main.mtimeNs]);
  expect(readBookStamp(book)).not.toBe(before);
});

it('opening and reading leave it as it is, while a writer is there and when none is', () => {
  const pen = openBookPen(book, 'macos');
  const uid = pen.addCard({ firstName: 'Anna' });
  const unchanged = () => {
    const before = readBookStamp(book);
    expect(read().cards).toHaveLength(1);
    readAvatar({ path: book }, uid);
    expect(readBookStamp(book)).toBe(before);
  };
  unchanged();
  pen.close();
  unchanged();
});

it('a -wal without content is none', () => {
  openBookPen(book, 'macos').close();
  const before = readBookStamp(book);
  writeFileSync(`${book}-wal`, '');
  expect(readBookStamp(book)).toBe(before);
  writeFileSync(`${book}-wal`, 'x');
  expect(readBookStamp(book)).not.toBe(before);
});

it('tells another file of the same size and time, and one that is gone or comes back', () => {
  expect(readBookStamp(book)).toBe('database missing wal missing');
  openBookPen(book, 'macos').close();
  copyFileSync(book, `${book}.copy`);
  for (const file of [book, `${book}.copy`]) utimesSync(file, 1_000, 1_000);
  const before = readBookStamp(book);
  renameSync(`${book}.copy`, book);
  const replaced = readBookStamp(book);
  expect(replaced).not.toBe(before);
  rmSync(book);
  expect(readBookStamp(book)).toBe('database missing wal missing');
});

it('follows a symbolic link to the book, whose -wal lies beside the book', () => {
  using pen = openBookPen(book, 'macos');
  const link = path.join(folder, 'link.abcddb');
  symlinkSync(book, link);
  const before = readBookStamp(link);
  pen.addCard({ firstName: 'Anna' });
  expect(readBookStamp(link)).not.toBe(before);
});

it('says so when the system does not let it look, and throws nothing', () => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(readBookStamp(path.join(folder, 'file', 'book'))).toMatch(
    /^database (?:missing|denied) wal (?:missing|denied)$/,
  );
  expect(readBookStamp(path.join(folder, 'x'.repeat(5_000)))).toBe('database denied wal denied');
});

it('a database that is rewritten in place changes it, without any -wal', () => {
  using db = openWritable(book);
  db.exec('CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY, First TEXT)');
  const before = readBookStamp(book);
  db.exec("INSERT INTO ABPerson (First) VALUES ('Anna'), (printf('%.9000c', 'x'))");
  expect(readBookStamp(book)).not.toBe(before);
});
