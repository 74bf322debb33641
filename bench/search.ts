/**
 * What search costs on a made-up history: making the index, its size, and queries without, with half of, and with all
 * of it, in milliseconds (the best of three). Run: node bench/search.ts [messages]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_GAP_MS } from '../src/conversations/index.ts';
import { systemClock } from '../src/kernel/index.ts';
import { extendSearchIndex } from '../src/load/index.ts';
import { importSource } from '../src/pipeline/index.ts';
import { writeHistory } from '../src/simulator/index.ts';
import type { Database } from '../src/sqlite/index.ts';
import { openStoreForReading, openStoreForWriting, searchMessages } from '../src/store/index.ts';

const messages = Number(process.argv[2] ?? 300_000);
const STEP_ROWS = 20_000;
const LIMIT = 50;
const queries = [
  ['a common word', 'the'],
  ['two words', 'charger bringing'],
  ['a word nobody said', 'xylophonist'],
  ['part of a word', 'irthda'],
  ['Chinese, 2 characters', '地铁'],
  ['Chinese, 2, never met', '火星'],
  ['Japanese, 4 characters', '何時に集'],
  ['an emoji', '👍🏽'],
  ['a family', '👨‍👩‍👧‍👦'],
  ['2 letters, never met', 'zq'],
  ['1 letter, never met', 'ǂ'],
] as const;

const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-search-'));
try {
  const source = path.join(folder, 'chat.db');
  const store = path.join(folder, 'store.db');
  writeHistory({ file: source, generation: 'macos-26', messages, seed: 1, nowMs: Date.UTC(2026, 10, 23) });
  await importSource({
    source: { path: source, sealed: false },
    store,
    addressBook: null,
    region: null,
    locale: null,
    gapMs: DEFAULT_GAP_MS,
    clock: systemClock,
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  const before = statSync(store).size;
  const none = measure(store);
  const rest = index(store, Math.floor(messages / 2 / STEP_ROWS));
  const half = measure(store);
  const steps = [...rest, ...index(store, Number.POSITIVE_INFINITY)];
  const all = measure(store);
  const size = statSync(store).size - before;

  const total = steps.reduce((sum, ms) => sum + ms, 0);
  console.log(`${messages} rows; index made in ${total.toFixed(0)} ms, ${steps.length} steps of at most ${STEP_ROWS},`);
  console.log(
    `the longest ${Math.max(...steps).toFixed(0)} ms; ${(size / 1e6).toFixed(1)} MB beside ${(before / 1e6).toFixed(1)} MB\n`,
  );
  console.log(
    `query (newest ${LIMIT})`.padEnd(26),
    ...['hits', 'no index', 'half', 'whole'].map((name) => name.padStart(9)),
  );
  for (const [at, [name]] of queries.entries()) {
    const times = [none, half, all].map((column) => (column[at]?.ms ?? 0).toFixed(1).padStart(9));
    console.log(name.padEnd(26), String(all[at]?.hits ?? 0).padStart(9), ...times);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of each step. */
function index(store: string, limit: number): number[] {
  using db = openStoreForWriting(store);
  const steps: number[] = [];
  while (steps.length < limit) {
    const start = performance.now();
    const { done } = extendSearchIndex(db, { maxRows: STEP_ROWS });
    steps.push(performance.now() - start);
    if (done) break;
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return steps;
}

function measure(store: string): { hits: number; ms: number }[] {
  using db = openStoreForReading(store);
  return queries.map(([, query]) => best(db, query));
}

function best(db: Database, query: string): { hits: number; ms: number } {
  let result = { hits: 0, ms: Number.POSITIVE_INFINITY };
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now();
    const hits = searchMessages(db, query, { limit: LIMIT }).length;
    result = { hits, ms: Math.min(result.ms, performance.now() - start) };
  }
  return result;
}
