import { ChatStatsError } from '../kernel/index.ts';
import { explainSourceError } from '../sources/messages/index.ts';

/** What may go wrong while a source is followed, and may be otherwise in a moment. */

/** Results of SQLite and of the system that another try may not meet again. */
const PASSING = [5, 6, 10, 11, 14, 15, 17, 26];
const PASSING_CODES = [
  'SOURCE_LOCKED',
  'SOURCE_NOT_FOUND',
  'SOURCE_NO_PERMISSION',
  'SOURCE_NOT_MESSAGES',
  'SOURCE_DAMAGED',
];

/** A lock goes away by itself; after anything else the files are opened anew. */
export function isLock(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 5 || code === 6 || code === 'SOURCE_LOCKED';
}

export function mayPass(error: unknown): boolean {
  if (error instanceof ChatStatsError) return PASSING_CODES.includes(error.code);
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? PASSING.includes(code) : code === 'ENOENT' || code === 'EACCES' || code === 'EBUSY';
}

/** No database, says SQLite: the store was one when it was opened, so it is about the source that has been put there. */
const NOT_A_DATABASE = 26;

/** What can be told of an error while `source` is followed: its code, and words only where they are ours. */
export function problemOf(raised: unknown, source: string): [code: string, text: string] {
  const { code } = raised as { code?: unknown };
  const error = code === NOT_A_DATABASE ? explainSourceError(raised, source) : raised;
  if (error instanceof ChatStatsError) return [error.code, error.message];
  return [String((error as { code?: unknown }).code ?? 'INTERNAL'), (error as Error).name];
}
