import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ChatStatsError } from '../kernel/index.ts';
import type { Machine } from './option.ts';
import { OPTIONS } from './options.ts';
import type { FileSettings, Settings } from './resolve.ts';

/**
 * Reads the configuration file that the flag or the variable names; null when neither does. Throws USAGE when it
 * cannot be read or is not a JSON object. What stands in it is checked by resolveConfig.
 */
export function readConfigFile(flags: Settings, machine: Machine): FileSettings | null {
  const named = flags[OPTIONS.config.name] ?? machine.env[OPTIONS.config.env];
  if (typeof named !== 'string' || named === '') return null;
  const file = /^~[/\\]/.test(named) ? path.join(machine.home, named.slice(2)) : named;
  return { settings: parseConfigFile(textOf(file), file), folder: path.dirname(path.resolve(file)) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ChatStatsError('USAGE', `The configuration file ${file} cannot be read (${reason}).`, { cause });
  }
}

/** The keys of a configuration file. The parser's own message is left out: it quotes the file, which may hold a password. */
export function parseConfigFile(content: string, file: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch {
    throw new ChatStatsError('USAGE', `The configuration file ${file} is not JSON.`);
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  if (!object.success) throw new ChatStatsError('USAGE', `The configuration file ${file} does not hold a JSON object.`);
  return object.data;
}
