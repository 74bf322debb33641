import { realpathSync } from 'node:fs';
import path from 'node:path';
import { givenArguments } from '../config/index.ts';
import { ChatStatsError, EXIT, type ExitCode, pause } from '../kernel/index.ts';
import {
  type Installed,
  installService,
  removeService,
  type ServiceMachine,
  type ServiceState,
  serviceState,
} from '../service/index.ts';
import { locateMessages } from '../sources/messages/index.ts';
import { storeHoldsMessages } from '../store/index.ts';
import { type Invocation, note, print, printJson } from './invocation.ts';
import { refuseBackup } from './source.ts';
import { pairs } from './terminal.ts';

/** bin/chatstats of this checkout. */
const PROGRAM = path.join(import.meta.dirname, '..', '..', 'bin', 'chatstats');

/** What `up` takes and a service has no use for: it opens no browser, and reads no backup. */
const OF_A_TERMINAL = ['noOpen', 'passwordFd', 'backupPassword'] as const;

/** Has the system run `up` at login, or no longer, or says how that is going. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { words, world } = invocation;
  const machine = { ...world, wait: (ms: number) => pause(ms) };
  switch (words[0]) {
    case 'install':
      return await install(invocation, machine);
    case 'remove':
      return await remove(invocation, machine);
    case 'status':
      return await status(invocation, machine);
    default:
      throw new ChatStatsError('USAGE', 'service takes one of install, remove, status');
  }
}

async function install(invocation: Invocation, machine: ServiceMachine): Promise<ExitCode> {
  const { config, flags, world } = invocation;
  checkSource(invocation);
  // Neither a command line nor a file of the system is a place for a secret.
  if ((world.env.CHATSTATS_TOKEN ?? '') !== '' && config.tokenFile === null) {
    throw new ChatStatsError('TOKEN_REQUIRED', 'a service does not see CHATSTATS_TOKEN', {
      hint: 'Write the token into a file of your own (chmod 600) and name that with --token-file.',
    });
  }
  const { general, own, secrets } = givenArguments('up', { config, flags, env: world.env }, OF_A_TERMINAL);
  const args = [...general, 'up', '--no-open', ...own];
  // The pass of the language model is given its key by the environment, which a service has none of.
  const key = world.env.CHATSTATS_LLM_KEY?.trim() ?? '';
  const kept = { ...secrets, ...(key === '' ? {} : { CHATSTATS_LLM_KEY: key }) };
  const installed = await installService(
    machine,
    { program: PROGRAM, args, node: world.node, secrets: kept },
    { force: config.force },
  );
  if (config.json) printJson(invocation, { ...installed.state, replaced: installed.replaced });
  else print(invocation, installedLines(invocation, installed));
  return EXIT.done;
}

/** What could never start is told now. A permission is not asked for: the service has its own, not the terminal's. */
function checkSource(invocation: Invocation): void {
  const { config, world } = invocation;
  // The word behind `service` is what to do, and no source.
  refuseBackup({ ...invocation, words: [] });
  try {
    locateMessages(config.source ?? undefined, world);
  } catch (error) {
    if (!(error instanceof ChatStatsError) || error.code !== 'SOURCE_NOT_FOUND') throw error;
    if (config.source !== null || !storeHoldsMessages(config.db)) throw error;
  }
}

const REPLACED: Record<Installed['replaced'], string> = {
  nothing: 'Installed',
  'the same': 'Installed again, with the same options',
  'other options': 'Installed in place of one with other options',
};

function installedLines({ world, config }: Invocation, { state, replaced }: Installed): string[] {
  const lines = [
    `${REPLACED[replaced]}: from login on, ChatStats follows Messages and serves its page, at ${portOf(config.port)}.`,
    ...stateLines(state),
  ];
  if (state.manager === 'launchd') {
    const node = realPath(world.node);
    lines.push(
      `Allow ${node} in System Settings → Privacy & Security → Full Disk Access: at login no terminal is there.`,
    );
  } else {
    lines.push('It stops when you log out, unless lingering is enabled: loginctl enable-linger');
  }
  return lines;
}

async function remove(invocation: Invocation, machine: ServiceMachine): Promise<ExitCode> {
  const removal = await removeService(machine);
  if (invocation.config.json) printJson(invocation, removal);
  else if (removal.removed) print(invocation, [`Stopped, and removed ${removal.file}. The store stays as it is.`]);
  else note(invocation, 'no service is installed');
  return EXIT.done;
}

async function status(invocation: Invocation, machine: ServiceMachine): Promise<ExitCode> {
  const state = await serviceState(machine);
  if (state === null) {
    throw new ChatStatsError('SERVICE_UNAVAILABLE', 'neither launchd nor the systemd of this user can be reached');
  }
  if (invocation.config.json) printJson(invocation, state);
  else print(invocation, stateLines(state));
  return EXIT.done;
}

function stateLines({
  isInstalled,
  isRunning,
  pid,
  lastExit,
  file,
  arguments: args,
  secrets,
  log,
}: ServiceState): string[] {
  return pairs([
    ['installed', isInstalled ? file : 'no'],
    ['running', isRunning ? `yes, process ${pid}` : 'no'],
    ['last exit code', lastExit === null ? 'none' : String(lastExit)],
    ...(args === null ? [] : [['runs', `chatstats ${args.map(inShell).join(' ')}`] as const]),
    // Their names alone.
    ...(args === null || secrets.length === 0 ? [] : [['with', secrets.join(', ')] as const]),
    ['log', log],
  ]);
}

function portOf(port: number): string {
  return port === 0 ? 'a port that its log names' : `port ${port}`;
}

/** A word as it would be typed. */
function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
