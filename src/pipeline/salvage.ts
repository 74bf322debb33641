import { ChatStatsError } from '../kernel/index.ts';
import { explainSourceError, KNOWN_TABLES, type MessagesFile, salvage } from '../sources/messages/index.ts';
import type { ImportOptions } from './options.ts';

/**
 * Runs an import on what can still be read of a damaged source. The people who own it are told what is missing; the
 * store knows the source by its own place. Throws SOURCE_DAMAGED when nothing could be read.
 */
export async function withSalvage<T>(
  options: ImportOptions,
  work: (source: MessagesFile, unreadable: number, problems: string[]) => Promise<T>,
): Promise<T> {
  const saved = rescue(options);
  try {
    return await work(saved.file, saved.unreadable, saved.problems);
  } catch (error) {
    throw explainSourceError(error, options.source.path);
  } finally {
    saved[Symbol.dispose]();
  }
}

function rescue(options: ImportOptions) {
  try {
    return salvage(options.source, KNOWN_TABLES);
  } catch (error) {
    throw new ChatStatsError('SOURCE_DAMAGED', `nothing could be read from ${options.source.path}`, { cause: error });
  }
}
