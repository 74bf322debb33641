import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { program } from '../cli/chatstats.ts';

/** `chatstats worker`, running as a process of its own, on a machine without a store. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(url: string, ...more: string[]) {
    this.#child = spawn(program, ['worker', '--json', ...more], {
      env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', LANG: 'C', TZ: 'UTC', CHATSTATS_REDIS_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => this.#child.once('close', (status) => resolve(status)));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ status: number | null; ms: number }> {
    const startedAt = performance.now();
    this.#child.kill(signal);
    return { status: await this.ended, ms: performance.now() - startedAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop('SIGKILL');
  }
}
