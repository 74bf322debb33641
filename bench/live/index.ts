/**
 * How soon a change in Messages' database is an event that another process can read, and what following costs. A
 * made-up Messages writes in a process of its own, `chatstats sync` follows in another, this one reads events.
 *
 * Usage: node bench/live/index.ts [--messages 300000] [--idle-seconds 60] [--quick]
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/kernel/index.ts';
import { Follower, knownSource, LiveSource } from '../../src/pipeline/index.ts';
import { type ActorProcess, startActor, writeHistory } from '../../src/simulator/index.ts';
import { Consumer, now, type Spread, sleep, spread } from './consumer.ts';
import { chatstats, Sync } from './sync-process.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '300000' },
    'idle-seconds': { type: 'string', default: '60' },
    quick: { type: 'boolean', default: false },
  },
});
const quick = values.quick === true;
const messages = Number(values.messages);
const GENERATION = 'macos-26';
const GAP_MS = 90 * 60_000;
const LOST_AFTER_MS = 70_000;
const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-live-'));
const source = path.join(folder, 'chat.db');
const store = path.join(folder, 'store.db');

function line(name: string, text: string): void {
  console.log(`${name.padEnd(52)} ${text}`);
}

function verdict(value: number, budget: number): string {
  return `${value <= budget ? 'ok  ' : 'OVER'} (budget ${budget})`;
}

function tell(name: string, s: Spread, budgets: { median: number; p99: number } | null): void {
  const ms = (value: number) => value.toFixed(1).padStart(7);
  const judged =
    budgets === null
      ? ''
      : `  median ${verdict(s.median, budgets.median)}, 99 % ${verdict(s.p99, budgets.p99)}, lost ${s.lost === 0 ? 'none' : s.lost}`;
  line(
    name,
    `${String(s.count).padStart(5)} ×  ms: median ${ms(s.median)}  99 % ${ms(s.p99)}  most ${ms(s.most)}${judged}`,
  );
}

/** Does one thing, and answers how long its event took from the last of its commits. */
async function lagOf(actor: ActorProcess, consumer: Consumer, command: Record<string, unknown>, type: string) {
  const done = await actor.send(command as Parameters<ActorProcess['send']>[0]);
  const last = done.commits.at(-1);
  if (last === undefined || last.guid === null) return null;
  const at = await consumer.when(type, last.guid, LOST_AFTER_MS);
  return at === null ? null : Math.max(0, at - last.atMs);
}

async function paced(actor: ActorProcess, consumer: Consumer, count: number, everyMs: number): Promise<Spread> {
  const waiting: Promise<number | null>[] = [];
  for (let at = 0; at < count; at += 1) {
    const startedAt = now();
    waiting.push(lagOf(actor, consumer, { act: 'say' }, 'messages_synced'));
    await sleep(Math.max(0, everyMs - (now() - startedAt)));
  }
  return spread(await Promise.all(waiting));
}

async function latencies(hints: 'on' | 'off'): Promise<void> {
  const budgets = { median: hints === 'on' ? 30 : 60, p99: 120 };
  const sync = await Sync.start(store, source, '--hints', hints);
  await indexed();
  using consumer = new Consumer(store);
  const actor = startActor({ file: source, generation: GENERATION, seed: hints === 'on' ? 1 : 2, script: true });
  const how = hints === 'on' ? 'with hints' : 'polling alone';
  tell(`a message a second, ${how}`, await paced(actor, consumer, quick ? 10 : 40, 1_000), budgets);
  tell(`50 messages a second, ${how}`, await paced(actor, consumer, quick ? 200 : 1_000, 20), budgets);
  if (hints === 'on') {
    await changes(actor, consumer, budgets);
    await burst(actor, consumer);
    const before = sync.usage();
    for (let at = 0; at < (quick ? 25 : 100); at += 1) {
      await actor.send({ act: 'spotlight' });
      await sleep(200);
    }
    const seconds = (quick ? 25 : 100) / 5;
    const share = ((sync.usage().cpuSeconds - before.cpuSeconds) / seconds) * 100;
    line("under Spotlight's bookkeeping, 5 commits a second", `${share.toFixed(2)} % of a core`);
    line('most memory', `${sync.usage().peakMb.toFixed(0)} MB`);
  }
  await actor.stop();
  await sync.stop();
}

async function changes(actor: ActorProcess, consumer: Consumer, budgets: { median: number; p99: number }) {
  const chat = (await actor.send({ act: 'say' })).commits[0]?.guid ?? null;
  const each = quick ? 10 : 30;
  for (const act of ['edit', 'read', 'unsend']) {
    const lags: (number | null)[] = [];
    for (let at = 0; at < each; at += 1) {
      const message = (await actor.send({ act: 'say', from: act === 'read' ? 'me' : 'me' })).commits[0]?.guid ?? chat;
      if (message === null) continue;
      await consumer.when('messages_synced', message, LOST_AFTER_MS);
      const done = await actor.send({ act, message });
      const committed = done.commits.at(-1)?.atMs ?? Number.NaN;
      const seen = await consumer.when('message_updated', message, LOST_AFTER_MS);
      lags.push(seen === null ? null : seen - committed);
    }
    tell(`${act} of one of the newest messages, with hints`, spread(lags), budgets);
  }
  const old = oldGuids(quick ? 5 : 15);
  const lags: (number | null)[] = [];
  for (const message of old) {
    const done = await actor.send({ act: 'read', message });
    const committed = done.commits.at(-1)?.atMs ?? Number.NaN;
    const seen = await consumer.when('message_updated', message, LOST_AFTER_MS);
    lags.push(seen === null ? null : seen - committed);
    await sleep(50);
  }
  tell('receipt of a message of years ago, with hints', spread(lags), budgets);
}

