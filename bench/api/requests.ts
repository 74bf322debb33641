import http from 'node:http';
import { sleep } from '../live/consumer.ts';
import { line, spread, verdict } from '../live/table.ts';

/** Milliseconds at the 99th percentile, for lists of 100. */
const BUDGET_MS = 10;

/** Requests before those that count: code that has just been loaded is slow. */
const WARM_UP = 20;

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

async function get(url: string, headers: Record<string, string>): Promise<{ ms: number; bytes: number; body: string }> {
  const startedAt = performance.now();
  return await new Promise((resolve, reject) => {
    http
      .get(url, { agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}: ${body}`));
          else resolve({ ms: performance.now() - startedAt, bytes: body.length, body: body.toString('latin1') });
        });
      })
      .on('error', reject);
  });
}

export async function json<T>(address: string, path: string): Promise<T> {
  const response = await fetch(`${address}api${path}`);
  return (await response.json()) as T;
}

/** Every list there is, of 100, in the largest chat where one is named. */
export async function listsOf(address: string): Promise<[name: string, path: string][]> {
  const { items } = await json<{ items: { id: number; messageCount: number }[] }>(address, '/chats?limit=500');
  const [chat] = items.sort((a, b) => b.messageCount - a.messageCount);
  const timeline = `/chats/${chat?.id}/messages?limit=100`;
  const newest = await json<{ older: string | null }>(address, timeline);
  const older = await json<{ older: string | null; items: { guid: string }[] }>(
    address,
    `${timeline}&before=${newest.older}`,
  );
  return [
    ['(nothing: what the machine adds to any request)', '/session'],
    ['chats', '/chats?limit=100'],
    ['chats, unified', '/chats?limit=100&unified=true'],
    ['chats by part of a name', '/chats?limit=100&q=an'],
    ['messages, newest', timeline],
    ['messages, older', `${timeline}&before=${older.older}`],
    ['messages, newer', `${timeline}&after=${older.older}`],
    ['messages around one', `${timeline}&around=${older.items[50]?.guid}`],
    ['conversations of a chat', `/chats/${chat?.id}/conversations?limit=100`],
    ['contacts', '/contacts?limit=100'],
    ['events', '/events?limit=100'],
    ['quarantine', '/quarantine?limit=100'],
  ];
}

/** What a thread of its own answers. The made-up Messages writes texts of 20,000 characters in many scripts, which are slow to mark. */
export const SEARCHES: readonly [string, string][] = [
  ['search, a common word', '/search?limit=100&q=dinner'],
  ['search, nothing found', '/search?limit=100&q=zzqxj'],
];

/** Asks for each list again and again, one at a time, and says how long that took. */
export async function tellLatencies(address: string, lists: readonly [string, string][], count: number): Promise<void> {
  for (const [name, path] of lists) {
    const times: number[] = [];
    let bytes = 0;
    for (let at = -WARM_UP; at < count; at += 1) {
      const answer = await get(`${address}api${path}`, {});
      if (at >= 0) times.push(answer.ms);
      bytes = answer.bytes;
      // As a page asks: not in one go.
      await sleep(1);
    }
    const { median, p99, most } = spread(times);
    const cells = [median, p99, most].map((ms) => ms.toFixed(1).padStart(8)).join('');
    line(name, `${cells}   ${verdict(p99, BUDGET_MS)}   ${(bytes / 1_000).toFixed(0)} kB`);
  }
}

/** The same, compressed. */
export async function tellCompressed(address: string, [name, path]: [string, string], count: number): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let at = 0; at < count; at += 1) {
    const answer = await get(`${address}api${path}`, { 'accept-encoding': 'gzip' });
    times.push(answer.ms);
    bytes = answer.bytes;
    await sleep(1);
  }
  const { median, p99, most } = spread(times);
  const cells = [median, p99, most].map((ms) => ms.toFixed(1).padStart(8)).join('');
  line(`${name}, gzip`, `${cells}   ${verdict(p99, BUDGET_MS)}   ${(bytes / 1_000).toFixed(0)} kB`);
}
