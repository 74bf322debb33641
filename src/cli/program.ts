import { Command, Option } from 'commander';
import { flagsOf, type Settings } from '../config/index.ts';
import { must } from '../kernel/index.ts';
import { COMMANDS, type CommandSpec } from './commands.ts';
import { version } from './version.ts';
import type { World } from './world.ts';

export type ParsedArguments = { command: CommandSpec; flags: Settings; words: string[] };

const EXIT_CODES =
  'Exit codes: 0 done; 1 failed; 2 wrong usage; 3 source not found or not readable; 4 differences or faults found;\n' +
  '5 another process writes to the store; 130 cancelled.';

/**
 * Reads the arguments. Null when help or the version was asked for and has been printed; throws commander's own
 * errors, which `run` turns into ours. Options for every command may stand before or behind its name.
 */
export async function parseArguments(world: World): Promise<ParsedArguments | null> {
  let parsed: ParsedArguments | null = null;
  const program = new Command('chatstats')
    .description('Your Apple Messages history, in a database of your own.')
    .version(version(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      // Errors are told in our own form; only help that nobody asked for still comes this way.
      writeErr: (text) => world.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => world.stdout.columns ?? 100,
      getErrHelpWidth: () => world.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpCommand('help [COMMAND]', 'show how a command is used')
    .addHelpText('after', `\n${EXIT_CODES}`);
  addFlags(program, 'all');
  for (const spec of COMMANDS) {
    const command = program.command(spec.name).summary(spec.summary).description(descriptionOf(spec));
    if (spec.argument !== null) command.argument(spec.argument.syntax, spec.argument.description);
    addFlags(command, spec.name);
    if (spec.examples.length > 0)
      command.addHelpText('after', `\nExamples:\n${spec.examples.map((e) => `  ${e}`).join('\n')}`);
    command.action((argument: string | string[] | undefined) => {
      const words = spec.argument === null || argument === undefined ? [] : [argument].flat();
      parsed = { command: spec, flags: { ...flagsIn(program), ...flagsIn(command) }, words };
    });
  }
  await program.parseAsync(world.args, { from: 'user' });
  return parsed;
}

function addFlags(command: Command, name: string): void {
  for (const flag of flagsOf(name)) {
    // Environment, file and defaults are resolved by src/config, which knows how they yield to one another.
    command.addOption(new Option(`--${flag.syntax.replace(/^--/, '')}`, `${flag.description} [${flag.env}]`));
  }
}

/** The options that were given, under the names that src/config knows. */
function flagsIn(command: Command): Settings {
  const given = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => {
      const value: unknown = command.getOptionValue(option.attributeName());
      // The parser takes --no-x for x being off; here it is a switch of that name.
      return [option.long?.replace(/^--/, '') ?? '', option.negate ? value === false : value];
    });
  return Object.fromEntries(given);
}

function descriptionOf(spec: CommandSpec): string {
  const summary = `${must(spec.summary[0], 'a summary is not empty').toUpperCase()}${spec.summary.slice(1)}.`;
  return [summary, ...spec.details].join('\n\n');
}