/** Own messages of the oldest thousand without a receipt. */
function oldGuids(count: number): string[] {
  return chatstats('--db', store, 'export', 'messages')
    .split('\n')
    .slice(0, 5_000)
    .filter((text) => text !== '')
    .map(
      (text) =>
        JSON.parse(text) as {
          guid: string;
          isFromMe: boolean;
          readAt: string | null;
          kind: string;
          sentAt: string | null;
        },
    )
    .filter(({ isFromMe, readAt, kind, sentAt }) => isFromMe && readAt === null && kind === 'text' && sentAt !== null)
    .slice(0, count)
    .map(({ guid }) => guid);
}

async function burst(actor: ActorProcess, consumer: Consumer): Promise<void> {
  for (const together of [true, false]) {
    const count = quick ? 1_000 : 5_000;
    const done = await actor.send({ act: 'burst', count, together });
    const last = done.commits.at(-1);
    const first = done.commits[0];
    if (last?.guid == null || first === undefined) continue;
    const seen = await consumer.when('messages_synced', last.guid, LOST_AFTER_MS);
    const took = seen === null ? 'LOST' : `${(seen - last.atMs).toFixed(0)} ms after the last of them was written`;
    line(`a burst of ${count}, ${together ? 'in one commit' : 'commit by commit'}`, took);
  }
}

async function indexed(): Promise<void> {
  for (let waited = 0; waited < 600; waited += 1) {
    const status = JSON.parse(chatstats('--db', store, '--json', 'status')) as { searchIndex: { complete: boolean } };
    if (status.searchIndex.complete) return;
    await sleep(250);
  }
}

async function idle(): Promise<void> {
  const sync = await Sync.start(store, source);
  await indexed();
  await sleep(2_000);
  const seconds = quick ? 15 : Number(values['idle-seconds']);
  const before = sync.usage().cpuSeconds;
  await sleep(seconds * 1_000);
  const share = ((sync.usage().cpuSeconds - before) / seconds) * 100;
  line(`idle for ${seconds} s`, `${share.toFixed(2)} % of a core  ${verdict(share, 1)}`);
  await sync.stop();
}

function catchUp(name: string): void {
  const startedAt = now();
  chatstats('--db', store, 'sync', '--source', source, '--address-book', 'none', '--once');
  line(name, `${((now() - startedAt) / 1_000).toFixed(2)} s, whole process`);
}

/** The same steps in this process, without waiting for anybody. */
async function costs(): Promise<void> {
  const copy = path.join(folder, 'copy.db');
  copyFileSync(store, copy);
  const actor = startActor({ file: source, generation: GENERATION, seed: 5, script: true });
  await actor.send({ act: 'say' });
  using live = new LiveSource({
    store: copy,
    source: { path: source, sealed: false },
    sourceId: knownSource(copy, source) ?? 1,
    people: { addressBook: null, region: null, locale: null },
    mirrorDeletes: false,
  });
  const follower = new Follower(live, { gapMs: GAP_MS, mirrorDeletes: false, clock: systemClock });
  follower.load();
  const timed = (work: () => unknown) => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  };
  timed(() => follower.step('live'));
  const nothing = Array.from({ length: 200 }, () => timed(() => follower.step('live')));
  line('a wake that finds nothing', `${spread(nothing).median.toFixed(2)} ms`);
  const one: number[] = [];
  for (let at = 0; at < 60; at += 1) {
    await actor.send({ act: 'say' });
    one.push(timed(() => follower.step('live')));
  }
  line('a wake that finds a message', `${spread(one).median.toFixed(2)} ms`);
  const sweep = timed(() => {
    for (let done = false; !done; ) done = follower.sweepSlice('live').done;
  });
  line(`a sweep of ${messages} rows`, `${sweep.toFixed(0)} ms in all`);
  await actor.stop();
}

try {
  writeHistory({ file: source, generation: GENERATION, messages, seed: 1, nowMs: Date.now() - 60_000 });
  chatstats('--db', store, 'import', source, '--address-book', 'none');
  console.log(`Following a history of ${messages} messages; from commit to event as another process reads it\n`);
  await latencies('on');
  await latencies('off');
  await idle();
  catchUp('catching up with nothing (sync --once)');
  const actor = startActor({ file: source, generation: GENERATION, seed: 9, script: true });
  await actor.send({ act: 'burst', count: quick ? 1_000 : 10_000, together: true });
  await actor.stop();
  catchUp(`catching up with ${quick ? 1_000 : 10_000} messages (sync --once)`);
  await costs();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
