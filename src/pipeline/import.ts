import { existsSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_GAP_MS } from '../conversations/index.ts';
import { readTextList } from '../decode/index.ts';
import { breathe, ChatStatsError, firstError } from '../kernel/index.ts';
import { explainStoreError, ownStore, removeAside } from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import { checkReadable, explainSourceError, isDamage, readableFile } from '../sources/messages/index.ts';
import {
  mayBeBuiltAnew,
  openStoreForReading,
  openStoreForWriting,
  storeCounts,
  storedGapMs,
  storeHoldsMessages,
} from '../store/index.ts';
import { bulkImport } from './bulk-import.ts';
import { mergeImport } from './merge-import.ts';
import type { ImportOptions, ImportResult, ImportSummary } from './options.ts';
import { withSalvage } from './salvage.ts';
import { Stopwatch } from './stopwatch.ts';
import { ALONE, NotBeside, type Turns } from './turns.ts';

/**
 * Imports a source, whole. A store without messages is built aside at full speed; into any other store the source is
 * merged. Throws errors of the catalogue; whatever happens, the store is the old one or the new one.
 */
export async function importSource(options: ImportOptions): Promise<ImportSummary> {
  checkImport(options);
  using _owner = ownStore(options.store);
  return await importIntoOwnedStore(options);
}

/** Finds out, before anything is made beside the store, that the source can be read and the store is one of ours or none. */
export function checkImport({ source, store }: Pick<ImportOptions, 'source' | 'store'>): void {
  try {
    checkReadable(source.path);
    storeHoldsMessages(store);
  } catch (error) {
    throw explainStoreError(error, store) ?? error;
  }
}

/** The same, for whoever has made the checks and owns the store already. Throws `NotBeside` only where there are turns. */
export async function importIntoOwnedStore(options: ImportOptions, turns: Turns = ALONE): Promise<ImportSummary> {
  try {
    return await importOwned(options, turns);
  } catch (failure) {
    const first = firstError(failure);
    if (first instanceof NotBeside) throw first;
    const error = explainStoreError(first, options.store) ?? first;
    recordFailure(options, error);
    throw error;
  }
}

/** Readers of the events of a store that was there learn of it; where even that cannot be written, nobody can be told. */
function recordFailure({ store, clock }: ImportOptions, error: unknown): void {
  if (!existsSync(store)) return;
  const code = error instanceof ChatStatsError ? error.code : 'INTERNAL';
  try {
    using db = openStoreForWriting(store);
    db.transaction(() => appendEvents(db, clock.now(), [{ type: 'import_failed', chatId: null, data: { code } }]));
  } catch {
    // What went wrong first is what a person has to know.
  }
}

async function importOwned(options: ImportOptions, turns: Turns): Promise<ImportSummary> {
  const watch = new Stopwatch(options.clock);
  if (turns.isAlone) removeAside(options.store);
  const bulk = mayBeBuiltAnew(options.store, path.resolve(options.recordedPath ?? options.source.path));
  const gapMs = options.gapMs ?? gapOfStore(options.store) ?? DEFAULT_GAP_MS;
  if (bulk && !turns.isAlone) throw new NotBeside('the store is built anew');
  const first = bulk ? bulkImport : mergeImport;
  using readable = fileToRead(options);
  const outcome = await attempt({ ...options, source: readable.file }, async (source) => {
    const reading = { ...options, recordedPath: options.recordedPath ?? options.source.path, source, gapMs };
    const result = await first(reading, watch, turns);
    // Rows may have changed between two snapshots: what did is found by comparing once more.
    return result.renewed ? await mergeImport(reading, watch, turns) : result;
  });
  await breathe();
  const problems = [...readable.problems, ...outcome.problems];
  const unreadable = readable.unreadable + outcome.unreadable;
  return summary(options, { ...outcome, problems, unreadable }, watch, bulk);
}

function fileToRead({ source }: ImportOptions) {
  try {
    return readableFile(source, readTextList);
  } catch (error) {
    throw explainSourceError(error, source.path);
  }
}

function gapOfStore(store: string): number | null {
  if (!existsSync(store)) return null;
  using db = openStoreForReading(store);
  return storedGapMs(db);
}

type Outcome = ImportResult & { unreadable: number };

async function attempt(
  options: ImportOptions,
  work: (source: ImportOptions['source']) => Promise<ImportResult>,
): Promise<Outcome> {
  try {
    return { ...(await work(options.source)), unreadable: 0 };
  } catch (failure) {
    const error = firstError(failure);
    const storeError = explainStoreError(error, options.store);
    if (storeError !== null) throw storeError;
    if (!isDamage(error)) throw explainSourceError(error, options.source.path);
  }
  return await withSalvage(options, async (source, unreadable, problems) => {
    const result = await work(source);
    return { ...result, unreadable, problems: [...problems, ...result.problems] };
  });
}

function summary(options: ImportOptions, outcome: Outcome, watch: Stopwatch, bulk: boolean): ImportSummary {
  using db = openStoreForReading(options.store);
  const durationMs = Math.max(1, Math.round(watch.totalMs));
  return {
    ...storeCounts(db),
    durationMs,
    rate: Math.round((outcome.rows * 1000) / durationMs),
    bulk,
    unreadable: outcome.unreadable,
    stages: watch.stages,
    problems: outcome.problems,
  };
}
