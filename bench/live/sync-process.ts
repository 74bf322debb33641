import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const program = path.join(import.meta.dirname, '..', '..', 'bin', 'chatstats');

export function chatstats(...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
}

/** A `chatstats sync` in a process of its own, up to date when it is handed out. */
export class Sync {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
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
    return new Sync(child);
  }

  /** Seconds of processor time so far, and the most memory it had, in MB. */
  usage(): { cpuSeconds: number; peakMb: number } {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1];
    return { cpuSeconds: ticks / 100, peakMb: Number(peak) / 1024 };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}
