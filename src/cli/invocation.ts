import type { Config, Settings } from '../config/index.ts';
import type { ExitCode } from '../kernel/index.ts';
import type { World } from './world.ts';

/** One command as it was called: the machine, the settings, and the words behind the command's name. */
export type Invocation = {
  world: World;
  config: Config;
  /** The options that stood on the command line itself, by name. */
  flags: Settings;
  words: readonly string[];
};

export type CommandModule = { run(invocation: Invocation): Promise<ExitCode> };

/** The one JSON object of `--json`, on a line of its own. */
export function printJson({ world }: Invocation, value: unknown): void {
  world.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print({ world }: Invocation, lines: readonly string[]): void {
  world.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** A line for the person at the terminal, beside the data. */
export function note({ world }: Invocation, line: string): void {
  world.stderr.write(`${line}\n`);
}

/** Something that did not stop the command, but that the person should know; left out where they asked for quiet. */
export function warn(invocation: Invocation, line: string): void {
  const { logLevel } = invocation.config;
  if (logLevel !== 'silent' && logLevel !== 'error') note(invocation, `warning: ${line}`);
}
