import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import { readProjectFile } from '../project-files.ts';
import { jsonLines, program, Workplace } from './chatstats.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.history('chat.db');
  await place.run(['--db', 'store.db', 'import', 'chat.db']);
});
afterAll(() => place[Symbol.dispose]());

const json = async (...args: string[]) => {
  const { status, stdout, stderr } = await place.run(['--db', 'store.db', '--json', ...args]);
  expect(status, stderr).toBe(0);
  expect(stdout.trimEnd()).not.toContain('\n');
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe('search', () => {
  it('finds messages as export writes them, with the places of the matches', async () => {
    const messages = jsonLines((await place.run(['--db', 'store.db', 'export', 'messages'])).stdout);
    const said = must(
      messages.find(({ text }) => typeof text === 'string' && /\b[a-z]{6,}\b/.test(text)),
      'the history holds words',
    );
    const word = must(/\b[a-z]{6,}\b/.exec(String(said.text))?.[0], 'found above');
    const { hits } = (await json('search', word, '--limit', '500')) as { hits: Record<string, unknown>[] };
    const found = must(
      hits.find(({ guid }) => guid === said.guid),
      'the message itself is among the hits',
    );
    const { highlights, ...line } = found as { highlights: [number, number][] };
    expect(line).toEqual(said);
    const [[start, length] = [0, 0]] = highlights;
    expect(
      String(said.text)
        .slice(start, start + length)
        .toLowerCase(),
    ).toBe(word);
  });

  it('finds nothing quietly, without repeating what was looked for', async () => {
    const { status, stdout, stderr } = await place.run(['--db', 'store.db', 'search', 'zyxwvutsrq']);
    expect([status, stdout, stderr]).toEqual([0, '', 'nothing found\n']);
  });

  it('writes no escape sequences where there is no terminal', async () => {
    const { stdout } = await place.run(['--db', 'store.db', 'search', 'e']);
    expect(stdout).not.toBe('');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('status and stats', () => {
  it('count what export lists', async () => {
    const counts: Record<string, number> = {};
    for (const kind of ['messages', 'chats', 'conversations', 'contacts', 'reactions', 'attachments']) {
      counts[kind] = jsonLines((await place.run(['--db', 'store.db', 'export', kind])).stdout).length;
    }
    expect(await json('status')).toMatchObject({ counts, file: place.file('store.db') });
    expect(await json('stats')).toMatchObject({ counts });
  });

  it('fit a terminal of eighty columns', async () => {
    for (const command of ['stats', 'status']) {
      const { stdout, stderr } = await place.run(['--db', 'store.db', command]);
      expect(stderr).toBe('');
      // A path is never cut.
      const lines = stdout.split('\n').filter((line) => !line.includes(place.folder));
      for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(80);
    }
  });
});

describe('the launcher', () => {
  it('says the version that package.json names', async () => {
    const { version } = JSON.parse(must(readProjectFile('package.json'), 'it is there')) as { version: string };
    expect((await place.run(['--version'])).stdout).toBe(`${version}\n`);
  });

  it('works through symbolic links, absolute and relative, from anywhere', () => {
    symlinkSync(program, place.file('absolute'));
    symlinkSync('absolute', place.file('relative'));
    for (const name of ['absolute', 'relative']) {
      const said = execFileSync(place.file(name), ['--version'], { cwd: '/', encoding: 'utf8' });
      expect(said).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  it('hands words with spaces and quotes on as they are', async () => {
    const { stdout } = await place.run(['--db', 'store.db', '--json', 'search', `it's  "two" words $HOME *`]);
    expect(JSON.parse(stdout)).toEqual({ hits: [] });
  });
});

describe('help', () => {
  it.each([
    [['help'], /Usage: chatstats .*\n[\s\S]*import[\s\S]*demo[\s\S]*Exit codes/],
    [['--help'], /Usage: chatstats /],
    [['help', 'import'], /Usage: chatstats import [\s\S]*--address-book[\s\S]*CHATSTATS_ADDRESS_BOOK/],
    [['import', '--help'], /Usage: chatstats import /],
  ])('%j goes to stdout and succeeds', async (args, expected) => {
    const { status, stdout, stderr } = await place.run(args);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(expected);
  });
});

describe('demo', () => {
  it('shows the main job and leaves nothing behind', async () => {
    const env = { TMPDIR: place.file(), CHATSTATS_DB: place.file('my-real-store.db') };
    const before = readdirSync(place.folder);
    const { status, stdout } = await place.run(['demo', '--messages', '800', '--seed', '3', '--live-seconds', '2'], {
      env,
    });
    expect(status).toBe(0);
    for (const title of [
      'Imported in',
      'messages_synced',
      'nothing is missing',
      'Chats with most messages',
      'What to try next',
    ])
      expect(stdout).toContain(title);
    expect(readdirSync(place.folder)).toEqual(before);
  });

  it('keeps its store where --db names one', async () => {
    const { status, stdout } = await place.run([
      '--db',
      'kept.db',
      '--json',
      'demo',
      '--messages',
      '800',
      '--live-seconds',
      '0',
    ]);
    expect(status).toBe(0);
    const { import: summary } = JSON.parse(stdout) as { import: { messages: number } };
    const lines = jsonLines((await place.run(['--db', 'kept.db', 'export', 'messages'])).stdout);
    expect(lines.length).toBe(summary.messages);
  });
});
