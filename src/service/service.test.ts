import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatStatsError } from '../kernel/index.ts';
import { FakeLaunchctl, FakeSystemctl, launchctlPrint } from './fakes.test-support.ts';
import type { ServiceMachine, ServiceTask } from './manager.ts';
import { stringsIn } from './plist.ts';
import { SECRETS_VARIABLE, secretsIn } from './secrets.ts';
import { installService, removeService, serviceState } from './service.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'chatstats "home" & <$x> 100% '));
});
afterEach(() => rmSync(home, { recursive: true }));

const machine = (change: Partial<ServiceMachine>): ServiceMachine => ({
  ...{ platform: 'darwin', home, env: {}, userId: 501, wait: async () => undefined },
  runProgram: async () => ({ status: null, stdout: '', stderr: '' }),
  ...change,
});

const task = (...args: string[]): ServiceTask => ({
  program: '/opt/chat & stats/bin/chatstats',
  node: '/opt/node/bin/node',
  args: ['--db', `${home}/store.db`, 'up', '--no-open', ...args],
  secrets: {},
});

async function failure(work: Promise<unknown>): Promise<ChatStatsError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ChatStatsError) return error;
  throw new Error('it did not fail as it should', { cause: error });
}

const KEEP = { force: false };

describe('with launchd', () => {
  const label = 'org.chatstats.up';
  const plist = () => path.join(home, 'Library/LaunchAgents', `${label}.plist`);

  it('is installed as a LaunchAgent, and started', async () => {
    const launchctl = new FakeLaunchctl();
    const mac = machine({ runProgram: launchctl.run, env: { LANG: 'de_DE.UTF-8', SECRET: 'x' } });
    const { state, replaced } = await installService(mac, task(), KEEP);
    expect(replaced).toBe('nothing');
    expect(state).toEqual({
      ...{ manager: 'launchd', isInstalled: true, isRunning: true, pid: 4321, lastExit: null, file: plist() },
      arguments: task().args,
      secrets: [],
      log: path.join(home, 'Library/Logs/ChatStats/chatstats.log'),
    });
    expect(launchctl.changes).toEqual([`enable gui/501/${label}`, `bootstrap gui/501 ${plist()}`]);
    const text = readFileSync(plist(), 'utf8');
    expect(stringsIn(text, 'ProgramArguments')).toEqual(['/bin/sh', task().program, ...task().args]);
    for (const part of [
      '<key>RunAtLoad</key>\n  <true/>',
      '<key>SuccessfulExit</key>\n    <false/>',
      '<key>ProcessType</key>\n  <string>Background</string>',
      '<string>/opt/node/bin:/usr/local/bin:/usr/bin:/bin</string>',
      '<string>de_DE.UTF-8</string>',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('SECRET');
    // launchd refuses a list that others may write to, and makes no folder for the log.
    expect(statSync(plist()).mode & 0o022).toBe(0);
    expect(statSync(path.join(home, 'Library/Logs/ChatStats')).mode & 0o777).toBe(0o700);
  });

  it('is started anew by a second install, once the first has gone', async () => {
    const launchctl = new FakeLaunchctl({ slowToGo: 3 });
    const mac = machine({ runProgram: launchctl.run });
    await installService(mac, task(), KEEP);
    const { replaced } = await installService(mac, task(), KEEP);
    expect(replaced).toBe('the same');
    expect(launchctl.changes.map((change) => change.split(' ')[0])).toEqual([
      ...['enable', 'bootstrap'],
      ...['bootout', 'enable', 'bootstrap'],
    ]);
  });

  it('with other options is replaced only by force', async () => {
    const mac = machine({ runProgram: new FakeLaunchctl().run });
    await installService(mac, task(), KEEP);
    const before = readFileSync(plist(), 'utf8');
    expect(await failure(installService(mac, task('--port', '1'), KEEP))).toMatchObject({
      ...{ code: 'SERVICE_DIFFERS', exitCode: 2 },
    });
    expect(readFileSync(plist(), 'utf8')).toBe(before);
    const { replaced, state } = await installService(mac, task('--port', '1'), { force: true });
    expect([replaced, state.arguments]).toEqual(['other options', task('--port', '1').args]);
  });

  it('a list that somebody has changed counts as other options', async () => {
    const mac = machine({ runProgram: new FakeLaunchctl().run });
    await installService(mac, task(), KEEP);
    writeFileSync(plist(), 'bplist00');
    expect((await failure(installService(mac, task(), KEEP))).code).toBe('SERVICE_DIFFERS');
  });

  it('that launchd refuses is tried some times, then told', async () => {
    const launchctl = new FakeLaunchctl({ refuses: 2 });
    await installService(machine({ runProgram: launchctl.run }), task(), KEEP);
    const never = new FakeLaunchctl({ refuses: 99 });
    const error = await failure(installService(machine({ runProgram: never.run }), task(), KEEP));
    expect([error.code, error.message]).toEqual([
      'SERVICE_FAILED',
      'launchctl bootstrap failed with exit code 5: Bootstrap failed: 5: Input/output error',
    ]);
  });

  it('is removed with its file; removing nothing is no error', async () => {
    const launchctl = new FakeLaunchctl();
    const mac = machine({ runProgram: launchctl.run });
    await installService(mac, task(), KEEP);
    expect(await removeService(mac)).toEqual({ removed: true, file: plist() });
    expect([existsSync(plist()), launchctl.isLoaded]).toEqual([false, false]);
    expect((await removeService(mac)).removed).toBe(false);
    expect(await serviceState(mac)).toMatchObject({ isInstalled: false, isRunning: false, arguments: null });
  });

  it.each([
    ['pid = 77', null, { isRunning: true, pid: 77 }],
    ['last exit code = 3', null, { isRunning: false, pid: null, lastExit: 3 }],
    ['last exit code = 78: EX_CONFIG', null, { lastExit: 78 }],
    ['last exit code = (never exited)', null, { lastExit: null }],
    ['last terminating signal = Killed: 9', null, { lastExit: 137 }],
    ['state = x', '\tpid = 5', { isRunning: false, pid: null }],
  ])('%s is read from what launchctl prints', async (line, nested, expected) => {
    const stdout = launchctlPrint([`\t${line}`, ...(nested === null ? [] : ['\tendpoints = {', `\t${nested}`, '\t}'])]);
    const mac = machine({ runProgram: async () => ({ status: 0, stdout, stderr: '' }) });
    expect(await serviceState(mac)).toMatchObject(expected);
  });
});

describe('with systemd', () => {
  const unit = () => path.join(home, '.config/systemd/user/chatstats.service');
  const linux = (systemctl: FakeSystemctl, env = {}) => machine({ platform: 'linux', runProgram: systemctl.run, env });

  it('is installed as a unit of the user, and started', async () => {
    const systemctl = new FakeSystemctl();
    const { state, replaced } = await installService(linux(systemctl, { LANG: 'C' }), task(), KEEP);
    expect(replaced).toBe('nothing');
    expect(state).toMatchObject({ manager: 'systemd', isInstalled: true, isRunning: true, file: unit() });
    expect(state.arguments).toEqual(task().args);
    expect(systemctl.changes).toEqual(['daemon-reload', 'enable --now chatstats.service']);
  });

  it('has a unit that systemd itself understands', async () => {
    const systemctl = new FakeSystemctl();
    await installService(linux(systemctl, { LANG: 'C' }), task('--port', '1'), KEEP);
    const env = { ...process.env, XDG_RUNTIME_DIR: home };
    const verified = spawnSync('systemd-analyze', ['verify', '--user', unit()], { env, encoding: 'utf8' });
    // A machine without it has the other tests.
    if (verified.error === undefined) expect([verified.status, verified.stderr]).toEqual([0, '']);
    expect(readFileSync(unit(), 'utf8')).toContain('\nRestart=on-failure\n');
  });

  it('lies where XDG_CONFIG_HOME says', async () => {
    const systemctl = new FakeSystemctl();
    const config = path.join(home, 'config');
    const { state } = await installService(linux(systemctl, { XDG_CONFIG_HOME: config }), task(), KEEP);
    expect(state.file).toBe(path.join(config, 'systemd/user/chatstats.service'));
  });

  it('is started anew by a second install, and replaced by force', async () => {
    const systemctl = new FakeSystemctl();
    await installService(linux(systemctl), task(), KEEP);
    systemctl.changes.length = 0;
    expect((await installService(linux(systemctl), task(), KEEP)).replaced).toBe('the same');
    expect(systemctl.changes.at(-1)).toBe('restart chatstats.service');
    expect((await failure(installService(linux(systemctl), task('--port', '1'), KEEP))).code).toBe('SERVICE_DIFFERS');
    expect((await installService(linux(systemctl), task('--port', '1'), { force: true })).replaced).toBe(
      'other options',
    );
  });

  it('that systemd refuses is told in its words', async () => {
    const systemctl = new FakeSystemctl({ refuses: 'enable' });
    const error = await failure(installService(linux(systemctl), task(), KEEP));
    expect([error.code, error.message]).toEqual([
      'SERVICE_FAILED',
      'systemctl --user enable failed with exit code 1: Access denied',
    ]);
  });

  it('is removed with its file, also where systemd does not answer any more', async () => {
    const systemctl = new FakeSystemctl();
    await installService(linux(systemctl), task(), KEEP);
    systemctl.answers = false;
    expect(await serviceState(linux(systemctl))).toMatchObject({ isInstalled: true, isRunning: false });
    expect((await failure(installService(linux(systemctl), task(), KEEP))).code).toBe('SERVICE_UNAVAILABLE');
    expect(await removeService(linux(systemctl))).toEqual({ removed: true, file: unit() });
    expect(existsSync(unit())).toBe(false);
  });

  it.each([
    [
      { MainPID: '0', ExecMainCode: '1', ExecMainStatus: '3' },
      { isRunning: false, lastExit: 3 },
    ],
    [
      { MainPID: '0', ExecMainCode: '2', ExecMainStatus: '9' },
      { isRunning: false, lastExit: 137 },
    ],
    [
      { MainPID: '12', ExecMainCode: '0', ExecMainStatus: '0' },
      { isRunning: true, pid: 12, lastExit: null },
    ],
  ])('%j is read from what systemctl shows', async (shown, expected) => {
    const systemctl = new FakeSystemctl();
    await installService(linux(systemctl), task(), KEEP);
    systemctl.shown = shown;
    expect(await serviceState(linux(systemctl))).toMatchObject(expected);
  });
});

describe('what nobody else may see', () => {
  const SECRET = 'redis://:a "secret" of $mine@10.0.0.1:6379/2';
  const withSecret = (secrets: ServiceTask['secrets']): ServiceTask => ({ ...task(), secrets });
  const files = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));

  it.each(['darwin', 'linux'] as const)(
    '(%s) is in one file, for its user alone, and goes with the service',
    async (platform) => {
      const launchctl = new FakeLaunchctl();
      const runProgram = platform === 'darwin' ? launchctl.run : new FakeSystemctl().run;
      const here = machine({ platform, runProgram });
      const secrets = { CHATSTATS_REDIS_URL: SECRET };
      const { state } = await installService(here, withSecret(secrets), KEEP);
      expect([state.secrets, JSON.stringify(state).includes('mine')]).toEqual([['CHATSTATS_REDIS_URL'], false]);
      const holders = () => files(home).filter((file) => readFileSync(file, 'utf8').includes('mine'));
      const [holder = ''] = holders();
      expect(holders()).toHaveLength(1);
      expect(statSync(holder).mode & 0o777).toBe(0o600);
      expect(statSync(path.dirname(holder)).mode & 0o077).toBe(0);
      expect(secretsIn(holder)).toEqual(secrets);
      // The service is told where it is.
      const unit = files(home).find((file) => /\.(?:plist|service)$/.test(file)) ?? '';
      expect(readFileSync(unit, 'utf8')).toContain(SECRETS_VARIABLE);
      expect((await installService(here, withSecret(secrets), KEEP)).replaced).toBe('the same');
      const other = withSecret({ CHATSTATS_REDIS_URL: `${SECRET}1` });
      expect((await failure(installService(here, other, KEEP))).code).toBe('SERVICE_DIFFERS');
      expect((await installService(here, other, { force: true })).replaced).toBe('other options');
      expect(secretsIn(holder)).toEqual(other.secrets);
      await removeService(here);
      expect(holders()).toEqual([]);
    },
  );

  it('is nothing where the file cannot be read, and no more than settings of ours where it can', () => {
    const file = path.join(home, 'secrets');
    expect(secretsIn(file)).toEqual({});
    writeFileSync(file, 'PATH=/tmp\nCHATSTATS_LLM_KEY=a=b\n\nNODE_OPTIONS=--inspect\n');
    expect(secretsIn(file)).toEqual({ CHATSTATS_LLM_KEY: 'a=b' });
  });
});

describe('anywhere', () => {
  it.each<[string, Partial<ServiceMachine>]>([
    ['without systemctl', { platform: 'linux' }],
    ['where systemd does not answer', { platform: 'linux', runProgram: new FakeSystemctl({ answers: false }).run }],
    ['on Windows', { platform: 'win32' }],
  ])('%s there is no service, and it is said what to do', async (_where, change) => {
    expect(await serviceState(machine(change))).toBeNull();
    const error = await failure(installService(machine(change), task(), KEEP));
    expect([error.code, error.exitCode]).toEqual(['SERVICE_UNAVAILABLE', 1]);
    expect((await failure(removeService(machine(change)))).code).toBe('SERVICE_UNAVAILABLE');
  });

  it.each(['darwin', 'linux'] as const)(
    '(%s) a line break in a path is refused before anything is made',
    async (platform) => {
      const runProgram = platform === 'darwin' ? new FakeLaunchctl().run : new FakeSystemctl().run;
      const here = machine({ platform, runProgram });
      expect((await failure(installService(here, task('--source', '/a\nb'), KEEP))).code).toBe('USAGE');
      expect((await serviceState(here))?.isInstalled).toBe(false);
    },
  );
});
