/**
 * The whole gate behind `npm test`: types, format and lint, walls, unused code, then every test. Each check counts as
 * one, beside each test; the last line is `N passed, N failed`, and the exit code is 1 when anything failed or nothing
 * ran. Arguments are handed to vitest (`npm test -- src/decode`), and then the checks are left out.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installRedis } from './redis/installed.ts';
import { countTests, type Tally } from './report.ts';
import { installChromium } from './web/chromium.ts';

const root = path.join(import.meta.dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');

type Check = { name: string; command: string; args: string[] };

const checks: Check[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  { name: 'types of the page', command: 'tsc', args: ['-p', 'web'] },
  { name: 'format and lint', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
  { name: 'walls', command: 'node', args: ['--disable-warning=ExperimentalWarning', 'scripts/lint-imports.ts'] },
  { name: 'unused code', command: 'knip', args: ['--no-config-hints'] },
];

/** Runs a program of node_modules/.bin with that folder first on the path, so that it finds our Node. */
function run(command: string, args: string[], output: 'inherit' | 'pipe') {
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` };
  return spawnSync(path.join(bin, command), args, { cwd: root, env, stdio: output, encoding: 'utf8' });
}

function runChecks(): Tally {
  const tally = { passed: 0, failed: 0 };
  for (const { name, command, args } of checks) {
    const { status, stdout, stderr, error } = run(command, args, 'pipe');
    const passed = status === 0;
    console.log(`${passed ? '✓' : '✗'} ${name}`);
    if (!passed) console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trimEnd());
    tally[passed ? 'passed' : 'failed'] += 1;
  }
  return tally;
}

/** Where Linux keeps files in memory; tests make thousands of databases, and wait for a disk a quarter of their time. */
const IN_MEMORY = '/dev/shm';
const TMPFS = 0x0102_1994;
const ROOM_BYTES = 4 * 1024 ** 3;

/** The folder that all files of tests are in. Who has set TMPDIR has said where. */
function placeOfTests(): string {
  if ((process.env.TMPDIR ?? '') !== '' || !existsSync(IN_MEMORY) || os.freemem() < 2 * ROOM_BYTES) return os.tmpdir();
  const { type, bavail, bsize } = statfsSync(IN_MEMORY);
  return type === TMPFS && bavail * bsize >= ROOM_BYTES ? IN_MEMORY : os.tmpdir();
}

function runTests(filters: string[]): Tally {
  const folder = mkdtempSync(path.join(placeOfTests(), 'chatstats-tests-'));
  // As any folder for temporary files: some tests are done as a user without rights.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  try {
    const report = path.join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = run('vitest', ['run', ...reporters, ...filters], 'inherit');
    return countTests(existsSync(report) ? readFileSync(report, 'utf8') : null, status);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const filters = process.argv.slice(2);
if (filters.length === 0 || filters.some((filter) => filter.includes('web'))) installChromium();
installRedis();
const checked = filters.length === 0 ? runChecks() : { passed: 0, failed: 0 };
const tested = runTests(filters);
const failed = checked.failed + tested.failed;
console.log(`${checked.passed + tested.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
