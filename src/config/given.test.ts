import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from './file.ts';
import { givenArguments } from './given.ts';
import type { Machine } from './option.ts';
import { resolveConfig, type Settings } from './resolve.ts';

const machine: Machine = { platform: 'linux', home: '/home/ann', env: {} };

function given(flags: Settings, env: Machine['env'] = {}) {
  const config = resolveConfig({ flags, file: readConfigFile({}, machine), machine: { ...machine, env } });
  return givenArguments('up', { config, flags, env }, ['noOpen']);
}

describe('the arguments that start a command as it would run now', () => {
  it('name the store, and nothing else where nothing was given', () => {
    expect(given({})).toEqual({
      ...{ general: ['--db', '/home/ann/.local/share/chatstats/chatstats.db'], own: [], secrets: {} },
    });
  });

  it('hold what flags and variables gave, with absolute paths and words for switches', () => {
    const flags = { db: 'a/store.db', source: 'chat.db', hints: 'off', 'mirror-deletes': true, 'no-open': true };
    const env = { CHATSTATS_ADDRESS_BOOK: 'none', CHATSTATS_GAP_MINUTES: '30', CHATSTATS_PORT: '' };
    const { general, own } = given(flags, env);
    expect(general).toEqual(['--db', path.resolve('a/store.db')]);
    expect(own).toEqual([
      ...['--source', path.resolve('chat.db'), '--address-book', 'none', '--gap-minutes', '30'],
      ...['--hints', 'off', '--mirror-deletes'],
    ]);
  });

  it('leave out what the command does not take, and a switch that is off', () => {
    expect(given({ limit: '3', 'mirror-deletes': false, force: true }).own).toEqual([]);
  });

  it('hold nothing that is private, which is told apart, by the name of its variable', () => {
    const url = 'redis://:secret@host:6379/1';
    for (const [flags, env] of [
      [{ 'redis-url': url }, {}],
      [{}, { CHATSTATS_REDIS_URL: url }],
    ] as const) {
      const { own, secrets } = given({ ...flags, 'event-bodies': true }, env);
      expect([own, secrets]).toEqual([['--event-bodies'], { CHATSTATS_REDIS_URL: url }]);
    }
  });

  it('can be parsed again to the same settings', () => {
    const flags = { db: '/s.db', source: '/c.db', 'seal-check-seconds': '1.5', port: '0', 'log-level': 'debug' };
    const { general, own } = given(flags);
    const words = [...general, ...own];
    const again = Object.fromEntries(
      words.flatMap((word, at) => (at % 2 === 0 ? [[word.slice(2), words[at + 1]]] : [])),
    );
    expect(resolveConfig({ flags: again, file: null, machine })).toEqual(resolveConfig({ flags, file: null, machine }));
  });
});
