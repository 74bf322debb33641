/**
 * Follows a made-up Messages for minutes, with everything that can happen to it, and kills the process that follows
 * (kill -9) again and again when asked to; then everything is compared. Exit code 1 when anything differs.
 *
 * Usage: node bench/soak.ts [--minutes 5] [--messages 300000] [--kills] [--per-second 40] [--seed 1]
 *          [--generation macos-26] [--source FILE] [--one-file]
 *
 * `--source`: a made-up chat.db to begin with; a copy of it is worked on. `--one-file`: it is never replaced by another.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { must } from '../src/kernel/index.ts';
import { lastEventId } from '../src/outbox/index.ts';
import type { VerifyReport } from '../src/pipeline/index.ts';
import { GENERATIONS, writeHistory } from '../src/simulator/index.ts';
import { openReadable } from '../src/sqlite/index.ts';
import { openStoreForReading } from '../src/store/index.ts';
import { program } from '../test/cli/chatstats.ts';
import { freshFaults } from '../test/support/follow-laws.ts';
import { killAgainAndAgain, ONE_FILE } from '../test/support/killed-sync.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    messages: { type: 'string', default: '300000' },
    kills: { type: 'boolean', default: false },
    'per-second': { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    generation: { type: 'string', default: 'macos-26' },
    source: { type: 'string' },
    'one-file': { type: 'boolean', default: false },
  },
});

const MINUTE_MS = 60_000;
/** With kills, how long a process lives at most: long enough to be up to date, now and then to sweep everything. */
const LONGEST_LIFE_MS = 20_000;
const SHOWN = 20;
/** Each takes the made-up Messages many seconds, with a history of this size. */
const NOW_AND_THEN = { replaceOlder: 0.05, replaceRenumbered: 0.03, replaceEqual: 0.05, takeCopy: 0.1, vanish: 0.2 };

const minutes = Number(values.minutes);
const seed = Number(values.seed);
const generation = must(
  GENERATIONS.find((known) => known === values.generation),
  '--generation names a generation',
);
const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-soak-'));
const source = path.join(folder, 'chat.db');
const store = path.join(folder, 'store.db');

function makeSource(): void {
  if (values.source === undefined) {
    writeHistory({ file: source, generation, messages: Number(values.messages), seed, nowMs: Date.now() });
    return;
  }
  using db = openReadable(values.source);
  db.run('VACUUM INTO ?', source);
}

function chatstats(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
const startedAt = performance.now();
makeSource();
console.log(`${seconds()} s  a history of ${(statSync(source).size / 1e6).toFixed(0)} MB is there: ${folder}`);

const endMs = performance.now() + minutes * MINUTE_MS;
const killed = await killAgainAndAgain({
  ...{ source, store, generation, seed, perSecond: Number(values['per-second']) },
  weights: values['one-file'] ? ONE_FILE : NOW_AND_THEN,
  // Without kills it lives through all of it, and is killed once, at the end.
  longestLifeMs: values.kills ? LONGEST_LIFE_MS : minutes * MINUTE_MS,
  ...(values.kills ? {} : { shortestLifeMs: minutes * MINUTE_MS }),
  goesOn: (kill) => performance.now() < endMs && (values.kills || kill === 1),
  onKill(told) {
    using db = openStoreForReading(store);
    console.log(`${seconds()} s  kill ${told}; ${lastEventId(db)} events`);
  },
});
const { faults, said, ...counts } = killed;
console.log(`${seconds()} s  ${JSON.stringify(counts)}`);
for (const line of new Set(said)) console.log(`         sync said: ${line}`);

const verify = await chatstats('--db', store, '--json', 'verify', source, '--address-book', 'none');
const report = JSON.parse(verify.stdout) as VerifyReport;
console.log(`${seconds()} s  verify: exit code ${verify.status}, source ${JSON.stringify(report.source)}`);
console.log(`         set aside ${JSON.stringify(report.setAside)}`);
faults.push(...report.differences.map(({ kind, guid, what }) => `verify: ${kind} ${guid}: ${what}`));
if (values['one-file']) {
  const fresh = path.join(folder, 'fresh.db');
  await chatstats('--db', fresh, 'import', source, '--address-book', 'none');
  faults.push(...freshFaults(store, fresh).map((fault) => `fresh: ${fault}`));
}
using db = openStoreForReading(store);
const integrity = db.value<string>('PRAGMA integrity_check');
if (integrity !== 'ok') faults.push(`integrity_check: ${integrity}`);
for (const fault of faults.slice(0, SHOWN)) console.log(`         ${fault}`);
console.log(`${seconds()} s  ${faults.length === 0 ? 'all agrees' : `${faults.length} faults`}`);
if (faults.length === 0 && verify.status === 0) rmSync(folder, { recursive: true, force: true });
else {
  console.log(`         left for you to look at: ${folder}`);
  process.exitCode = 1;
}
