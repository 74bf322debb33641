import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import type { History } from '../../src/simulator/index.ts';
import { errorCode, Workplace } from './chatstats.ts';

const CONTRACT_KEYS = [
  'messages',
  'reactions',
  'attachments',
  'chats',
  'contacts',
  'conversations',
  'quarantined',
  'durationMs',
  'rate',
  'bulk',
];

let place: Workplace;
let history: History;
beforeAll(() => {
  place = new Workplace();
  history = place.history('chat.db', { addressBookFolder: place.file('AddressBook'), truth: true });
});
afterAll(() => place[Symbol.dispose]());

const importInto = (store: string, ...more: string[]) =>
  place.run(['--db', place.file(store), '--json', 'import', place.file('chat.db'), ...more]);

describe('import', () => {
  it('puts one JSON object with the keys of the contract on stdout, and nothing else', async () => {
    const { status, stdout } = await importInto('json.db', '--address-book', place.file('AddressBook'));
    expect(status).toBe(0);
    expect(stdout.endsWith('}\n')).toBe(true);
    const summary = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(summary)).toEqual(expect.arrayContaining(CONTRACT_KEYS));
    expect(summary).toMatchObject({ bulk: true, unreadable: 0, problems: [] });
    expect(summary.messages).toBe(must(history.truth, 'asked for').messages.length);
  });

  it('says the same of a second import, which is not bulk', async () => {
    const first = JSON.parse((await importInto('again.db')).stdout) as Record<string, unknown>;
    const second = JSON.parse((await importInto('again.db')).stdout) as Record<string, unknown>;
    const { durationMs, rate, bulk, stages, ...counts } = first;
    expect(second).toMatchObject({ ...counts, bulk: false });
  });

  it('tells people what came of it on stdout, and what it does on stderr', async () => {
    const { status, stdout, stderr } = await place.run([
      'import',
      '--db',
      place.file('human.db'),
      place.file('chat.db'),
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Imported in .*\n(?: {2}[a-z ]+ +[\d,]+\n)+$/);
    expect(stderr).toBe(`importing ${place.file('chat.db')} into ${place.file('human.db')}\n`);
  });

  it('makes a store that its owner alone can read', async () => {
    await importInto('private.db');
    for (const name of readdirSync(place.folder).filter((file) => file.startsWith('private.db'))) {
      expect((statSync(place.file(name)).mode & 0o777).toString(8), name).toBe('600');
    }
  });

  it('never writes a word of a message or an address to stderr', async () => {
    const outcome = await importInto('silent.db', '--address-book', place.file('AddressBook'), '--log-level', 'trace');
    const truth = must(history.truth, 'asked for');
    const texts = truth.messages.map(({ text }) => text).filter((text) => text !== null && text.length > 8);
    const addresses = truth.chats.flatMap(({ participants }) => participants);
    expect(texts.length).toBeGreaterThan(100);
    expect(addresses.length).toBeGreaterThan(10);
    for (const secret of [...texts, ...addresses]) expect(outcome.stderr).not.toContain(secret);
  });

  it('reads an address book only when one is named, once a source is', async () => {
    const contacts = async (store: string, ...more: string[]) =>
      (JSON.parse((await importInto(store, ...more)).stdout) as { contacts: number }).contacts;
    const [named, left, none] = await Promise.all([
      contacts('book.db', '--address-book', place.file('AddressBook')),
      contacts('bookless.db'),
      contacts('none.db', '--address-book', 'none'),
    ]);
    expect(left).toBe(none);
    expect(named).toBeGreaterThan(none);
  });

  it('takes the source as a word, as an option, from a variable and from a file; the nearer one wins', async () => {
    const config = place.file('config.json');
    writeFileSync(config, JSON.stringify({ source: 'chat.db', db: 'from-file.db' }));
    const fromFile = await place.run(['--config', config, 'import', '--json']);
    expect(fromFile.status, fromFile.stderr).toBe(0);
    expect(statSync(place.file('from-file.db')).size).toBeGreaterThan(0);
    const env = { CHATSTATS_SOURCE: place.file('chat.db'), CHATSTATS_DB: place.file('from-env.db') };
    expect((await place.run(['--config', config, '--json', 'import'], { env })).status).toBe(0);
    expect(statSync(place.file('from-env.db')).size).toBeGreaterThan(0);
    const nowhere = await place.run(['import', '--source', place.file('nowhere')], { env });
    expect(errorCode(nowhere)).toBe('SOURCE_NOT_FOUND');
    const twice = await place.run(['import', place.file('chat.db'), '--source', place.file('chat.db')]);
    expect(errorCode(twice)).toBe('USAGE');
  });

  it('without a source, off a Mac, says in two lines how to name one', async () => {
    const { status, stdout, stderr } = await place.run(['import'], { env: { CHATSTATS_DB: place.file('x.db') } });
    if (process.platform === 'darwin') return;
    expect(status).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error SOURCE_NOT_FOUND: .+\nhint: .*npm start -- \/path\/to\/chat\.db.*\n$/);
  });
});

describe('Ctrl-C', () => {
  // Several slices of rows, so that the request is seen between two of them.
  beforeAll(() => {
    place.history('long.db', { messages: 65_000 });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '(%s) during an import leaves neither a store nor a file aside',
    async (signal) => {
      const folder = `stop-${signal}`;
      const child = place.start(['--db', place.file(folder, 's.db'), 'import', place.file('long.db')]);
      let stderr = '';
      child.stderr?.on('data', (piece: Buffer) => {
        if (stderr === '') child.kill(signal);
        stderr += piece.toString();
      });
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect(stderr).toMatch(/error CANCELLED: .+\nhint: .+\n$/);
      expect(status).toBe(130);
      expect(readdirSync(place.file(folder)).sort()).toEqual(['s.db-owner']);
    },
  );
});
