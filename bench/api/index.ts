/**
 * What the doors cost: how soon a commit of Messages is at the clients of a stream, with one and with many; how long
 * each list takes, with nothing to do, while messages come in and while a source is imported again, and how much of the
 * processor the answering thread had for it; and the memory of `chatstats up`. A made-up Messages writes in a process of
 * its own, `chatstats up` runs in another.
 *
 * Usage: node bench/api/index.ts [--messages 300000] [--quick] [--only streams,lists]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type ActorProcess, startActor } from '../../src/simulator/index.ts';
import { writeHistoryApart } from '../history.ts';
import { sleep } from '../live/consumer.ts';
import { BUDGETS, heading, lagHeading, line, tellLags, verdict } from '../live/table.ts';
import { type Listener, listen } from './listeners.ts';
import { Asker, COLUMNS, json, listsOf, SEARCHES, tellLatencies } from './requests.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '300000' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'streams,lists' },
  },
});
const { quick } = values;
const parts = new Set(values.only.split(','));
const messages = Number(values.messages);
const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-bench-api-'));
const source = path.join(folder, 'chat.db');
const store = path.join(folder, 'store.db');
const program = path.join(import.meta.dirname, '..', '..', 'bin', 'chatstats');
/** What never came is not waited for any longer than this. */
const LOST_AFTER_MS = 20_000;

type Status = { state: string; store: { searchIndex: { complete: boolean } } | null };

async function up(): Promise<{ child: ChildProcess; address: string }> {
  const args = ['--db', store, '--json', 'up', '--source', source, '--address-book', 'none', '--port', '0'];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /"address":"([^"]+)"/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`up ended with ${code}`)));
  });
  for (;;) {
    const status = await json<Status>(address, '/status');
    if (status.state === 'live' && status.store?.searchIndex.complete === true) return { child, address };
    await sleep(200);
  }
}

/** Messages at a steady pace, and how long each took to each listener. */
async function paced(
  actor: ActorProcess,
  listeners: Listener[],
  count: number,
  everyMs: number,
): Promise<(number | null)[]> {
  const commits: { guid: string; atMs: number }[] = [];
  for (let at = 0; at < count; at += 1) {
    const { commits: done } = await actor.send({ act: 'say', from: 'me' });
    const join = done.find(({ step }) => step === 'join');
    if (join?.guid != null) commits.push({ guid: join.guid, atMs: join.atMs });
    await sleep(everyMs);
  }
  const endMs = performance.now() + LOST_AFTER_MS;
  const isThere = () => listeners.every(({ seen }) => commits.every(({ guid }) => seen.has(guid)));
  while (!isThere() && performance.now() < endMs) await sleep(20);
  return listeners.flatMap(({ seen }) =>
    commits.map(({ guid, atMs }) => {
      const seenAt = seen.get(guid);
      return seenAt === undefined ? null : Math.max(0, seenAt - atMs);
    }),
  );
}

async function streams(address: string): Promise<void> {
  lagHeading();
  for (const count of [1, 200]) {
    const listeners = await listen(address, count);
    const actor = startActor({ file: source, generation: 'macos-26', seed: count, script: true });
    tellLags(
      `a message a quarter of a second, ${count} clients`,
      await paced(actor, listeners, quick ? 20 : 200, 250),
      BUDGETS.hints,
    );
    tellLags(
      `20 messages a second, ${count} clients`,
      await paced(actor, listeners, quick ? 100 : 400, 50),
      BUDGETS.hints,
    );
    await actor.send({ act: 'burst', count: 1_000, together: true });
    await sleep(5_000);
    await actor.stop();
    const [first] = listeners;
    const same = listeners.filter(
      ({ ids }) => ids.length === first?.ids.length && ids.every((id, at) => id === first.ids[at]),
    );
    const rising = first?.ids.every((id, at) => at === 0 || id > (first.ids[at - 1] ?? 0)) === true;
    const kept = await json<{ items: { id: number }[] }>(
      address,
      `/events?limit=500&after=${(first?.ids[0] ?? 1) - 1}&type=messages_synced,message_updated,message_deleted,reaction_added,reaction_removed,attachment_updated,import_completed`,
    );
    const missing = kept.items.filter(({ id }) => first?.ids.includes(id) === false).length;
    line(
      `${first?.ids.length} events, with a burst of 1,000 messages`,
      `${same.length} of ${count} clients heard the same, ${rising ? 'in order' : 'OUT OF ORDER'}, ${missing} missing`,
    );
    for (const listener of listeners) listener.close();
  }
}

async function lists(child: ChildProcess, address: string): Promise<void> {
  const all = await listsOf(address);
  using asker = new Asker();
  const asked = { asker, address, pid: child.pid ?? 0, count: quick ? 100 : 1_000 };
  const title = (what: string) => heading(`${`lists of 100, ms, ${what}`.padEnd(53)}${COLUMNS}`);
  title('with nothing to do');
  await tellLatencies(asked, all);
  const compressed = all.slice(1, 5).map(([name, path]) => [`${name}, gzip`, path] as const);
  await tellLatencies({ ...asked, headers: { 'accept-encoding': 'gzip' } }, compressed);
  await tellLatencies({ ...asked, count: 50 }, SEARCHES);
  memory(child, 'after lists and searches');
  title('while 50 messages a second come in');
  const actor = startActor({ file: source, generation: 'macos-26', seed: 77, only: ['say'], perSecond: 50 });
  await sleep(1_000);
  await tellLatencies(asked, all);
  await actor.stop();
  memory(child, 'after lists beside messages');
  title('while the source is imported again');
  let isDone = false;
  const importing = (async () => {
    while (!isDone) {
      await fetch(`${address}api/import`, { method: 'POST', headers: { 'x-chatstats': '1' } });
      await sleep(250);
    }
  })();
  await tellLatencies(asked, all);
  isDone = true;
  await importing;
  memory(child, 'after lists beside imports');
}

function memory(child: ChildProcess, when: string): void {
  const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const mb = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  heading(`memory of up, ${when}`);
  line('now', `${mb('VmRSS').toFixed(0)} MB`);
  line('most', `${mb('VmHWM').toFixed(0)} MB   ${verdict(mb('VmHWM'), BUDGETS.memory)}`);
}

try {
  writeHistoryApart({ file: source, messages, seed: 1, nowMs: Date.now() - 60_000 });
  console.log(`Serving a made-up history of ${messages} messages (macOS 26); in brackets the budgets`);
  const { child, address } = await up();
  memory(child, 'begun');
  if (parts.has('streams')) {
    await streams(address);
    memory(child, 'after the streams');
  }
  if (parts.has('lists')) await lists(child, address);
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('exit', resolve));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
