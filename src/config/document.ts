import type { Option } from './option.ts';
import { OPTIONS } from './options.ts';

/** One option as help shows it and as an argument parser wants it. */
export type FlagHelp = { name: string; syntax: string; description: string; env: string };

const all: Option<unknown>[] = Object.values(OPTIONS);

/** The flags of one command, or with 'all' those that stand before every command. */
export function flagsOf(command: string): FlagHelp[] {
  const belongs = ({ commands }: Option<unknown>) =>
    commands === 'all' ? command === 'all' : commands.includes(command);
  return all
    .filter((option) => belongs(option) && !option.isSecret)
    .map((option) => ({
      name: option.name,
      syntax: syntaxOf(option),
      description: `${option.description} ${defaultOf(option)}`.trim().replaceAll('`', ''),
      env: option.env,
    }));
}

/** docs/configuration.md. */
export function configurationDocument(): string {
  const lines = [
    '# Configuration',
    '',
    'Every setting can be given in three places. A flag wins over an environment variable, that over the configuration',
    'file, and that over the default. This page is made from `src/config/options.ts`; do not edit it.',
    '',
    'The configuration file is named by `--config FILE` or `CHATSTATS_CONFIG`. It is a JSON object whose keys are the',
    'names of options without the dashes; relative paths in it start from the folder it is in, and `~/` is your home folder.',
    '',
    '```json',
    '{ "db": "~/archive/chatstats.db", "region": "DE", "gap-minutes": 90 }',
    '```',
    '',
    '| flag | environment | commands | default | what |',
    '|---|---|---|---|---|',
    ...all.map(rowOf),
  ];
  return `${lines.join('\n')}\n`;
}

function rowOf(option: Option<unknown>): string {
  const commands = option.commands === 'all' ? 'all' : option.commands.map((command) => `\`${command}\``).join(', ');
  const flag = option.isSecret ? 'none, nor in the file' : `\`${syntaxOf(option)}\``;
  const cells = [flag, `\`${option.env}\``, commands, option.defaultText, option.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function syntaxOf(option: Option<unknown>): string {
  return option.placeholder === null ? `--${option.name}` : `--${option.name} <${option.placeholder}>`;
}

function defaultOf(option: Option<unknown>): string {
  return option.placeholder === null || option.defaultText === 'none' ? '' : `Default: ${option.defaultText}.`;
}
