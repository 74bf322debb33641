import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openWritable } from '../../sqlite/index.ts';
import { WalReader } from './wal-reader.ts';

/** How far beside what is told whoever follows looks, too. */
const TOUCHED_GAP = 8;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'wal-'));
  file = path.join(folder, 'x.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A table of `rows` rows of about 300 bytes, in WAL mode. */
function table(rows: number): Database {
  const db = openWritable(file);
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)');
  db.exec('BEGIN');
  for (let at = 0; at < rows; at += 1) db.run('INSERT INTO message (text) VALUES (?)', 'x'.repeat(300));
  db.exec('COMMIT');
  return db;
}

const isNearAny = (rowid: number, rowids: ReadonlySet<number>) =>
  [...rowids].some((other) => Math.abs(other - rowid) <= TOUCHED_GAP);

describe('the rows that a log touches', () => {
  it('are told once, after the first look has found the end', () => {
    using db = table(500);
    using reader = new WalReader(file);
    expect(reader.read().isComplete).toBe(false);
    expect(reader.read()).toEqual({ rowids: new Set(), isComplete: true });
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'changed', 17);
    const touched = reader.read();
    expect(touched.isComplete).toBe(true);
    expect(touched.rowids.has(17)).toBe(true);
    expect(touched.rowids.size, 'the rows of one page').toBeLessThan(40);
    expect(reader.read()).toEqual({ rowids: new Set(), isComplete: true });
  });

  it('are those that changed, came or went, on a page that was seen before', () => {
    using db = table(500);
    using reader = new WalReader(file);
    reader.read();
    const touched = () => {
      const { rowids, isComplete } = reader.read();
      expect(isComplete).toBe(true);
      return [...rowids].sort((a, b) => a - b);
    };
    // As long as ever, so that no row moves to another page.
    const text = (rowid: number, words: string) =>
      db.run('UPDATE message SET text = ? WHERE ROWID = ?', words.padEnd(300), rowid);
    text(486, 'once, so that the page is known');
    touched();
    text(488, 'changed');
    expect(touched()).toEqual([488]);
    db.run('DELETE FROM message WHERE ROWID = 489');
    expect(touched()).toEqual([489]);
    text(490, 'one');
    text(491, 'other');
    expect(touched()).toEqual([490, 491]);
    db.exec('BEGIN');
    text(492, 'taken back');
    db.exec('ROLLBACK');
    text(493, 'after that');
    expect(touched()).toEqual([493]);
  });

  it('include a long row of which the end alone is written; where that is unknown, it says so', () => {
    using db = table(20);
    const text = (words: string) => db.run('UPDATE message SET text = ? WHERE ROWID = 20', words);
    text(`a${'x'.repeat(9_000)}`);
    using reader = new WalReader(file);
    reader.read();
    text(`a${'x'.repeat(8_999)}y`);
    const unknown = reader.read();
    expect([unknown.isComplete, unknown.rowids.has(20)]).toEqual([false, false]);
    text(`b${'x'.repeat(9_000)}y`);
    const whole = reader.read();
    expect([whole.isComplete, whole.rowids.has(20)]).toEqual([true, true]);
    for (const end of ['z', 'zz', 'zzz']) {
      text(`b${'x'.repeat(9_001 - end.length)}${end}`);
      const known = reader.read();
      expect([known.isComplete, known.rowids.has(20)], end).toEqual([true, true]);
    }
    // Pages that are free again are nobody's.
    db.run('DELETE FROM message WHERE ROWID = 20');
    const gone = reader.read();
    expect([gone.isComplete, gone.rowids.has(20)]).toEqual([true, true]);
  });

  it('are not told before they are committed', () => {
    using db = table(500);
    using reader = new WalReader(file);
    reader.read();
    db.exec('PRAGMA cache_size = 1; BEGIN; UPDATE message SET text = text || 1');
    expect(reader.read()).toEqual({ rowids: new Set(), isComplete: true });
    db.exec('COMMIT');
    expect(reader.read().rowids.size).toBe(500);
  });

  it('are known although the log was begun anew in between, as long as nothing was overwritten', () => {
    using db = table(500);
    using reader = new WalReader(file);
    reader.read();
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'before', 3);
    db.exec('PRAGMA wal_checkpoint(RESTART)');
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'after', 400);
    const touched = reader.read();
    expect([touched.isComplete, touched.rowids.has(3), touched.rowids.has(400)]).toEqual([true, true, true]);
  });

  it('are none, for sure, while the log is empty, and known when it is begun', () => {
    using db = table(500);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    using reader = new WalReader(file);
    expect(reader.read().isComplete).toBe(false);
    expect(reader.read()).toEqual({ rowids: new Set(), isComplete: true });
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'changed', 17);
    const touched = reader.read();
    expect([touched.isComplete, touched.rowids.has(17)]).toEqual([true, true]);
  });

  it('are not known when an empty log was filled and emptied in between', () => {
    using db = table(500);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    using reader = new WalReader(file);
    reader.read();
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'changed', 17);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(reader.read().isComplete).toBe(false);
    expect(reader.read().isComplete).toBe(true);
  });

  it('are known without a log only while the database is untouched and none appears', () => {
    using db = table(500);
    db.exec('PRAGMA journal_mode = DELETE');
    using reader = new WalReader(file);
    reader.read();
    expect(reader.read().isComplete).toBe(true);
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'changed', 17);
    expect([reader.read().isComplete, reader.read().isComplete]).toEqual([false, true]);
    db.exec('PRAGMA journal_mode = WAL');
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'again', 18);
    expect(reader.read().isComplete).toBe(false);
  });

  it.each([
    ['it was begun anew twice', (db: Database) => db.exec('PRAGMA wal_checkpoint(RESTART)')],
    ['it was emptied', (db: Database) => db.exec('PRAGMA wal_checkpoint(TRUNCATE)')],
    ['it is longer than it was', (db: Database) => db.exec('UPDATE message SET text = text || 1')],
  ])('are not all known when %s in between, and it says so', (_what, act) => {
    using db = table(500);
    db.exec('PRAGMA wal_checkpoint(RESTART); UPDATE message SET text = text WHERE ROWID = 9');
    using reader = new WalReader(file);
    reader.read();
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'lost', 3);
    db.exec('PRAGMA wal_checkpoint(RESTART)');
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'one', 50);
    act(db);
    db.run('UPDATE message SET text = ? WHERE ROWID = ?', 'seen', 400);
    const touched = reader.read();
    expect([touched.isComplete, touched.rowids.has(400)]).toEqual([false, true]);
  });

  it('are unknown where there is no log', () => {
    using reader = new WalReader(path.join(folder, 'nothing.db'));
    expect(reader.read()).toEqual({ rowids: new Set(), isComplete: false });
  });

  it('include every row that was written, whatever the commits and checkpoints, or it says that it cannot tell', () => {
    const act = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constantFrom('update' as const, 'delete' as const, 'lengthen' as const),
          rowid: fc.integer({ min: 1, max: 300 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('insert' as const), rowid: fc.constant(0) }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constantFrom('PASSIVE', 'RESTART', 'TRUNCATE'), rowid: fc.constant(0) }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), rowid: fc.constant(0) }) },
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        rmSync(file, { force: true });
        for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
        using db = table(300);
        using reader = new WalReader(file);
        reader.read();
        let written: number[] = [];
        // Of a page that was not seen before, its neighbours tell.
        const gone = new Set<number>();
        const check = () => {
          const { rowids, isComplete } = reader.read();
          const isTold = (rowid: number) => rowids.has(rowid) || (gone.has(rowid) && isNearAny(rowid, rowids));
          if (isComplete) expect(written.filter((rowid) => !isTold(rowid))).toEqual([]);
          written = [];
        };
        for (const { do: what, rowid } of acts) {
          if (what === 'read') check();
          else if (what === 'update') {
            const { changes } = db.run('UPDATE message SET text = text || ? WHERE ROWID = ?', '!', rowid);
            if (changes === 1) written.push(rowid);
          } else if (what === 'lengthen' || what === 'delete') {
            const { changes } =
              what === 'delete'
                ? db.run('DELETE FROM message WHERE ROWID = ?', rowid)
                : db.run('UPDATE message SET text = text || ? WHERE ROWID = ?', 'y'.repeat(4_500), rowid);
            if (changes === 1) written.push(rowid);
            if (what === 'delete') gone.add(rowid);
          } else if (what === 'insert') written.push(db.run('INSERT INTO message (text) VALUES (?)', 'new').lastId);
          else db.exec(`PRAGMA wal_checkpoint(${what})`);
        }
        check();
      }),
      { numRuns: 300 },
    );
  });
});
