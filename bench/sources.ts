/**
 * What a second source costs: the import of another history of 300,000 messages into a store that holds one, as a multiple
 * of the first import in the same run; a copy that holds nothing new; taking a source out again; and how soon messages
 * are told of by a process that follows one source, while it imports another.
 *
 * Usage: node bench/sources.ts [--messages 300000] [--only imports,live]
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startActor } from '../src/simulator/index.ts';
import { writeHistoryApart } from './history.ts';
import { Consumer } from './live/consumer.ts';
import { paced } from './live/latency.ts';
import { chatstats, Sync } from './live/sync-process.ts';
import { BUDGETS, heading, lagHeading, line, verdict } from './live/table.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '300000' }, only: { type: 'string', default: 'imports,live' } },
});
const parts = new Set(values.only.split(','));
/** Times the first import. */
const MOST_TIMES = 2;
const RUNS = 3;
const PACE_MS = 50;
const PACED = 400;

const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-sources-'));
const [first, second, copy] = ['first.db', 'second.db', 'copy.db'].map((name) => path.join(folder, name)) as [
  string,
  string,
  string,
];
const program = path.join(import.meta.dirname, '..', 'bin', 'chatstats');

type Summary = { durationMs: number; messages: number };

function run(store: string, ...args: string[]): string {
  const said = chatstats('--db', store, '--json', ...args).trim();
  return said.slice(said.lastIndexOf('\n') + 1);
}

function timed(store: string, source: string): Summary {
  return JSON.parse(run(store, 'import', source, '--address-book', 'none')) as Summary;
}

function imports(): void {
  heading('imports, ms                                              first    second   times       copy   removal');
  for (let at = 0; at < RUNS; at += 1) {
    const store = path.join(folder, `store-${at}.db`);
    const one = timed(store, first);
    const two = timed(store, second);
    const three = timed(store, copy);
    const startedAt = performance.now();
    run(store, 'sources', 'remove', '2');
    const removal = performance.now() - startedAt;
    const times = two.durationMs / one.durationMs;
    const cells = [one.durationMs, two.durationMs].map((ms) => String(ms).padStart(9)).join('');
    const rest = [three.durationMs, removal].map((ms) => ms.toFixed(0).padStart(9)).join('');
    const counts = `${one.messages} and ${two.messages - one.messages} messages`;
    line(counts, `${cells}   ${times.toFixed(2)} ${verdict(times, MOST_TIMES)}${rest}`);
    rmSync(store);
  }
}

async function live(): Promise<void> {
  const store = path.join(folder, 'live.db');
  await using sync = await Sync.start(store, first);
  await sync.indexed();
  const actor = startActor({ file: first, generation: 'macos-26', seed: 99, script: true });
  using consumer = new Consumer(store);
  const scene = { actor, consumer, store };
  lagHeading();
  await paced(scene, 'nothing else goes on', PACED, PACE_MS, BUDGETS.hints);
  const importing = spawn(program, ['--db', store, 'import', second, '--address-book', 'none'], { stdio: 'ignore' });
  const startedAt = performance.now();
  const ended = new Promise<number>((resolve) => importing.once('exit', () => resolve(performance.now() - startedAt)));
  await paced(scene, 'while another history is imported', PACED, PACE_MS, BUDGETS.hints);
  line('the import took, s', ((await ended) / 1_000).toFixed(1));
  await actor.stop();
}

try {
  const nowMs = Date.now() - 60_000;
  for (const [file, seed] of [
    [first, 1],
    [second, 2],
  ] as const) {
    writeHistoryApart({ file, messages: Number(values.messages), seed, nowMs });
  }
  copyFileSync(first, copy);
  if (parts.has('imports')) imports();
  if (parts.has('live')) await live();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
