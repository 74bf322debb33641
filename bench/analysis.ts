/**
 * What analysis costs: embedded jobs a second, the sealing check with very much to seal, and how soon a message is an
 * event while everything that was said before is being analysed.
 *
 * Usage: node bench/analysis.ts [--messages 300000] [--due 100000] [--quick] [--only jobs,sealing,latency]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_GAP_MS } from '../src/conversations/index.ts';
import { sealSlice } from '../src/pipeline/index.ts';
import { startActor, writeHistory } from '../src/simulator/index.ts';
import { openStoreForReading, openStoreForWriting } from '../src/store/index.ts';
import { Consumer, sleep } from './live/consumer.ts';
import { paced } from './live/latency.ts';
import { chatstats, Sync } from './live/sync-process.ts';
import { BUDGETS, heading, lagHeading, line, spread } from './live/table.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '300000' },
    due: { type: 'string', default: '100000' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'jobs,sealing,latency' },
  },
});
const messages = values.quick ? 60_000 : Number(values.messages);
const due = values.quick ? 10_000 : Number(values.due);
const parts = new Set(values.only.split(','));
const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-analysis-'));
const source = path.join(folder, 'chat.db');
const store = path.join(folder, 'store.db');
const PER_SECOND = 50;

function count(sql: string): number {
  using db = openStoreForReading(store);
  return db.value<number>(sql) ?? 0;
}

/** Everything by the pass that is on by default, in a process of its own, start and end included. */
function jobs(): void {
  const startedAt = performance.now();
  const plan = JSON.parse(chatstats('--db', store, '--json', 'analysis', 'run')) as { done: number };
  const seconds = (performance.now() - startedAt) / 1_000;
  const each = `${(plan.done / seconds).toFixed(0)} a second, ${plan.done} in ${seconds.toFixed(1)} s`;
  line('conversation-stats over everything', each);
}

/** As after a long time in which nobody looked: very many conversations are active and have long been silent. */
function sealing(): void {
  const file = path.join(folder, 'sealing.db');
  chatstats('--db', file, 'import', source, '--address-book', 'none');
  using db = openStoreForWriting(file);
  db.exec('PRAGMA foreign_keys = OFF');
  db.exec('DELETE FROM conversations');
  db.exec('UPDATE messages SET conversation_id = NULL');
  db.run(
    `UPDATE messages SET conversation_id = id WHERE id IN (
       SELECT id FROM messages WHERE kind <> 'event' AND sent_at IS NOT NULL ORDER BY id LIMIT ?)`,
    due,
  );
  // Each is one by itself, as a split has it.
  db.run('UPDATE messages SET sent_at = id * ? WHERE conversation_id = id', 2 * DEFAULT_GAP_MS);
  db.exec(
    `INSERT INTO conversations (id, chat_id, started_at, ended_at, message_count, first_message_id, initiator_id, state)
     SELECT id, chat_id, sent_at, sent_at, 1, id, sender_id, 'active' FROM messages WHERE conversation_id = id`,
  );
  const slices: number[] = [];
  const moment = { gapMs: DEFAULT_GAP_MS, nowMs: 8_000_000_000_000_000 };
  for (let more = true; more; ) {
    const startedAt = performance.now();
    more = sealSlice(db, moment).more;
    slices.push(performance.now() - startedAt);
  }
  const total = slices.reduce((sum, ms) => sum + ms, 0);
  const { median, most } = spread(slices);
  line(
    `sealing and finalising ${due} conversations that are due`,
    `${(total / 1_000).toFixed(1)} s in ${slices.length} slices of ${median.toFixed(1)} ms, ${most.toFixed(1)} at most`,
  );
  const startedAt = performance.now();
  sealSlice(db, moment);
  line('a check that finds nothing', `${(performance.now() - startedAt).toFixed(2)} ms`);
}

async function latency(): Promise<void> {
  const many = values.quick ? 200 : 1_000;
  const name = `${PER_SECOND} messages a second`;
  lagHeading();
  for (const [what, analysis] of [
    ['without analysis', 'none'],
    ['live passes alone', 'conversation-stats'],
  ] as const) {
    await using sync = await Sync.start(store, source, '--analysis', analysis);
    await sync.indexed();
    await measured(`${name}, ${what}`, many);
  }
  using writer = openStoreForWriting(store);
  for (const table of ['analysis_targets', 'analysis_runs', 'analysis_results', 'historic_analysis_status', 'jobs'])
    writer.exec(`DELETE FROM ${table}`);
  writer.close();
  await using sync = await Sync.start(store, source);
  await sync.indexed();
  const run = spawn(path.join(import.meta.dirname, '..', 'bin', 'chatstats'), ['--db', store, 'analysis', 'run'], {
    stdio: 'ignore',
  });
  await sleep(1_000);
  const before = count('SELECT count(*) FROM analysis_results');
  const startedAt = performance.now();
  await measured(`${name}, while everything is analysed`, many);
  const seconds = (performance.now() - startedAt) / 1_000;
  const during = count('SELECT count(*) FROM analysis_results') - before;
  const isGoingOn = count(`SELECT count(*) FROM historic_analysis_status WHERE state IN ('planning', 'running')`) > 0;
  line(
    'results meanwhile',
    `${(during / seconds).toFixed(0)} a second${isGoingOn ? '' : ' (it was done before the end)'}`,
  );
  run.kill();
}

async function measured(name: string, many: number): Promise<void> {
  using consumer = new Consumer(store);
  const actor = startActor({ file: source, generation: 'macos-26', seed: 7, script: true });
  try {
    await paced({ actor, consumer, store }, name, many, 1_000 / PER_SECOND, BUDGETS.hints);
  } finally {
    await actor.stop();
  }
}

try {
  writeHistory({ file: source, generation: 'macos-26', messages, seed: 1, nowMs: Date.now() - 60_000 });
  chatstats('--db', store, 'import', source, '--address-book', 'none');
  console.log(
    `A made-up history of ${messages} messages in ${count('SELECT count(*) FROM conversations')} conversations`,
  );
  if (parts.has('jobs')) {
    heading('embedded jobs');
    jobs();
  }
  if (parts.has('sealing')) {
    heading('the sealing check');
    sealing();
  }
  if (parts.has('latency')) {
    heading('from the commit of a message to its event');
    await latency();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
