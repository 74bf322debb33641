import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { line, spread, verdict } from '../live/table.ts';
import type { Answers, Question } from './asker.ts';

/** Milliseconds at the 99th percentile, for lists of 100. */
const BUDGET_MS = 10;

/** A process that asks, and is asked to one thing at a time. */
export class Asker implements Disposable {
  readonly #child = fork(path.join(import.meta.dirname, 'asker.ts'), { execArgv: [] });

  async ask(question: Question): Promise<Extract<Answers, { times: number[] }>> {
    const answers = await new Promise<Answers>((resolve, reject) => {
      this.#child.once('message', (message: Answers) => resolve(message));
      this.#child.once('exit', (code) => reject(new Error(`whoever asks ended with ${code}`)));
      this.#child.send(question);
    });
    this.#child.removeAllListeners('exit');
    if ('failure' in answers) throw new Error(answers.failure);
    return answers;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

export async function json<T>(address: string, where: string): Promise<T> {
  const response = await fetch(`${address}api${where}`);
  return (await response.json()) as T;
}

/** Every list there is, of 100, in the largest chat where one is named. */
export async function listsOf(address: string): Promise<[name: string, where: string][]> {
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

/** What a thread of its own answers. The made-up Messages writes texts of 20,000 characters in many scripts, which are slow to look through. */
export const SEARCHES: readonly [string, string][] = [
  ['search, a common word', '/search?limit=100&q=dinner'],
  ['search, nothing found', '/search?limit=100&q=zzqxj'],
];

/** What a thread has had of the processor, in milliseconds: on it, and ready to run while others were. */
type Share = { runMs: number; waitMs: number };

/** Of the main thread of a process, whose id is that of the process. Linux alone tells it. */
function shareOf(pid: number): Share {
  const [run = 0, wait = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return { runMs: run / 1e6, waitMs: wait / 1e6 };
}

/** The columns of `tellLatencies`. */
export const COLUMNS = '  median    99 %    most     cpu    wait';

export type Asked = {
  asker: Asker;
  address: string;
  /** The process that answers. */
  pid: number;
  /** How often each list is asked for. */
  count: number;
  headers?: Record<string, string>;
};

/**
 * Asks for each list again and again, one at a time, and says how long that took, from the first ask on; and how much
 * of the processor the answering thread had, and wanted, for one ask. That thread does what else it has to do as well.
 */
export async function tellLatencies(
  { asker, address, pid, count, headers = {} }: Asked,
  lists: readonly (readonly [name: string, where: string])[],
): Promise<void> {
  for (const [name, where] of lists) {
    const before = shareOf(pid);
    const { times, bytes } = await asker.ask({ url: `${address}api${where}`, headers, count });
    const after = shareOf(pid);
    const { median, p99, most } = spread(times);
    const shares = [(after.runMs - before.runMs) / count, (after.waitMs - before.waitMs) / count];
    const cells = [median, p99, most, ...shares].map((ms) => ms.toFixed(1).padStart(8)).join('');
    line(name, `${cells}   ${verdict(p99, BUDGET_MS)}   ${(bytes / 1_000).toFixed(0)} kB`);
  }
}
