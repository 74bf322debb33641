import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const MISSING = `the tests with Redis need a redis-server, and there is none.
Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or name one with
CHATSTATS_REDIS_SERVER=/path/to/redis-server. REDIS_URL names a running server for the tests that neither stop nor
restart one; the databases from the one it names on are emptied, one for each runner.`;

const FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin'];

/** The redis-server of this machine; null when there is none. */
export function redisServerPath(): string | null {
  const named = process.env.CHATSTATS_REDIS_SERVER;
  if (named !== undefined && named !== '') return existsSync(named) ? named : null;
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...FOLDERS];
  return folders.map((folder) => path.join(folder, 'redis-server')).find((file) => existsSync(file)) ?? null;
}

export function mustHaveRedisServer(): string {
  const found = redisServerPath();
  if (found === null) throw new Error(MISSING);
  return found;
}

/** Where there is none and this may be done, installs one; else the tests that need it say what is missing. */
export function installRedis(): void {
  if (redisServerPath() !== null || process.env.CHATSTATS_REDIS_SERVER) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log('installing redis-server, which the tests with Redis need');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (status !== 0) console.log(`apt-get ${args[0]} failed:\n${stderr}`);
  }
}
