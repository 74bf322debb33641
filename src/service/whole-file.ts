import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';

/** Neither format has a way to say these, and no sane path holds one. */
export function refuseControls(values: readonly string[]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (values.some((value) => /[\u0000-\u001f\u007f]/.test(value))) {
    throw new ChatStatsError('USAGE', 'a setting of a service must not hold a line break or another control character');
  }
}

/** The text of a file; null where there is none, or none that may be read. */
export function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** The old file or the new one, never half of it. */
export function writeWhole(file: string, content: string, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const aside = `${file}.new`;
  rmSync(aside, { force: true });
  const handle = openSync(aside, 'wx', mode);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(aside, file);
}
