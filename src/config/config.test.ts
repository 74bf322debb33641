import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatStatsError } from '../kernel/index.ts';
import { configurationDocument, flagsOf } from './document.ts';
import { parseConfigFile, readConfigFile } from './file.ts';
import type { Machine } from './option.ts';
import { countryCode, option } from './option.ts';
import { OPTIONS } from './options.ts';
import { type Config, parseSetting, resolveConfig, type Settings } from './resolve.ts';

const linux: Machine = { platform: 'linux', home: '/home/ann', env: {} };

type Given = { flags?: Settings; env?: Machine['env']; file?: Settings; machine?: Partial<Machine> };

function resolve({ flags = {}, env = {}, file, machine = {} }: Given = {}): Config {
  const settings = file === undefined ? null : { settings: file, folder: '/etc/chatstats' };
  return resolveConfig({ flags, file: settings, machine: { ...linux, ...machine, env } });
}

function refusal(given: Given): ChatStatsError {
  try {
    resolve(given);
  } catch (error) {
    if (error instanceof ChatStatsError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('where a setting comes from', () => {
  const everywhere = { flags: { 'gap-minutes': '1' }, env: { CHATSTATS_GAP_MINUTES: '2' }, file: { 'gap-minutes': 3 } };

  it('a flag wins over the environment, that over the file, that over the default', () => {
    expect(resolve(everywhere).gapMinutes).toBe(1);
    expect(resolve({ ...everywhere, flags: {} }).gapMinutes).toBe(2);
    expect(resolve({ ...everywhere, flags: {}, env: {} }).gapMinutes).toBe(3);
    expect(resolve().gapMinutes).toBeNull();
  });

  it('a flag that is off wins over a variable that is on', () => {
    expect(resolve({ flags: { json: false }, env: { CHATSTATS_JSON: '1' } }).json).toBe(false);
  });

  it('a flag that was not given, an empty variable and a null in the file say nothing', () => {
    expect(
      resolve({ flags: { region: undefined }, env: { CHATSTATS_REGION: '' }, file: { region: null } }).region,
    ).toBeNull();
  });

  it('without anything, every option has its default', () => {
    expect(resolve()).toEqual({
      db: '/home/ann/.local/share/chatstats/chatstats.db',
      config: null,
      contactsSeconds: 60,
      logLevel: 'warn',
      json: false,
      source: null,
      addressBook: null,
      passwordFd: null,
      backupPassword: null,
      region: null,
      gapMinutes: null,
      once: false,
      pollMs: 50,
      sealCheckSeconds: 60,
      unified: false,
      hints: true,
      mirrorDeletes: false,
      port: 4224,
      host: '127.0.0.1',
      tokenFile: null,
      noOpen: false,
      force: false,
      format: 'jsonl',
      limit: 20,
      chat: null,
      messages: 30_000,
      liveSeconds: 8,
      stay: null,
      redisUrl: null,
      concurrency: 4,
      leaseSeconds: 15,
      eventBodies: false,
      analysis: null,
      passes: null,
      liveAnalysisSeconds: 5,
      llmUrl: null,
      llmModel: null,
      llmInputTokens: 12_000,
      llmOutputTokens: 1_500,
      llmRequestsPerMinute: 60,
      llmTokensPerDay: 2_000_000,
      llmCostPerDay: null,
      llmInputPrice: null,
      llmOutputPrice: null,
      llmTimeoutSeconds: 180,
      llmStream: true,
      jobsHere: true,
      bulkAnalysisRunning: false,
      bulkAnalysisMinutes: 60,
      top: null,
      dryRun: false,
      seed: 1,
    });
  });
});

describe('a service', () => {
  it('takes every setting that up takes, but for those of a terminal and of backups, which it refuses', () => {
    const missing = Object.values(OPTIONS)
      .filter(({ commands }) => commands !== 'all' && commands.includes('up') && !commands.includes('service'))
      .map(({ name }) => name);
    expect(missing).toEqual(['password-fd', 'backup-password', 'no-open']);
  });
});

describe('the store', () => {
  it('lies in Application Support on a Mac', () => {
    const { db } = resolve({ machine: { platform: 'darwin', home: '/Users/ann' }, env: { XDG_DATA_HOME: '/data' } });
    expect(db).toBe('/Users/ann/Library/Application Support/ChatStats/chatstats.db');
  });

  it('lies where XDG_DATA_HOME says elsewhere, unless that is relative', () => {
    expect(resolve({ env: { XDG_DATA_HOME: '/data' } }).db).toBe('/data/chatstats/chatstats.db');
    expect(resolve({ env: { XDG_DATA_HOME: 'data' } }).db).toBe('/home/ann/.local/share/chatstats/chatstats.db');
  });

  it('lies where CHATSTATS_DB says', () => {
    expect(resolve({ env: { CHATSTATS_DB: '/x/store.db' }, machine: { platform: 'darwin' } }).db).toBe('/x/store.db');
  });
});

describe('paths', () => {
  it('may start in the home folder, also where no shell has looked', () => {
    expect(resolve({ env: { CHATSTATS_DB: '~/store.db' } }).db).toBe('/home/ann/store.db');
    expect(resolve({ file: { source: '~/chat.db' } }).source).toBe('/home/ann/chat.db');
  });

  it('start from the file when they stand in it, and are left alone elsewhere', () => {
    expect(resolve({ file: { db: 'store.db' } }).db).toBe('/etc/chatstats/store.db');
    expect(resolve({ flags: { db: 'store.db' } }).db).toBe('store.db');
  });

  it('leave the word none alone', () => {
    expect(resolve({ file: { 'address-book': 'none' } }).addressBook).toBe('none');
  });
});

describe('what is refused, by name', () => {
  it.each([
    [{ flags: { 'gap-minutes': 'soon' } }, '--gap-minutes must be a number above 0, not "soon".'],
    [{ flags: { 'gap-minutes': '0' } }, '--gap-minutes must be a number above 0, not "0".'],
    [{ flags: { 'gap-minutes': '-5' } }, '--gap-minutes must be a number above 0, not "-5".'],
    [{ flags: { 'gap-minutes': '0x10' } }, '--gap-minutes must be a number above 0, not "0x10".'],
    [{ flags: { 'gap-minutes': 'Infinity' } }, '--gap-minutes must be a number above 0, not "Infinity".'],
    [{ env: { CHATSTATS_LIMIT: '2.5' } }, 'CHATSTATS_LIMIT must be a whole number, not "2.5".'],
    [{ flags: { port: '65536' } }, '--port must be a port, 0 to 65535, not "65536".'],
    [{ env: { CHATSTATS_JSON: 'perhaps' } }, 'CHATSTATS_JSON must be true or false, not "perhaps".'],
    [{ file: { format: 'xml' } }, '"format" in the configuration file must be one of jsonl, csv, not "xml".'],
    [
      { file: { region: 'Germany' } },
      '"region" in the configuration file must be a country code of two letters, such as US or DE, not "Germany".',
    ],
    [{ file: { db: 7 } }, '"db" in the configuration file must be text, not 7.'],
    [{ flags: { db: '' } }, '--db must not be empty, not "".'],
    [{ file: { gap: 90 } }, 'The configuration file has a key "gap" that is not an option.'],
    [{ flags: { gap: 90 } }, 'There is no option --gap.'],
  ] satisfies [Given, string][])('%j', (given, message) => {
    const error = refusal(given);
    expect(error.code).toBe('USAGE');
    expect(error.message).toBe(message);
  });

  it('a long value is cut', () => {
    expect(refusal({ flags: { format: 'x'.repeat(500) } }).message.length).toBeLessThan(150);
  });
});

describe('values', () => {
  it('switches understand the usual words', () => {
    for (const word of ['1', 'true', 'YES', 'on']) expect(resolve({ env: { CHATSTATS_JSON: word } }).json).toBe(true);
    for (const word of ['0', 'false', 'No', 'off']) expect(resolve({ env: { CHATSTATS_JSON: word } }).json).toBe(false);
  });

  it('a country may be written in any case, minutes may be fractions', () => {
    expect(resolve({ flags: { region: 'de' } }).region).toBe('DE');
    expect(resolve({ flags: { 'gap-minutes': '0.5' } }).gapMinutes).toBe(0.5);
  });
});

describe('the configuration file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the one that the flag names, or else the variable', () => {
    writeFileSync(path.join(folder, 'a.json'), '{ "region": "DE", "db": "a.db" }');
    writeFileSync(path.join(folder, 'b.json'), '\uFEFF{ "region": "FR" }');
    const machine = { ...linux, env: { CHATSTATS_CONFIG: path.join(folder, 'b.json') } };
    const flags = { config: path.join(folder, 'a.json') };
    const named = resolveConfig({ flags, file: readConfigFile(flags, machine), machine });
    expect([named.region, named.db]).toEqual(['DE', path.join(folder, 'a.db')]);
    expect(resolveConfig({ flags: {}, file: readConfigFile({}, machine), machine }).region).toBe('FR');
    expect(readConfigFile({}, linux)).toBeNull();
  });

  it('is refused, by its name, when it cannot be read or is no JSON object', () => {
    expect(() => readConfigFile({ config: path.join(folder, 'none.json') }, linux)).toThrow(
      /none\.json cannot be read \(ENOENT\)/,
    );
    expect(() => parseConfigFile('[1]', 'c.json')).toThrow('c.json does not hold a JSON object');
  });

  it('is never quoted in an error', () => {
    const attempt = () => parseConfigFile('{ "password": "hunter2" oops', 'c.json');
    expect(attempt).toThrow('c.json is not JSON');
    expect(attempt).not.toThrow(/hunter2/);
  });
});

describe('the description', () => {
  it('names every option once, by flag, variable and key in code alike', () => {
    for (const [key, { name, env }] of Object.entries(OPTIONS)) {
      expect(name).toBe(key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
      expect(env).toBe(`CHATSTATS_${name.replaceAll('-', '_').toUpperCase()}`);
    }
  });

  it('gives each command its flags, and those of all commands apart', () => {
    expect(flagsOf('all').map(({ syntax }) => syntax)).toEqual([
      '--db <FILE>',
      '--config <FILE>',
      '--log-level <LEVEL>',
      '--json',
    ]);
    expect(flagsOf('export').map(({ name }) => name)).toEqual(['unified', 'format']);
    expect(flagsOf('import').map(({ name }) => name)).toEqual([
      'source',
      'address-book',
      'password-fd',
      'region',
      'gap-minutes',
    ]);
  });

  it('is documented whole', () => {
    for (const { name, env, isSecret } of Object.values(OPTIONS)) {
      expect(configurationDocument().includes(`--${name}`)).toBe(!isSecret);
      expect(configurationDocument()).toContain(env);
    }
  });

  it('takes a secret from the environment, and from nowhere else', () => {
    const machine = { ...linux, env: { CHATSTATS_BACKUP_PASSWORD: 'hunter2' } };
    expect(resolveConfig({ flags: {}, file: null, machine }).backupPassword).toBe('hunter2');
    const settings = { 'backup-password': 'hunter2' };
    const inFile = () => resolveConfig({ flags: {}, file: { settings, folder: '/' }, machine: linux });
    expect(inFile).toThrow(/has a key "backup-password" that is not an option/);
    expect(() => resolveConfig({ flags: settings, file: null, machine: linux })).toThrow('no option --backup-password');
    expect(flagsOf('import').map(({ name }) => name)).not.toContain('backup-password');
  });

  it('keeps a private value out of the error, and still says what is wrong', () => {
    const secret = option({
      name: 'pin',
      schema: countryCode,
      default: '',
      description: '',
      private: true,
      commands: 'all',
    });
    const attempt = () => parseSetting(secret, '0815', '--pin', null, linux);
    expect(attempt).toThrow('--pin must be a country code');
    expect(attempt).not.toThrow(/0815/);
  });
});
