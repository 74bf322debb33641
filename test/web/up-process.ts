import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { must } from '../../src/kernel/index.ts';
import { program } from '../cli/chatstats.ts';

export type UpOptions = {
  store: string;
  source: string;
  addressBook?: string;
  port?: number;
  more?: readonly string[];
};

/** `bin/chatstats up`, as a person has it running. */
export class UpProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly port: number;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, port: number, ended: Promise<void>) {
    this.#child = child;
    this.port = port;
    this.#ended = ended;
  }

  /** Resolves as soon as it listens: the import, where one is needed, goes on meanwhile. */
  static async start({ store, source, addressBook = 'none', port = 0, more = [] }: UpOptions): Promise<UpProcess> {
    const args = ['--db', store, '--json', 'up', '--source', source, '--address-book', addressBook];
    const child = spawn(program, [...args, '--port', String(port), '--no-open', ...more], {
      env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', LANG: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    const listening = new Promise<number>((resolve, reject) => {
      let stdout = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        const found = /"port":\s*(\d+)/.exec(stdout)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      child.on('error', reject);
      child.on('close', () => reject(new Error(`up ended before it listened:\n${stdout}${stderr}`)));
    });
    return new UpProcess(child, await listening, ended);
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get pid(): number {
    return must(this.#child.pid, 'the process was started');
  }

  async ask<T>(path: string): Promise<T> {
    const response = await fetch(new URL(`api/${path}`, this.address));
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}
