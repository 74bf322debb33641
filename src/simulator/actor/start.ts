import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Generation } from '../schema/generations.ts';
import type { ActorAnswer, ActorCommand, ActorLine } from './lines.ts';

export type ActorProcessOptions = {
  file: string;
  generation: Generation;
  seed: number;
  /** About how many random acts begin in a second. */
  perSecond?: number;
  /** It ends after so many acts. */
  acts?: number;
  /** It ends after so many seconds. */
  seconds?: number;
  weights?: Readonly<Record<string, number>>;
  only?: readonly string[];
  /** No random acts; `send` says what to do. */
  script?: boolean;
  /** Where a clock of its own begins, in Unix milliseconds. */
  nowMs?: number;
  /** Called with every commit, as it is heard of. */
  onLine?: (line: ActorLine) => void;
};

/** Another answer than an error. */
export type ActorDone = Exclude<ActorAnswer, { error: string }>;

export type ActorProcess = {
  readonly pid: number;
  /** Every commit that was heard of so far. */
  readonly lines: readonly ActorLine[];
  /** Does one thing (with `script`); resolves when it is committed, rejects when nothing was done. */
  send(command: ActorCommand): Promise<ActorDone>;
  /** Resolves when the process has ended by itself; rejects when it failed. */
  readonly ended: Promise<void>;
  /** Ends the process as SIGTERM does, and waits for it. */
  stop(): Promise<void>;
};

/** Flags of Node that hold for this process and the other; what to load, to run or to listen to is for this one alone. */
const SHARED_FLAGS = /^--(?:disable-warning=|no-|max-|trace-)/;

/** Starts an actor in a process of its own. */
export function startActor(options: ActorProcessOptions): ActorProcess {
  const entry = fileURLToPath(new URL('./process.ts', import.meta.url));
  const flags = process.execArgv.filter((flag) => SHARED_FLAGS.test(flag));
  const child = spawn(process.execPath, [...flags, entry, ...argumentsOf(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: ActorLine[] = [];
  const waiting: { resolve(answer: ActorDone): void; reject(error: Error): void }[] = [];
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  // Whoever writes to a process that has ended learns it from `ended`.
  child.stdin.on('error', () => {});
  const hear = (line: ActorLine) => {
    lines.push(line);
    options.onLine?.(line);
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    const said = JSON.parse(text) as ActorLine | ActorAnswer;
    if (options.script !== true) {
      hear(said as ActorLine);
      return;
    }
    const answer = said as ActorAnswer;
    const asker = waiting.shift();
    if ('error' in answer) {
      asker?.reject(new RangeError(answer.error));
      return;
    }
    for (const line of answer.commits) hear(line);
    asker?.resolve(answer);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    // Not "exit": by then not all that it said has been heard.
    child.on('close', (code, signal) => {
      const error = new Error(`the actor ended with ${code ?? signal}: ${complaint.trim()}`);
      for (const asker of waiting.splice(0)) asker.reject(error);
      if (code === 0) resolve();
      else reject(error);
    });
  });
  // Who never asks how it ended must not end with it.
  ended.catch(() => {});
  return {
    pid: child.pid ?? -1,
    lines,
    send(command) {
      if (child.exitCode !== null) return Promise.reject(new Error('the actor has ended'));
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(command)}\n`);
      });
    },
    ended,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

function argumentsOf(options: ActorProcessOptions): string[] {
  const { file, generation, seed, perSecond, acts, seconds, weights, only, nowMs, script } = options;
  const named: [string, string | number | undefined][] = [
    ['--file', file],
    ['--generation', generation],
    ['--seed', seed],
    ['--per-second', perSecond],
    ['--acts', acts],
    ['--seconds', seconds],
    ['--weights', weights === undefined ? undefined : JSON.stringify(weights)],
    ['--only', only?.join(',')],
    ['--now-ms', nowMs],
  ];
  const given = named.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
  return script === true ? [...given, '--script'] : given;
}
