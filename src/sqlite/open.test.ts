import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScratch, openWritable, SqliteError } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a database of ours', () => {
  it('is made for its owner alone, whatever the umask', () => {
    const before = process.umask(0);
    try {
      using _db = openWritable(path.join(folder, 'a.db'));
    } finally {
      process.umask(before);
    }
    expect(statSync(path.join(folder, 'a.db')).mode & 0o777).toBe(0o600);
  });

  it('keeps no journal when it is scratch', () => {
    using db = openScratch(path.join(folder, 'scratch.db'));
    db.exec('CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1)');
    expect(db.value('PRAGMA journal_mode')).toBe('off');
    expect(readdirSync(folder)).toEqual(['scratch.db']);
    db.exec('COMMIT');
  });

  it('tells which statement failed, and with which code, but no values', () => {
    using db = openWritable(path.join(folder, 'a.db'));
    db.exec('CREATE TABLE t (a UNIQUE)');
    db.run('INSERT INTO t VALUES (?)', 'a secret');
    const again = () => db.run('INSERT INTO t VALUES (?)', 'a secret');
    expect(again).toThrow(SqliteError);
    expect(again).toThrow(expect.objectContaining({ code: 19, message: expect.not.stringContaining('secret') }));
  });

  it('lets go of its snapshot when whoever reads stops early', () => {
    const file = path.join(folder, 'a.db');
    using writer = openWritable(file);
    writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)');
    using reader = openWritable(file);
    for (const _row of reader.iterate('SELECT a FROM t')) break;
    writer.exec('INSERT INTO t VALUES (4)');
    expect(reader.value('SELECT count(*) FROM t')).toBe(4);
    expect(writer.get('PRAGMA wal_checkpoint(TRUNCATE)')).toMatchObject({ busy: 0 });
  });

  it('rolls a transaction back that throws', () => {
    using db = openWritable(path.join(folder, 'a.db'));
    db.exec('CREATE TABLE t (a)');
    const work = () =>
      db.transaction(() => {
        db.run('INSERT INTO t VALUES (1)');
        throw new Error('no');
      });
    expect(work).toThrow('no');
    expect(db.value('SELECT count(*) FROM t')).toBe(0);
  });
});
