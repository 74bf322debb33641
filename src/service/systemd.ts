import { rmSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
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
import { keepSecrets, secretsFile, secretsIn, secretVariables } from './secrets.ts';
import { quoted, quotedArgument, wordsOf } from './unit-file.ts';
import { refuseControls, textOf, writeWhole } from './whole-file.ts';

const UNIT = 'chatstats.service';
const TARGET = 'default.target';
/** ExecMainCode of a process that ended by itself; 0 is one that has not ended, others were ended by a signal. */
const EXITED = 1;

/** A unit of the user's own systemd: it runs while the user is logged in, or always where lingering is enabled. */
export class Systemd implements Manager {
  readonly #machine: ServiceMachine;
  readonly file: string;
  readonly secretsFile: string;

  constructor(machine: ServiceMachine) {
    this.#machine = machine;
    const named = machine.env.XDG_CONFIG_HOME;
    const config = named !== undefined && path.isAbsolute(named) ? named : path.join(machine.home, '.config');
    this.file = path.join(config, 'systemd/user', UNIT);
    this.secretsFile = secretsFile(path.join(config, 'chatstats'));
  }

  /** Whether the systemd of this user can be spoken to: a container has none, and su and cron do not reach it. */
  async answers(): Promise<boolean> {
    return (await this.#systemctl('show-environment')).status === 0;
  }

  async state(): Promise<ServiceState> {
    const text = textOf(this.file);
    const names = ['ActiveState', 'MainPID', 'ExecMainCode', 'ExecMainStatus'];
    const shown = await this.#systemctl('show', UNIT, `--property=${names.join(',')}`);
    const values = new Map(shown.stdout.split('\n').map((line) => [line.split('=')[0], line.split('=')[1]]));
    const pid = Number(values.get('MainPID') ?? 0);
    const ended = Number(values.get('ExecMainCode') ?? 0);
    const status = Number(values.get('ExecMainStatus') ?? 0);
    return {
      manager: 'systemd',
      isInstalled: text !== null,
      isRunning: pid > 0,
      pid: pid > 0 ? pid : null,
      lastExit: ended === 0 ? null : ended === EXITED ? status : BY_SIGNAL + status,
      file: this.file,
      arguments: text === null ? null : argumentsIn(text),
      secrets: Object.keys(secretsIn(this.secretsFile)),
      log: `journalctl --user -u ${UNIT}`,
    };
  }

  async install(task: ServiceTask): Promise<void> {
    const text = this.#unit(task);
    if (!(await this.answers())) {
      throw new ChatStatsError('SERVICE_UNAVAILABLE', 'the systemd of this user does not answer');
    }
    const isNew = textOf(this.file) === null;
    keepSecrets(this.secretsFile, task.secrets);
    writeWhole(this.file, text);
    await this.#must('daemon-reload');
    await this.#must('enable', '--now', UNIT);
    // One that runs already would go on with the old options.
    if (!isNew) await this.#must('restart', UNIT);
  }

  async remove(): Promise<void> {
    const result = await this.#systemctl('disable', '--now', UNIT);
    rmSync(this.file, { force: true });
    keepSecrets(this.secretsFile, {});
    // What `enable` made, should systemd not have been there to take it away.
    rmSync(path.join(path.dirname(this.file), `${TARGET}.wants`, UNIT), { force: true });
    await this.#systemctl('daemon-reload');
    if (result.status !== 0 && (await this.answers())) throw serviceFailed('systemctl --user disable', result);
  }

  async #must(verb: string, ...args: string[]): Promise<void> {
    const result = await this.#systemctl(verb, ...args);
    if (result.status !== 0) throw serviceFailed(`systemctl --user ${verb}`, result);
  }

  async #systemctl(...args: string[]): Promise<ProgramResult> {
    return await this.#machine.runProgram('systemctl', ['--user', ...args]);
  }

  #unit({ program, args, node, secrets }: ServiceTask): string {
    const variables: [string, string][] = [
      ['PATH', searchPath(node)],
      ...inheritedVariables(this.#machine.env),
      ...secretVariables(this.secretsFile, secrets),
    ];
    refuseControls([program, ...args, ...variables.map(([, value]) => value), ...Object.values(secrets)]);
    // The program is the shell, because a path with a dollar sign cannot be said in its place.
    const command = ['/bin/sh', ...[program, ...args].map(quotedArgument)].join(' ');
    return `# Made by "chatstats service install", which writes it anew; "chatstats service remove" takes it away.
[Unit]
Description=ChatStats follows Messages and serves its page
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${command}
${variables.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`).join('\n')}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
TimeoutStopSec=15
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=${TARGET}
`;
  }
}

/** What bin/chatstats is called with, behind the shell and itself. */
function argumentsIn(unit: string): string[] | null {
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1];
  return line === undefined ? null : (wordsOf(line)?.slice(2) ?? null);
}
