import { ChatStatsError } from '../kernel/index.ts';
import { SqliteError } from '../sqlite/index.ts';

const READONLY = 8;
const IOERR = 10;
const FULL = 13;

/** What SQLite or the file system said while we wrote, as an error of the catalogue; null when it is not about the store. */
export function explainStoreError(error: unknown, store: string): ChatStatsError | null {
  if (error instanceof ChatStatsError) return error;
  const system = (error as NodeJS.ErrnoException).code;
  const code = error instanceof SqliteError ? error.code : null;
  if (code === FULL || system === 'ENOSPC' || system === 'EDQUOT') {
    return new ChatStatsError('DISK_FULL', `no room left for ${store}`, { cause: error });
  }
  if (code === READONLY || system === 'EACCES' || system === 'EPERM' || system === 'EROFS') {
    return new ChatStatsError('STORE_NO_PERMISSION', `cannot write ${store}`, { cause: error });
  }
  if (code === IOERR)
    return new ChatStatsError('DISK_ERROR', 'the disk failed while the store was written', { cause: error });
  return null;
}
