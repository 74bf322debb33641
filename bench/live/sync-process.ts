import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sleep } from './consumer.ts';

const program = path.join(import.meta.dirname, '..', '..', 'bin', 'chatstats');
/** The system's unit of processor time (USER_HZ). */
const TICKS_PER_SECOND = 100;
const INDEX_LOOKS = 2_400;
const INDEX_LOOK_MS = 250;

export function chatstats(...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
}

/** Processor time of a process so far, in seconds. */
function cpuSeconds(pid: number | undefined): number {
  // What the name in parentheses holds is anybody's guess; fields are counted from behind it (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function shareOf(pid: number | undefined, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  const before = cpuSeconds(pid);
  await work();
  return ((cpuSeconds(pid) - before) / ((performance.now() - startedAt) / 1_000)) * 100;
}

/** Percent of a core that a Node process takes which does nothing but wake every 50 ms: what this machine asks for that. */
export async function bareTimerShare(seconds: number): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 50)'], { stdio: 'ignore' });
  await sleep(2_000);
  const share = await shareOf(child.pid, () => sleep(seconds * 1_000));
  child.kill();
  return share;
}

/** A `chatstats sync` in a process of its own, up to date when it is handed out. Its figures are those of Linux. */
export class Sync implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #store: string;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, store: string) {
    this.#child = child;
    this.#store = store;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static async start(store: string, source: string, ...args: string[]): Promise<Sync> {
    const all = ['--db', store, 'sync', '--source', source, '--address-book', 'none', ...args];
    const child = spawn(program, all, { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('up to date')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`sync ended with ${code}: ${said}`)));
    });
    return new Sync(child, store);
  }

  /** Waits until nothing is left to be entered into the search index. */
  async indexed(): Promise<void> {
    for (let look = 0; look < INDEX_LOOKS; look += 1) {
      const status = JSON.parse(chatstats('--db', this.#store, '--json', 'status')) as {
        searchIndex: { complete: boolean };
      };
      if (status.searchIndex.complete) return;
      await sleep(INDEX_LOOK_MS);
    }
    throw new Error('the search index was not completed');
  }

  /** The most memory it had, in MB. */
  peakMb(): number {
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1];
    return Number(peak) / 1024;
  }

  /** Percent of a core that it takes while something else goes on. */
  async share(work: () => Promise<unknown>): Promise<number> {
    return await shareOf(this.#child.pid, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}
