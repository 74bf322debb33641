import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCode, type Outcome, program, Workplace } from './chatstats.ts';

/**
 * bin/chatstats as a process, beside a systemctl of our own: a script on its search path that writes down what it is
 * asked for, so that no test starts a service on the machine that it runs on.
 */
const SYSTEMCTL = `#!/bin/sh
[ "$1" = --user ] || exit 9
shift
echo "$*" >> "$HOME/asked"
case $1 in
  show-environment) [ -e "$HOME/no-bus" ] && { echo 'Failed to connect to bus: No medium found' >&2; exit 1; }; exit 0 ;;
  enable) touch "$HOME/running" ;;
  disable) rm -f "$HOME/running" ;;
  show) if [ -e "$HOME/running" ]; then echo MainPID=42; else echo MainPID=0; fi; echo ExecMainCode=0; echo ExecMainStatus=0 ;;
esac
exit 0
`;

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
  mkdirSync(place.file('bin'));
  mkdirSync(place.file('a "b" & $c 5%'));
  writeFileSync(place.file('bin', 'systemctl'), SYSTEMCTL);
  chmodSync(place.file('bin', 'systemctl'), 0o755);
  place.history('a "b" & $c 5%/chat.db', { messages: 60 });
});
afterEach(() => place[Symbol.dispose]());

const unit = () => place.file('.config/systemd/user/chatstats.service');
const source = () => place.file('a "b" & $c 5%', 'chat.db');
const asked = () => readFileSync(place.file('asked'), 'utf8').trimEnd().split('\n');

async function service(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const search = `${place.file('bin')}:${process.env.PATH ?? ''}`;
  return await place.run(args, { env: { PATH: search, ...env } });
}

