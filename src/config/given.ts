import path from 'node:path';
import type { Option } from './option.ts';
import { OPTIONS } from './options.ts';
import type { Config, Settings } from './resolve.ts';

/** Stand before the command; of these only the store is ever passed on without having been named. */
const GENERAL: readonly (keyof Config)[] = ['db', 'config', 'logLevel'];

export type Given = { config: Config; flags: Settings; env: Readonly<Record<string, string | undefined>> };

/**
 * The arguments that start `command` as it would run now, from any folder and without this environment: what was given by
 * flags and variables, with absolute paths, and always the store. What stands in a configuration file stays there: the
 * file is named, so that it can be changed. `leaveOut` are options that the caller decides on itself. What is private has
 * no place on a command line: `secrets` has it, by the names of its variables.
 */
export function givenArguments(
  command: string,
  { config, flags, env }: Given,
  leaveOut: readonly (keyof Config)[] = [],
): { general: string[]; own: string[]; secrets: Record<string, string> } {
  const options = Object.entries(OPTIONS) as [keyof Config, Option<unknown>][];
  const wasGiven = ({ name, env: variable }: Option<unknown>) =>
    flags[name] !== undefined || (env[variable] ?? '') !== '';
  const belongs = ({ commands }: Option<unknown>) => commands !== 'all' && commands.includes(command);
  const chosen = options.filter(([key, option]) => belongs(option) && !leaveOut.includes(key) && wasGiven(option));
  const isSecret = (key: keyof Config, option: Option<unknown>) => option.private && config[key] !== null;
  const words = (chosen: typeof options) => chosen.flatMap(([key, option]) => argumentsOf(option, config[key]));
  return {
    general: words(options.filter(([key, option]) => GENERAL.includes(key) && (key === 'db' || wasGiven(option)))),
    own: words(chosen.filter(([key, option]) => !isSecret(key, option))),
    secrets: Object.fromEntries(
      chosen.filter(([key, option]) => isSecret(key, option)).map(([key, option]) => [option.env, String(config[key])]),
    ),
  };
}

function argumentsOf(option: Option<unknown>, value: unknown): string[] {
  const flag = `--${option.name}`;
  if (value === null) return [];
  if (option.placeholder === null) return value === true ? [flag] : [];
  if (typeof value === 'boolean') return [flag, value ? 'on' : 'off'];
  const isFile = option.isPath && value !== 'none';
  return [flag, isFile ? path.resolve(String(value)) : String(value)];
}
