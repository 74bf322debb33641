import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  BY_SIGNAL,
  inheritedVariables,
  type Manager,
  type ProgramResult,
  type ServiceMachine,
  type ServiceState,
  type ServiceTask,
  searchPath,
  serviceFailed,
} from './manager.ts';
import { plistText, stringsIn } from './plist.ts';
import { keepSecrets, secretsFile, secretsIn, secretVariables } from './secrets.ts';
import { refuseControls, textOf, writeWhole } from './whole-file.ts';

const LABEL = 'org.chatstats.up';
/** launchd starts a job again after this at the earliest, in seconds, so that one that cannot start costs nothing. */
const THROTTLE_S = 30;
/** A stop takes five seconds at most; launchd kills after this, in seconds. */
const EXIT_TIMEOUT_S = 15;
/** Files that the service makes are for its user alone: 077, which a property list can only say in decimal. */
const UMASK = 0o077;

/** launchd answers before a job is gone, and refuses to take it up again until then. */
const GONE_EVERY_MS = 200;
const GONE_TRIES = 100;
const BOOTSTRAP_EVERY_MS = 1_000;
const BOOTSTRAP_TRIES = 3;

/** The variable that tells the service which file its output goes to, so that it keeps that file small. */
const LOG_VARIABLE = 'CHATSTATS_SERVICE_LOG';

/** A LaunchAgent: it runs while the user is logged in. (man 5 launchd.plist, man 1 launchctl) */
export class Launchd implements Manager {
  readonly #machine: ServiceMachine;
  readonly #domain: string;
  readonly #file: string;
  readonly #log: string;
  readonly secretsFile: string;

  constructor(machine: ServiceMachine, userId: number) {
    this.#machine = machine;
    this.#domain = `gui/${userId}`;
    this.#file = path.join(machine.home, 'Library/LaunchAgents', `${LABEL}.plist`);
    this.#log = path.join(machine.home, 'Library/Logs/ChatStats/chatstats.log');
    this.secretsFile = secretsFile(path.join(machine.home, 'Library/Application Support/ChatStats'));
  }

  async state(): Promise<ServiceState> {
    const text = textOf(this.#file);
    const printed = await this.#launchctl('print', `${this.#domain}/${LABEL}`);
    const pid = Number(valueIn(printed, 'pid') ?? 0);
    return {
      manager: 'launchd',
      isInstalled: text !== null,
      isRunning: pid > 0,
      pid: pid > 0 ? pid : null,
      lastExit: lastExitIn(printed),
      file: this.#file,
      // The first two are the shell and bin/chatstats.
      arguments: text === null ? null : (stringsIn(text, 'ProgramArguments')?.slice(2) ?? null),
      secrets: Object.keys(secretsIn(this.secretsFile)),
      log: this.#log,
    };
  }

  async install(task: ServiceTask): Promise<void> {
    const text = this.#plist(task);
    const logs = path.dirname(this.#log);
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    chmodSync(logs, 0o700);
    await this.#bootout();
    keepSecrets(this.secretsFile, task.secrets);
    writeWhole(this.#file, text);
    // One that was switched off once by hand would be taken up and not started.
    await this.#launchctl('enable', `${this.#domain}/${LABEL}`);
    let result = await this.#launchctl('bootstrap', this.#domain, this.#file);
    for (let attempt = 1; attempt < BOOTSTRAP_TRIES && result.status !== 0; attempt += 1) {
      await this.#machine.wait(BOOTSTRAP_EVERY_MS);
      result = await this.#launchctl('bootstrap', this.#domain, this.#file);
    }
    if (result.status !== 0) throw serviceFailed('launchctl bootstrap', result);
  }

  async remove(): Promise<void> {
    await this.#bootout();
    rmSync(this.#file, { force: true });
    keepSecrets(this.secretsFile, {});
  }

  /** Ends the job, and waits until launchd has let go of it. */
  async #bootout(): Promise<void> {
    if (!(await this.#isLoaded())) return;
    const result = await this.#launchctl('bootout', `${this.#domain}/${LABEL}`);
    for (let attempt = 0; attempt < GONE_TRIES; attempt += 1) {
      if (!(await this.#isLoaded())) return;
      await this.#machine.wait(GONE_EVERY_MS);
    }
    throw serviceFailed('launchctl bootout', result);
  }

  async #isLoaded(): Promise<boolean> {
    return (await this.#launchctl('print', `${this.#domain}/${LABEL}`)).status === 0;
  }

  async #launchctl(...args: string[]): Promise<ProgramResult> {
    return await this.#machine.runProgram('launchctl', args);
  }

  #plist({ program, args, node, secrets }: ServiceTask): string {
    const variables = Object.fromEntries([
      ['PATH', searchPath(node)],
      [LOG_VARIABLE, this.#log],
      ...secretVariables(this.secretsFile, secrets),
      ...inheritedVariables(this.#machine.env),
    ]);
    const words = ['/bin/sh', program, ...args];
    refuseControls([...words, ...Object.values(variables), ...Object.values(secrets), this.#log]);
    return plistText({
      Label: LABEL,
      ProgramArguments: words,
      EnvironmentVariables: variables,
      RunAtLoad: true,
      // Who ends it on purpose wants it ended; whatever else ends it does not.
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: THROTTLE_S,
      ExitTimeOut: EXIT_TIMEOUT_S,
      ProcessType: 'Background',
      Umask: UMASK,
      StandardOutPath: this.#log,
      StandardErrorPath: this.#log,
    });
  }
}

/** "0", "3: EX_UNAVAILABLE…" or "(never exited)"; and "Killed: 9" where a signal ended it. */
function lastExitIn(printed: ProgramResult): number | null {
  const signal = /(\d+)$/.exec(valueIn(printed, 'last terminating signal') ?? '')?.[1];
  if (signal !== undefined) return BY_SIGNAL + Number(signal);
  const code = /^\d+/.exec(valueIn(printed, 'last exit code') ?? '')?.[0];
  return code === undefined ? null : Number(code);
}

/** A line of the job itself, which is indented once; what is indented further belongs to something else. */
function valueIn({ status, stdout }: ProgramResult, name: string): string | null {
  if (status !== 0) return null;
  return new RegExp(`^\\t${name} = (.+)$`, 'm').exec(stdout)?.[1] ?? null;
}
