import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
import type { Machine, Option } from './option.ts';
import { OPTIONS } from './options.ts';

/** The settings of one run, by their names in code, each of the type its option has. */
export type Config = { -readonly [K in keyof typeof OPTIONS]: (typeof OPTIONS)[K] extends Option<infer T> ? T : never };

/** Values as they arrive. Flags and file are keyed by the option's name ('gap-minutes'); undefined means not given. */
export type Settings = Readonly<Record<string, unknown>>;

/** The content of a configuration file, and the folder that its relative paths start from. */
export type FileSettings = { settings: Settings; folder: string };

export type ConfigInput = { flags: Settings; file: FileSettings | null; machine: Machine };

/**
 * The settings of this run: a flag wins over the environment, that over the file, that over the default. Throws USAGE
 * naming the flag, variable or key that is wrong or unknown; a private value is never repeated.
 */
export function resolveConfig({ flags, file, machine }: ConfigInput): Config {
  const options = Object.entries(OPTIONS) as [keyof Config, Option<unknown>][];
  const known = new Set(options.filter(([, option]) => !option.isSecret).map(([, option]) => option.name));
  refuseUnknown(flags, known, (name) => `There is no option --${name}.`);
  if (file !== null)
    refuseUnknown(file.settings, known, (name) => `The configuration file has a key "${name}" that is not an option.`);
  return Object.fromEntries(options.map(([key, option]) => [key, settingOf(option, flags, file, machine)])) as Config;
}

function refuseUnknown(settings: Settings, known: Set<string>, say: (name: string) => string): void {
  for (const name of Object.keys(settings)) if (!known.has(name)) throw new ChatStatsError('USAGE', say(name));
}

function settingOf(option: Option<unknown>, flags: Settings, file: FileSettings | null, machine: Machine): unknown {
  const flag = flags[option.name];
  if (flag !== undefined) return parseSetting(option, flag, `--${option.name}`, null, machine);
  const variable = machine.env[option.env];
  // An empty variable is how a shell takes one back.
  if (variable !== undefined && variable !== '') return parseSetting(option, variable, option.env, null, machine);
  const setting = file?.settings[option.name];
  if (setting !== undefined && setting !== null) {
    return parseSetting(option, setting, `"${option.name}" in the configuration file`, file?.folder ?? null, machine);
  }
  return option.defaultFor(machine);
}

/** The typed value of what was given at `place`; `folder` is where its relative paths start, null for where we are. */
export function parseSetting(
  option: Option<unknown>,
  raw: unknown,
  place: string,
  folder: string | null,
  machine: Machine,
): unknown {
  const result = option.schema.safeParse(raw);
  if (!result.success) {
    const issue = result.error.issues[0]?.message ?? 'is not understood';
    const given = option.private ? '' : `, not ${shown(raw)}`;
    throw new ChatStatsError('USAGE', `${place} ${issue}${given}.`);
  }
  return option.isPath ? pathFrom(String(result.data), folder, machine) : result.data;
}

/** 'none' is a word, not a file; the shell has not seen the ~ of a variable or of the file. */
function pathFrom(given: string, folder: string | null, machine: Machine): string {
  if (given === 'none') return given;
  if (given === '~') return machine.home;
  if (/^~[/\\]/.test(given)) return path.join(machine.home, given.slice(2));
  return folder === null ? given : path.resolve(folder, given);
}

const SHOWN_LENGTH_LIMIT = 60;

function shown(raw: unknown): string {
  const text = JSON.stringify(raw) ?? typeof raw;
  return text.length > SHOWN_LENGTH_LIMIT ? `${text.slice(0, SHOWN_LENGTH_LIMIT)}…` : text;
}
