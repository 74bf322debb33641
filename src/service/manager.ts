import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
import type { Secrets } from './secrets.ts';

/** `status`: the exit code; null when there is no such program, or it was ended by a signal. */
export type ProgramResult = { status: number | null; stdout: string; stderr: string };

/** Runs a program of the system to its end. Never throws. */
export type RunProgram = (command: string, args: readonly string[]) => Promise<ProgramResult>;

export type ServiceMachine = {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** The number of the user; null where the system has none. */
  userId: number | null;
  runProgram: RunProgram;
  /** How it is waited between two questions. */
  wait(ms: number): Promise<void>;
};

/** Exit codes above are those of processes that a signal has ended. */
export const BY_SIGNAL = 128;

/** What is to be run. All paths are absolute. */
export type ServiceTask = {
  /** bin/chatstats. */
  program: string;
  args: readonly string[];
  /** The Node that is to be found first, should the program have none of its own. */
  node: string;
  secrets: Secrets;
};

export type ServiceState = {
  manager: 'launchd' | 'systemd';
  isInstalled: boolean;
  isRunning: boolean;
  pid: number | null;
  /** The exit code of the last run that ended, as shells tell it: 128 and the signal, if one ended it. Null: none did. */
  lastExit: number | null;
  /** The file that makes it a service. */
  file: string;
  /** What bin/chatstats is called with; null when nothing is installed, or the file is not as we write it. */
  arguments: string[] | null;
  /** The names of the variables that it is given beside them, in a file that its user alone can read. */
  secrets: string[];
  /** How its log is read: a file, or a command. */
  log: string;
};

/** `replaced`: what was installed before, if anything was. */
export type Installed = { state: ServiceState; replaced: 'nothing' | 'the same' | 'other options' };

/** One system's way of keeping services. */
export type Manager = {
  /** Where the secrets of its service are. */
  readonly secretsFile: string;
  state(): Promise<ServiceState>;
  /** Writes the file and starts the service; one that runs is stopped before. Throws SERVICE_FAILED. */
  install(task: ServiceTask): Promise<void>;
  remove(): Promise<void>;
};

/** The search path of a service, which is given next to none by the system. */
export function searchPath(node: string): string {
  return [path.dirname(node), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
}

/** What a terminal says of language and zone and a service would not know: numbers without a country are read by it. */
export function inheritedVariables(env: ServiceMachine['env']): [string, string][] {
  return ['LANG', 'LC_ALL', 'LC_TELEPHONE', 'TZ'].flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value]];
  });
}

export function serviceFailed(what: string, { status, stderr }: ProgramResult): ChatStatsError {
  const [said = ''] = stderr.trim().split('\n');
  const words = said === '' ? '' : `: ${said}`;
  return new ChatStatsError('SERVICE_FAILED', `${what} failed with exit code ${status ?? 'none'}${words}`);
}
