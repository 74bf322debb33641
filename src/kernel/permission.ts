import { ChatStatsError } from './errors.ts';
import { responsibleProgram } from './responsible-program.ts';

/** True for what the system says when it does not let this program at a file. */
export function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}

/** SOURCE_NO_PERMISSION for a file, or for `what` it is, with a hint that names the program that macOS has to be told of. */
export function noPermission(what: string, cause: unknown): ChatStatsError {
  return new ChatStatsError('SOURCE_NO_PERMISSION', `not allowed to read ${what} (program: ${process.title})`, {
    cause,
    hint: `On a Mac: System Settings > Privacy & Security > Full Disk Access, allow ${responsibleProgram(process)}, then quit and reopen it. Elsewhere: give your user read access to the file.`,
  });
}
