import { type ChildProcess, spawn } from 'node:child_process';
import { program } from '../cli/chatstats.ts';

type Ended = { status: number | null; stdout: string; stderr: string };

/** A `chatstats` that serves, in a process of its own. */
export class UpProcess implements AsyncDisposable {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #listening: Promise<string>;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], { home, env = {} }: { home: string; env?: Record<string, string> }) {
    this.#child = spawn(program, args, {
      env: { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C', TZ: 'UTC', TMPDIR: home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#listening = promise;
    promise.catch(() => undefined);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      const address = /"address":"([^"]+)"/.exec(this.#stdout)?.[1];
      if (address !== undefined) resolve(address);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((done) => {
      this.#child.once('close', (status) => {
        reject(new Error(`it ended before it listened: ${this.#stderr}`));
        done({ status, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Where it is, once it listens. */
  get address(): Promise<string> {
    return this.#listening;
  }

  async json<T>(path: string): Promise<T> {
    const response = await fetch(`${await this.address}api${path}`);
    return (await response.json()) as T;
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.#child.kill(signal);
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop('SIGKILL');
  }
}
