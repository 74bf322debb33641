import type { FlagHelp } from '../config/index.ts';
import { EXIT } from '../kernel/index.ts';
import { COMMANDS, type CommandSpec } from './commands.ts';

const EXIT_MEANINGS: Record<keyof typeof EXIT, string> = {
  done: 'done',
  failed: 'failed',
  usage: 'wrong usage',
  source: 'the source was not found or could not be read',
  differences: 'differences or faults were found (`verify`, `doctor`)',
  owner: 'another process is writing to the store',
  cancelled: 'cancelled',
};

type FlagsOf = (command: string) => FlagHelp[];

/** docs/cli.md. `flagsOf` is handed in, so that the door does not load the configuration before a command needs it. */
export function cliDocument(flagsOf: FlagsOf): string {
  const lines = [
    '# The command line',
    '',
    '`chatstats [OPTIONS] COMMAND`. This page is made from `src/cli/commands.ts` and `src/config/options.ts`; do not edit it.',
    '',
    'Data goes to stdout, everything else to stderr. Errors are one line `error CODE: what happened` and one line',
    '`hint: what to do`; [errors.md](errors.md) lists the codes. [configuration.md](configuration.md) says where settings',
    'can come from besides the command line.',
    '',
    '## Options of every command',
    'They may stand before or behind the name of the command.',
    '',
    ...flagRows(flagsOf('all')),
    '',
    ...COMMANDS.flatMap((spec) => commandSection(spec, flagRows(flagsOf(spec.name)))),
    '## Exit codes',
    '| code | meaning |',
    '|---|---|',
    ...Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`),
  ];
  return `${lines.join('\n')}\n`;
}

function commandSection(spec: CommandSpec, flags: string[]): string[] {
  const usage = ['chatstats', spec.name, spec.argument?.syntax].filter((word) => word !== undefined).join(' ');
  return [
    `## ${spec.name}`,
    `\`${usage}\`: ${spec.summary}.`,
    ...(spec.argument === null ? [] : ['', `\`${spec.argument.syntax}\`: ${spec.argument.description}.`]),
    ...spec.details.flatMap((paragraph) => ['', paragraph]),
    ...(flags.length === 0 ? [] : ['', ...flags]),
    '',
    '```',
    ...spec.examples,
    '```',
    '',
  ];
}

function flagRows(flags: readonly FlagHelp[]): string[] {
  if (flags.length === 0) return [];
  const rows = flags.map(({ syntax, env, description }) => {
    const cells = [`\`${syntax}\``, `\`${env}\``, description];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| option | variable | what |', '|---|---|---|', ...rows];
}
