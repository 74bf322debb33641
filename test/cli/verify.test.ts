import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWritable } from '../../src/sqlite/index.ts';
import { errorCode, Workplace } from './chatstats.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.history('chat.db', { addressBookFolder: place.file('AddressBook') });
  await place.run(['--db', 'store.db', 'import', 'chat.db', '--address-book', 'AddressBook']);
});
afterAll(() => place[Symbol.dispose]());

describe('verify', () => {
  it('agrees with the source that was imported: exit code 0', async () => {
    const args = ['--db', 'store.db', '--json', 'verify', 'chat.db', '--address-book', 'AddressBook'];
    const { status, stdout } = await place.run(args);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, differenceCount: 0, differences: [] });
    expect(status).toBe(0);
  });

  it('agrees without the address book too, which only gave names', async () => {
    const { status, stdout } = await place.run(['--db', 'store.db', 'verify', 'chat.db']);
    expect(stdout).toContain('Store and source agree.');
    expect(status).toBe(0);
  });

  it('names what differs, on stdout, and ends with exit code 4', async () => {
    copyFileSync(place.file('store.db'), place.file('changed.db'));
    {
      using store = openWritable(place.file('changed.db'));
      store.exec(
        `UPDATE messages SET text = 'never said' WHERE id = (SELECT min(id) FROM messages WHERE kind = 'text')`,
      );
    }
    const json = await place.run(['--db', 'changed.db', '--json', 'verify', 'chat.db']);
    expect([json.status, errorCode(json)]).toEqual([4, 'DIFFERENCES']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, differenceCount: 1 });
    const human = await place.run(['--db', 'changed.db', 'verify', 'chat.db']);
    expect(human.status).toBe(4);
    expect(human.stdout).toMatch(/Differences:\n {2}message .+: text\n$/);
    expect(human.stdout + human.stderr).not.toContain('never said');
  });

  it('without a store says so', async () => {
    expect(errorCode(await place.run(['--db', 'no.db', 'verify', 'chat.db']))).toBe('STORE_NOT_FOUND');
  });
});
