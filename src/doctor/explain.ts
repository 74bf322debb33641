import { ChatStatsError, ERRORS } from '../kernel/index.ts';
import { SqliteError } from '../sqlite/index.ts';
import { type Finding, failed } from './check.ts';
import type { ExamineOptions } from './options.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const REFUSED = [3, 8, 14, 23];
const BUSY = [5, 6];
const DAMAGED = [10, 11, 26];

/** What went wrong with the store, in the words of the catalogue. */
export function storeFailure(error: unknown, file: string): Finding {
  const code = codeOf(error);
  if (error instanceof ChatStatsError) return failed(error.message, error.hint);
  if (code !== null && DAMAGED.includes(code)) return failed(`${file} is damaged`, ERRORS.STORE_DAMAGED.hint);
  if (code !== null && REFUSED.includes(code)) {
    return failed(`this user may not open ${file}`, 'Give the user that runs ChatStats the file and its folder.');
  }
  if (code !== null && BUSY.includes(code)) {
    return failed(
      `another process keeps ${file} locked`,
      'Try again; if it stays so, quit the program that has it open.',
    );
  }
  return unexpected(error);
}

/** What is not of the catalogue is named by its kind alone: its message may quote what it was working on. */
export function unexpected(error: unknown): Finding {
  const kind = error instanceof Error ? error.name : typeof error;
  const code = codeOf(error);
  return failed(`it could not be looked at (${kind}${code === null ? '' : ` ${code}`})`, ERRORS.INTERNAL.hint);
}

/** What went wrong with the source. Where a permission is missing, it names the program that has to get it. */
export function sourceFailure(
  error: unknown,
  { machine, program }: Pick<ExamineOptions, 'machine'> & { program: string },
) {
  if (!(error instanceof ChatStatsError)) return unexpected(error);
  if (error.code !== 'SOURCE_NO_PERMISSION') return failed(error.message, error.hint);
  const [what = ''] = error.message.split(' (program:');
  if (machine.platform !== 'darwin') {
    return failed(what, 'Give the user that runs ChatStats read access to the file and its folder.');
  }
  return failed(what, `${FULL_DISK_ACCESS}: allow ${program}; then quit it and start it again.`);
}

export const FULL_DISK_ACCESS = 'System Settings → Privacy & Security → Full Disk Access';

function codeOf(error: unknown): number | null {
  if (error instanceof SqliteError) return error.code;
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : null;
}
