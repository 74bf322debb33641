import { execFile, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { type History, type HistoryOptions, writeHistory } from '../../src/simulator/index.ts';
import { projectRoot } from '../project-files.ts';

/** Drives bin/chatstats as a person or a script would: as a process of its own, on made-up histories. */
export const program = path.join(projectRoot, 'bin', 'chatstats');

export type Outcome = { status: number; stdout: string; stderr: string };
export type RunOptions = { env?: Record<string, string>; cwd?: string };
/** `fd3`: what stands at descriptor 3; `uid`: another user, whom only root can become. */
export type SpecialRun = { env?: Record<string, string>; fd3?: string; uid?: number };

/** A machine without settings of its own, whose home is `home`. */
function environment(home: string, env: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C', TZ: 'UTC', ...env };
}

const LONGEST_OUTPUT = 256 * 1024 * 1024;

/** A folder of one test file, with a history in it; disposed of at the end. */
export class Workplace {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-cli-'));

  file(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  history(name: string, options: Partial<HistoryOptions> = {}): History {
    return writeHistory({
      file: this.file(name),
      generation: 'macos-15',
      messages: 700,
      seed: 11,
      nowMs: Date.UTC(2026, 3, 1),
      ...options,
    });
  }

  async run(args: readonly string[], { env, cwd }: RunOptions = {}): Promise<Outcome> {
    const options = { env: environment(this.folder, env), cwd: cwd ?? this.folder, maxBuffer: LONGEST_OUTPUT };
    return await new Promise((resolve) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
      });
    });
  }

  /** Runs it with more than the usual descriptors, or as somebody else. */
  async runWith(args: readonly string[], { env, fd3, uid }: SpecialRun): Promise<Outcome> {
    const child = spawn(program, args, {
      env: environment(this.folder, env),
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const said = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    const third = child.stdio[3] as Writable;
    third.on('error', () => undefined);
    third.end(fd3 ?? '');
    const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    return { status, ...said };
  }

  /** Starts it without waiting. */
  start(args: readonly string[], stdio: SpawnOptions['stdio'] = 'pipe', env: Record<string, string> = {}) {
    return spawn(program, args, { env: environment(this.folder, env), cwd: this.folder, stdio });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The code that the two lines of an error name; null when stderr does not end in two such lines. */
export function errorCode({ stderr }: Outcome): string | null {
  return /(?:^|\n)error ([A-Z_]+): [^\n]+\nhint: [^\n]+\n$/.exec(stderr)?.[1] ?? null;
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
