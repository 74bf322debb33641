/**
 * How long an import takes, over the floor: SQLite alone, copying the same columns into the same tables (floor.ts).
 * Both sides run as processes of their own, in turns, in one run of this program; times are whole processes, medians.
 *
 * Usage: node bench/import/index.ts [--messages 300000] [--rounds 5] [--scale 30000,3000000] [--keep FOLDER]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { ImportSummary } from '../../src/pipeline/index.ts';
import { writeHistory } from '../../src/simulator/index.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '' },
    keep: { type: 'string', default: '' },
  },
});

/** 500 cards, as an address book of a person who writes to many. */
const CARDS = 500;
const NOW_MS = Date.UTC(2026, 5, 15);
const FIXED_STAGES = new Set(['open', 'people']);
const rounds = Number(values.rounds);
const root = values.keep === '' ? mkdtempSync(path.join(tmpdir(), 'chatstats-bench-')) : values.keep;

type Sample = ImportSummary & { peakMb: number };

function history(messages: number): string {
  const folder = path.join(root, String(messages));
  if (existsSync(path.join(folder, 'chat.db'))) return folder;
  mkdirSync(folder, { recursive: true });
  writeHistory({
    file: path.join(folder, 'chat.db'),
    addressBookFolder: path.join(folder, 'AddressBook'),
    contacts: CARDS,
    generation: 'macos-26',
    messages,
    seed: 1,
    nowMs: NOW_MS,
  });
  return folder;
}

function run(script: string, ...args: string[]): { ms: number; output: string } {
  const startedAt = performance.now();
  const output = execFileSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--expose-gc',
      '--max-semi-space-size=8',
      path.join(import.meta.dirname, script),
      ...args,
    ],
    { encoding: 'utf8', env: { ...process.env, NODE_COMPILE_CACHE: path.join(root, 'compile-cache') } },
  );
  return { ms: performance.now() - startedAt, output };
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
/** What grows with the rows: every stage but the opening and the people, whose cards are the same at every size. */
const rowsMs = (samples: Sample[]) =>
  median(
    samples.map(({ stages }) =>
      Object.entries(stages).reduce((sum, [stage, ms]) => (FIXED_STAGES.has(stage) ? sum : sum + ms), 0),
    ),
  );

const mb = (file: string) => (statSync(file).size / 1e6).toFixed(1);

function measure(messages: number, times: number) {
  const folder = history(messages);
  const store = path.join(root, 'store.db');
  const floorStore = path.join(root, 'floor.db');
  const imports: { ms: number; sample: Sample }[] = [];
  const floors: number[] = [];
  const importOnce = () => {
    const { ms, output } = run('import-once.ts', folder, store);
    return { ms, sample: JSON.parse(output) as Sample };
  };
  // The first of each fills the page cache and the compile cache and is not counted.
  const warm = importOnce();
  run('floor.ts', path.join(folder, 'chat.db'), floorStore, String(warm.sample.conversations));
  for (let round = 0; round < times; round += 1) {
    floors.push(run('floor.ts', path.join(folder, 'chat.db'), floorStore, String(warm.sample.conversations)).ms);
    imports.push(importOnce());
  }
  const floor = median(floors);
  const time = median(imports.map((each) => each.ms));
  const peak = Math.max(...imports.map((each) => each.sample.peakMb));
  const ratios = imports.map((each, round) => each.ms / (floors[round] ?? floor));
  return {
    folder,
    messages,
    floor,
    time,
    ratio: time / floor,
    ratios,
    peak,
    samples: imports.map((i) => i.sample),
    sizes: [mb(store), mb(floorStore)],
  };
}

console.log('import of a made-up history (macOS 26), whole process, median of', rounds, 'rounds\n');
const main = measure(Number(values.messages), rounds);
console.log(`rows of the source     ${main.messages}`);
console.log(`floor (SQLite alone)   ${main.floor.toFixed(0)} ms   store ${main.sizes[1]} MB`);
console.log(`import                 ${main.time.toFixed(0)} ms   store ${main.sizes[0]} MB`);
console.log(
  `over the floor         ${main.ratio.toFixed(2)}   (rounds: ${main.ratios.map((r) => r.toFixed(2)).join(' ')})   budget 3.00, goal 2.00`,
);
console.log(`peak memory            ${main.peak} MB   budget 400 MB`);
console.log('\nby stage, ms (median):');
for (const stage of Object.keys(main.samples[0]?.stages ?? {})) {
  console.log(`  ${stage.padEnd(14)} ${median(main.samples.map((sample) => sample.stages[stage] ?? 0)).toFixed(0)}`);
}
/** The work of one thread on the rows, ms: sizes can be compared only when they use the same number of threads. */
function oneThread(messages: number, times: number): { ms: number; peakMb: number } {
  const folder = history(messages);
  const samples = Array.from({ length: times }, () => {
    const { output } = run('import-once.ts', folder, path.join(root, 'store.db'), 'one-thread');
    return JSON.parse(output) as Sample;
  });
  return { ms: rowsMs(samples), peakMb: Math.max(...samples.map((sample) => sample.peakMb)) };
}

/** So few rows that what they take is the process's own: code that is compiled as it runs, the store synced to disk. */
const FEW = 1_000;

if (values.scale !== '') {
  const times = Math.max(1, Math.min(rounds, 3));
  const few = oneThread(FEW, times).ms;
  const cost = (messages: number) => {
    const { ms, peakMb } = oneThread(messages, times);
    return { ms, peakMb, whole: (ms * 1000) / messages, each: ((ms - few) * 1000) / (messages - FEW) };
  };
  const base = cost(main.messages);
  console.log(
    '\nscale: one thread, without opening and people; the first rows also pay for the process, so beyond them:',
  );
  console.log(`  rows       ms       peak MB   µs a row   to main   beyond the first ${FEW}   to main (budget 1.15)`);
  const tell = (messages: number, at: typeof base) => {
    const cells = [
      [String(messages), 10],
      [at.ms.toFixed(0), 8],
      [String(at.peakMb), 9],
      [at.whole.toFixed(2), 10],
      [(at.whole / base.whole).toFixed(2), 9],
      [at.each.toFixed(2), 23],
      [(at.each / base.each).toFixed(2), 0],
    ] as const;
    console.log(`  ${cells.map(([cell, width]) => cell.padEnd(width)).join(' ')}`);
  };
  console.log(`  ${String(FEW).padEnd(10)} ${few.toFixed(0)}`);
  tell(main.messages, base);
  for (const messages of values.scale.split(',').map(Number)) tell(messages, cost(messages));
}
if (values.keep === '') rmSync(root, { recursive: true, force: true });
