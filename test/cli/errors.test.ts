import { randomFillSync } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/kernel/index.ts';
import { ownStore } from '../../src/load/index.ts';
import { openWritable } from '../../src/sqlite/index.ts';
import { errorCode, Workplace } from './chatstats.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.history('chat.db');
  writeFileSync(place.file('empty.db'), '');
  writeFileSync(place.file('letter.txt'), 'Dear reader, this is not a database at all.\n'.repeat(200));
  writeFileSync(place.file('random.db'), randomFillSync(Buffer.alloc(16_384)));
  using other = openWritable(place.file('other.db'));
  other.exec('CREATE TABLE recipes (title TEXT)');
  await place.run(['--db', place.file('store.db'), 'import', place.file('chat.db')]);
  copyFileSync(place.file('store.db'), place.file('newer.db'));
  using newer = openWritable(place.file('newer.db'));
  newer.exec('PRAGMA user_version = 9999');
});
afterAll(() => place[Symbol.dispose]());

const cases: [string, string[], ErrorCode][] = [
  ['a source that is not there', ['import', 'nowhere.db'], 'SOURCE_NOT_FOUND'],
  ['an empty file as the source', ['import', 'empty.db'], 'SOURCE_NOT_MESSAGES'],
  ['a text as the source', ['import', 'letter.txt'], 'SOURCE_NOT_DATABASE'],
  ['an encrypted file as the source', ['import', 'random.db'], 'SOURCE_ENCRYPTED'],
  ["another program's database as the source", ['import', 'other.db'], 'SOURCE_NOT_MESSAGES'],
  ['an address book that is not there', ['import', 'chat.db', '--address-book', 'nobody'], 'ADDRESS_BOOK_NOT_FOUND'],
  ['a store that is not there', ['--db', 'no.db', 'export', 'messages'], 'STORE_NOT_FOUND'],
  ['no store to search', ['--db', 'no.db', 'search', 'x'], 'STORE_NOT_FOUND'],
  ['a store of a newer version', ['--db', 'newer.db', 'status'], 'STORE_NEWER'],
  ['a store of a newer version to import into', ['--db', 'newer.db', 'import', 'chat.db'], 'STORE_NEWER'],
  ["another program's database as the store", ['--db', 'other.db', 'stats'], 'STORE_NOT_OURS'],
  ["another program's database to import into", ['--db', 'other.db', 'import', 'chat.db'], 'STORE_NOT_OURS'],
  ['a text as the store', ['--db', 'letter.txt', 'export', 'chats'], 'STORE_NOT_OURS'],
  ['an unknown command', ['frobnicate'], 'USAGE'],
  ['an unknown option', ['import', '--frobnicate'], 'USAGE'],
  ['an option of another command', ['status', '--format', 'csv'], 'USAGE'],
  ['an option without its value', ['--db'], 'USAGE'],
  ['a value that is not accepted', ['--log-level', 'loud', 'status'], 'USAGE'],
  ['a number that is none', ['search', 'x', '--limit', 'many'], 'USAGE'],
  ['a missing word', ['export'], 'USAGE'],
  ['a word too many', ['import', 'a', 'b'], 'USAGE'],
  ['a kind that is not exported', ['export', 'recipes'], 'USAGE'],
  ['a search for nothing', ['--db', 'store.db', 'search', ' '], 'USAGE'],
  ['JSON and CSV at once', ['--db', 'store.db', '--json', 'export', 'chats', '--format', 'csv'], 'USAGE'],
  ['a demo into a store that holds messages', ['--db', 'store.db', 'demo', '--messages', '700'], 'USAGE'],
  ['a configuration file that is not there', ['--config', 'no.json', 'status'], 'USAGE'],
  ['a configuration file that is not JSON', ['--config', 'letter.txt', 'status'], 'USAGE'],
  ['no command', [], 'USAGE'],
];

describe('errors', () => {
  it.each(cases)(
    '%s: two lines on stderr, nothing on stdout, the exit code of the contract',
    async (_what, args, code) => {
      const inOwnStore = args.includes('--db') ? args : ['--db', place.file('never-made.db'), ...args];
      const outcome = await place.run(code === 'USAGE' ? args : inOwnStore);
      expect(errorCode(outcome), outcome.stderr).toBe(code);
      expect(outcome.status).toBe(ERRORS[code].exit);
      expect(outcome.stdout).toBe('');
    },
  );

  it('leave a file that is not ours as it was', async () => {
    const before = readFileSync(place.file('other.db'));
    await place.run(['--db', 'other.db', 'import', 'chat.db']);
    await place.run(['--db', 'other.db', 'search', 'x']);
    expect(readFileSync(place.file('other.db')).equals(before)).toBe(true);
  });

  it('a store that another process writes to can be read, and not be written', async () => {
    using _owner = ownStore(place.file('store.db'));
    const denied = await place.run(['--db', 'store.db', 'import', 'chat.db']);
    expect([errorCode(denied), denied.status]).toEqual(['STORE_OWNED', 5]);
    for (const command of [['export', 'messages'], ['stats'], ['status'], ['search', 'a']]) {
      expect((await place.run(['--db', 'store.db', ...command])).status, command[0]).toBe(0);
    }
  });

  it('a file that may not be read names the permission', async () => {
    // The administrator may read everything.
    if (process.getuid?.() === 0) return;
    copyFileSync(place.file('chat.db'), place.file('forbidden.db'));
    chmodSync(place.file('forbidden.db'), 0);
    expect(errorCode(await place.run(['import', 'forbidden.db']))).toBe('SOURCE_NO_PERMISSION');
  });

  it('an environment variable that is wrong is named', async () => {
    const outcome = await place.run(['--db', 'store.db', 'status'], { env: { CHATSTATS_LOG_LEVEL: 'loud' } });
    expect(errorCode(outcome)).toBe('USAGE');
    expect(outcome.stderr).toContain('CHATSTATS_LOG_LEVEL');
  });

  it('make no store and no folder', async () => {
    await place.run(['--db', place.file('deep', 'store.db'), 'search', 'x']);
    expect(statSync(place.file('deep'), { throwIfNoEntry: false })).toBeUndefined();
  });
});
