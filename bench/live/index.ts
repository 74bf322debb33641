/**
 * How soon a change in Messages' database is an event that another process can read, and what following costs. A
 * made-up Messages writes in a process of its own, `chatstats sync` follows in another, this one reads events.
 *
 * Usage: node bench/live/index.ts [--messages 300000] [--idle-seconds 60] [--quick]
 *          [--only idle,latency,catch-up,costs]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startActor, writeHistory } from '../../src/simulator/index.ts';
import { Consumer, sleep } from './consumer.ts';
import { costs } from './costs.ts';
import { bursts, changesOfNewest, changesOfOldest, paced, type Scene, spotlight } from './latency.ts';
import { bareTimerShare, chatstats, Sync } from './sync-process.ts';
import { BUDGETS, heading, lagHeading, line, spread, verdict } from './table.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '300000' },
    'idle-seconds': { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'idle,latency,catch-up,costs' },
  },
});
/** What else the machine does comes and goes: idleness is measured in windows, between them what a bare timer takes. */
const WINDOW_SECONDS = 5;
const GENERATION = 'macos-26';
const { quick } = values;
const messages = Number(values.messages);
const idleSeconds = Number(values['idle-seconds'] ?? (quick ? 10 : 60));
const parts = new Set(values.only.split(','));
const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-live-'));
const source = path.join(folder, 'chat.db');
const store = path.join(folder, 'store.db');

let seeds = 0;
const startWriter = () => {
  seeds += 1;
  return startActor({ file: source, generation: GENERATION, seed: seeds, script: true });
};

/** With a writer, and a reader of the events. */
async function withScene<T>(work: (scene: Scene) => Promise<T>): Promise<T> {
  using consumer = new Consumer(store);
  const actor = startWriter();
  try {
    return await work({ actor, consumer, store });
  } finally {
    await actor.stop();
  }
}

async function latency(): Promise<void> {
  await using sync = await Sync.start(store, source);
  await sync.indexed();
  lagHeading();
  await withScene(async (scene) => {
    await paced(scene, 'a message a second, with hints', quick ? 10 : 30, 1_000, BUDGETS.hints);
    await paced(scene, '50 messages a second, with hints', quick ? 200 : 1_000, 20, BUDGETS.hints);
    await changesOfNewest(scene, quick ? 10 : 30);
    await changesOfOldest(scene, quick ? 5 : 15);
    await bursts(scene, quick ? 1_000 : 5_000);
    await sync.indexed();
    const seconds = quick ? 10 : 30;
    const share = await sync.share(() => spotlight(scene, seconds, 5));
    line(`processor, Spotlight 5 times a second for ${seconds} s`, `${share.toFixed(2)} % of a core`);
  });
  const peakMb = sync.peakMb();
  line('most memory of sync', `${peakMb.toFixed(0)} MB   ${verdict(peakMb, BUDGETS.memory)}`);
}

async function polling(): Promise<void> {
  await using _sync = await Sync.start(store, source, '--hints', 'off');
  await withScene(async (scene) => {
    await paced(scene, 'a message a second, by polling alone', quick ? 10 : 30, 1_000, BUDGETS.polling);
    await paced(scene, '50 messages a second, by polling alone', quick ? 200 : 1_000, 20, BUDGETS.polling);
  });
}

/** Nothing is written meanwhile. `log`: in which state Messages has left it. */
async function idle(log: string, seconds: number): Promise<void> {
  await using sync = await Sync.start(store, source);
  await sync.indexed();
  await sleep(3_000);
  const shares: number[] = [];
  const bare: number[] = [];
  for (let passed = 0; passed < seconds; passed += WINDOW_SECONDS) {
    shares.push(await sync.share(() => sleep(WINDOW_SECONDS * 1_000)));
    bare.push(await bareTimerShare(WINDOW_SECONDS / 2));
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const { median, most } = spread(shares);
  line(
    `processor, idle for ${shares.length * WINDOW_SECONDS} s, ${log}`,
    `${mean.toFixed(2)} % of a core   ${verdict(mean, BUDGETS.idle)}   (of ${WINDOW_SECONDS} s median ${median.toFixed(2)}, ` +
      `most ${most.toFixed(2)}; a bare timer of 50 ms between them: median ${spread(bare).median.toFixed(2)})`,
  );
}

async function catchUp(): Promise<void> {
  const times = Array.from({ length: quick ? 1 : 3 }, () => catchUpOnce());
  line('sync --once with nothing new', `${spread(times).median.toFixed(2)} s`);
  const count = quick ? 1_000 : 10_000;
  const actor = startWriter();
  await actor.send({ act: 'burst', count, together: true });
  await actor.stop();
  line(`sync --once with ${count} new messages`, `${catchUpOnce().toFixed(2)} s`);
}

/** Seconds, whole process. */
function catchUpOnce(): number {
  const startedAt = performance.now();
  chatstats('--db', store, 'sync', '--source', source, '--address-book', 'none', '--once');
  return (performance.now() - startedAt) / 1_000;
}

try {
  writeHistory({ file: source, generation: GENERATION, messages, seed: 1, nowMs: Date.now() - 60_000 });
  chatstats('--db', store, 'import', source, '--address-book', 'none');
  console.log(`Following a made-up history of ${messages} messages (macOS 26); in brackets the budgets`);
  if (parts.has('idle')) {
    heading('with nothing to do');
    // As it is before Messages has written anything: there is no frame in it.
    await idle('empty log', Math.ceil(idleSeconds / 3));
    const actor = startWriter();
    await actor.send({ act: 'say' });
    await idle('log with frames', idleSeconds);
    await actor.stop();
  }
  if (parts.has('latency')) {
    await latency();
    await polling();
  }
  if (parts.has('catch-up')) {
    heading('catching up, whole process');
    await catchUp();
  }
  if (parts.has('costs')) {
    heading('cost of a look, in this process');
    const actor = startWriter();
    const files = { source, store, copy: path.join(folder, 'copy.db') };
    await costs(actor, files, quick ? { wakes: 50, messages: 30 } : { wakes: 200, messages: 200 });
    await actor.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
