import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { followed } from '../support/followed.ts';

/** Where the header of a database counts changes, and changes of its schema (sqlite.org/fileformat2.html). */
const CHANGES_AT = 24;
const SCHEMA_AT = 40;
const HEADER_BYTES = 100;

it('a source that is damaged while it is followed is let go of all the same, so that a whole one can be opened', async () => {
  using store = await followed();
  store.wake();
  store.pen.database.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const whole = readFileSync(store.source);
  const damaged = Buffer.from(whole);
  for (const at of [CHANGES_AT, SCHEMA_AT]) damaged.writeUInt32BE(damaged.readUInt32BE(at) + 1, at);
  damaged.fill('junk', HEADER_BYTES);
  writeFileSync(store.source, damaged);
  // What was known of the schema is forgotten by that, and cannot be read again.
  expect(() => store.live.db.value('SELECT count(*) FROM apple.message WHERE ROWID > 3')).toThrow();
  expect(() => store.live[Symbol.dispose]()).not.toThrow();
  writeFileSync(store.source, whole);
  store.restart();
  expect(store.wake()).toEqual([]);
});
