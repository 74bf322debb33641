import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const projectRoot = path.join(import.meta.dirname, '..');

/** The text of a file of the project, or null when there is none. */
export function readProjectFile(file: string): string | null {
  const full = path.join(projectRoot, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : null;
}

/** Files of the project that match, by path relative to its root with forward slashes, sorted, with their text. */
export function projectFiles(patterns: string[]): Map<string, string> {
  const names = globSync(patterns, { cwd: projectRoot, exclude: ['node_modules/**', 'web/dist/**'] }).map((name) =>
    name.split(path.sep).join('/'),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(path.join(projectRoot, name), 'utf8')]));
}
