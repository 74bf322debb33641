import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/index.ts';
import { fixedClock } from '../kernel/index.ts';
import { makeCards, makeOwner, Random, writeAddressBook } from '../simulator/index.ts';
import type { Invocation } from './invocation.ts';
import { localeOf, sourceSettings } from './source.ts';
import type { TextStream } from './world.ts';

let home: string;
let said: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'chatstats-home-'));
  said = '';
  mkdirSync(path.join(home, 'Library/Messages'), { recursive: true });
  writeFileSync(path.join(home, 'Library/Messages/chat.db'), '');
});
afterEach(() => rmSync(home, { recursive: true }));

/** A call of `import` on a Mac. */
function onMac(words: string[], flags: Record<string, unknown> = {}): Invocation {
  const stream = { write: (text: string) => (said += text) } as unknown as TextStream;
  const machine = { platform: 'darwin' as const, home, env: {} };
  return {
    words,
    flags,
    config: resolveConfig({ flags, file: null, machine }),
    world: {
      ...machine,
      args: [],
      temporaryFolder: home,
      node: process.execPath,
      userId: 501,
      timeZone: 'UTC',
      locale: 'de-DE',
      stdin: null,
      stdout: stream,
      stderr: stream,
      clock: fixedClock(0),
      ask: async () => null,
      openInBrowser: () => undefined,
      runProgram: async () => ({ status: null, stdout: '', stderr: '' }),
      onInterrupt: () => ({ [Symbol.dispose]: () => undefined }),
    },
  };
}

const ownBook = () => path.join(home, 'Library/Application Support/AddressBook');

describe('on a Mac', () => {
  it("this Mac's Messages come with its own address book", () => {
    const random = new Random(1);
    const { cards } = makeCards(random, makeOwner(random), [], 5);
    writeAddressBook(ownBook(), cards, { random, model: 'current', nowMs: 0 });
    expect(sourceSettings(onMac([]))).toMatchObject({
      source: { path: path.join(home, 'Library/Messages/chat.db') },
      addressBook: ownBook(),
    });
    expect(said).toBe('');
  });

  it('a missing address book costs the names and is said, but stops nothing', () => {
    expect(sourceSettings(onMac([])).addressBook).toBeNull();
    expect(said).toMatch(/^warning: .*AddressBook.*\(ADDRESS_BOOK_NOT_FOUND\)\n$/);
  });

  it('is not warned about where quiet was asked for', () => {
    sourceSettings(onMac([], { 'log-level': 'error' }));
    expect(said).toBe('');
  });

  it('a source that was named comes without one, unless that is named too', () => {
    const file = path.join(home, 'Library/Messages/chat.db');
    expect(sourceSettings(onMac([file])).addressBook).toBeNull();
    expect(sourceSettings(onMac([], { source: file })).addressBook).toBeNull();
    expect(sourceSettings(onMac([file], { 'address-book': '/elsewhere' })).addressBook).toBe('/elsewhere');
    expect(sourceSettings(onMac([], { 'address-book': 'none' })).addressBook).toBeNull();
    expect(said).toBe('');
  });
});

describe('the locale', () => {
  it.each([
    [{ LANG: 'de_DE.UTF-8' }, 'de_DE.UTF-8'],
    [{ LC_ALL: 'en_GB', LANG: 'de_DE' }, 'en_GB'],
    [{ LC_ALL: '', LANG: 'de_DE' }, 'de_DE'],
    [{ LANG: 'C.UTF-8' }, null],
    [{ LC_ALL: 'C', LANG: 'de_DE' }, null],
    [{ LANG: 'POSIX' }, null],
    [{}, null],
  ])('of %j is %s', (env, expected) => {
    expect(localeOf(env)).toBe(expected);
  });

  it("is the machine's own where the environment names none", () => {
    expect(sourceSettings(onMac([path.join(home, 'Library/Messages/chat.db')])).locale).toBe('de-DE');
  });
});
