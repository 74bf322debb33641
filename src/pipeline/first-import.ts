import type { FollowOptions } from './follow-options.ts';
import { importIntoOwnedStore } from './import.ts';

/** Imports the history of a source that is to be followed; tells what of it could not be read. */
export async function importFollowed(options: FollowOptions): Promise<void> {
  const { store, source, addressBook, region, locale, gapMs, clock, signal, onImportProgress } = options;
  const reading = { store, source, addressBook, region, locale, gapMs, clock, signal };
  const { problems } = await importIntoOwnedStore({ ...reading, onProgress: onImportProgress });
  for (const problem of problems) options.onProblem('SOURCE_DAMAGED', problem);
}