// launchd is tried with a stand-in of its own, in src/service; a Mac has no systemctl.
describe.runIf(process.platform === 'linux')('service', () => {
  it('install has systemd run "up" from now on, with absolute paths', async () => {
    const args = ['--db', 'store.db', 'service', 'install', '--source', 'a "b" & $c 5%/chat.db', '--port', '0'];
    const { status, stdout, stderr } = await service(args, { CHATSTATS_ADDRESS_BOOK: 'none' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Installed: from login on');
    expect(asked().filter((line) => !line.startsWith('show'))).toEqual([
      'daemon-reload',
      'enable --now chatstats.service',
    ]);
    const { arguments: words, ...state } = JSON.parse((await service(['--json', 'service', 'status'])).stdout);
    expect(state).toMatchObject({ manager: 'systemd', isInstalled: true, isRunning: true, pid: 42, file: unit() });
    expect(words).toEqual([
      ...['--db', place.file('store.db'), 'up', '--no-open'],
      ...['--source', source(), '--address-book', 'none', '--port', '0'],
    ]);
    expect(readFileSync(unit(), 'utf8')).toContain(`ExecStart=/bin/sh "${program}" "--db"`);
  });

  it('install again says so; with other options it takes --force', async () => {
    const install = (...more: string[]) => service(['service', 'install', '--source', source(), ...more]);
    await install();
    expect((await install()).stdout).toContain('Installed again, with the same options');
    const before = readFileSync(unit(), 'utf8');
    const refused = await install('--port', '5000');
    expect([errorCode(refused), refused.status]).toEqual(['SERVICE_DIFFERS', 2]);
    expect(readFileSync(unit(), 'utf8')).toBe(before);
    const forced = await install('--port', '5000', '--force');
    expect([forced.status, forced.stdout]).toEqual([0, expect.stringContaining('in place of one with other options')]);
    expect(readFileSync(unit(), 'utf8')).not.toContain('force');
  });

  it('install keeps a Redis with its password where nobody else sees it, and the service is told', async () => {
    const url = 'redis://:a-secret-word@127.0.0.1:6379/3';
    const args = ['--db', 'store.db', 'service', 'install', '--source', source(), '--event-bodies'];
    const { stdout, status } = await service([...args, '--redis-url', url], { CHATSTATS_LLM_KEY: 'another-secret' });
    expect([status, stdout.includes('secret-word')]).toEqual([0, false]);
    expect(stdout).toMatch(/with +CHATSTATS_REDIS_URL, CHATSTATS_LLM_KEY/);
    const unitText = readFileSync(unit(), 'utf8');
    expect(unitText).toContain('"--event-bodies"');
    expect(unitText).not.toMatch(/secret-word|another-secret|redis-url/);
    const [, secrets = ''] = /CHATSTATS_SERVICE_SECRETS=([^"]+)"/.exec(unitText) ?? [];
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    // As systemd would start it: a source that is nothing ends it, after it has understood the rest.
    writeFileSync(secrets, 'CHATSTATS_REDIS_URL=no-redis\n');
    const started = await place.run(['--db', 'store.db', 'sync'], { env: { CHATSTATS_SERVICE_SECRETS: secrets } });
    expect([errorCode(started), started.stderr]).toEqual([
      'USAGE',
      expect.stringContaining('CHATSTATS_REDIS_URL must be'),
    ]);
  });

  it('install keeps nothing of what opens a backup, which a service does not read', async () => {
    const env = { CHATSTATS_BACKUP_PASSWORD: 'of-a-backup', CHATSTATS_PASSWORD_FD: '3' };
    const { status, stdout, stderr } = await service(['service', 'install', '--source', source()], env);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(/of-a-backup|BACKUP_PASSWORD/);
    expect(readFileSync(unit(), 'utf8')).not.toMatch(/of-a-backup|password|SECRETS/i);
  });

  it('remove takes everything back, and doctor sees the difference', async () => {
    await service(['service', 'install', '--source', source()]);
    const seen = async () => {
      const { checks } = JSON.parse((await service(['--json', 'doctor', '--source', source()])).stdout);
      return (checks as { id: string; state: string }[]).find(({ id }) => id === 'service')?.state;
    };
    expect(await seen()).toBe('ok');
    rmSync(place.file('running'));
    expect(await seen()).toBe('warning');
    const removed = await service(['service', 'remove']);
    expect([removed.status, existsSync(unit())]).toEqual([0, false]);
    expect(await seen()).toBe('skipped');
    expect((await service(['service', 'remove'])).stderr).toBe('no service is installed\n');
  });

  it('what could never start is not installed', async () => {
    const missing = await service(['service', 'install', '--source', 'nowhere.db']);
    expect([errorCode(missing), missing.status]).toEqual(['SOURCE_NOT_FOUND', 3]);
    expect(errorCode(await service(['service', 'install']))).toBe('SOURCE_NOT_FOUND');
    const token = { CHATSTATS_TOKEN: 'a-token-of-sixteen-characters' };
    expect(errorCode(await service(['service', 'install', '--source', source()], token))).toBe('TOKEN_REQUIRED');
    expect(existsSync(unit())).toBe(false);
  });

  it('where systemd does not answer, and where there is none, it is said what to do', async () => {
    writeFileSync(place.file('no-bus'), '');
    const silent = await service(['service', 'install', '--source', source()]);
    expect([errorCode(silent), silent.status]).toEqual(['SERVICE_UNAVAILABLE', 1]);
    rmSync(place.file('bin', 'systemctl'));
    // Nothing that bin/chatstats cannot do without is looked for on the search path.
    const nothing = await place.run(['service', 'status'], { env: { PATH: place.file('bin') } });
    expect([errorCode(nothing), nothing.status]).toEqual(['SERVICE_UNAVAILABLE', 1]);
    expect(existsSync(unit())).toBe(false);
  });

  it.each([['nothing'], ['start'], ['']])('"%s" is no verb', async (verb) => {
    expect(errorCode(await service(['service', ...(verb === 'nothing' ? [] : [verb])]))).toBe('USAGE');
  });

  it('keeps its log small when launchd tells it where that is', async () => {
    const log = place.file('chatstats.log');
    writeFileSync(log, `${'x'.repeat(99)}\n`.repeat(15_000));
    await service(['service', 'status'], { CHATSTATS_SERVICE_LOG: log });
    expect(readFileSync(log).length).toBe(0);
    expect(readFileSync(`${log}.1`).length).toBeGreaterThan(900_000);
  });
});
