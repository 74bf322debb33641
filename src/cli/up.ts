import path from 'node:path';
import type { ApiServer } from '../api/index.ts';
import { type Calls, type Engine, startThreadAhead } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { checkImport, type ImportSummary } from '../pipeline/index.ts';
import { removeLeftovers } from '../sources/iphone-backup/index.ts';
import { storeHoldsMessages } from '../store/index.ts';
import { followArgs } from './following.ts';
import { looksNew, summaryLines } from './import.ts';
import { type Invocation, note, print, warn } from './invocation.ts';
import { type OpenedSource, openNamedBackup, withProblems } from './opened-source.ts';
import { importProgress } from './progress.ts';
import { serve } from './serving.ts';
import { namedBackup } from './source.ts';

/** Imports what is missing, follows, and serves the page and the API, until it is stopped. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  startThreadAhead();
  // What a process that was killed has left in the clear goes first.
  removeLeftovers();
  const backup = namedBackup(invocation);
  if (backup !== null) return await serveBackup(invocation, backup);
  const following = sourceToFollow(invocation);
  if (following !== null) checkImport({ source: following.source, store: config.db });
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  await serve(invocation, { store: config.db, following }, stop.signal);
  return EXIT.done;
}

/**
 * A backup stands still: it is imported and served, and nothing is followed. Its password is asked for before anything
 * else, while somebody is at the terminal. Copies that were decrypted are gone as soon as it is imported; its keys stay in
 * memory, so that its attachments can be shown.
 */
async function serveBackup(invocation: Invocation, folder: string): Promise<ExitCode> {
  const { config, world } = invocation;
  using opened = new DisposableStack();
  const source = opened.use(await openNamedBackup(invocation, folder));
  checkImport({ source: source.settings.source, store: config.db });
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  const reader = opened.adopt(source.reader(), (lent) => lent?.[Symbol.dispose]());
  const first = async (engine: Engine, api: ApiServer, signal: AbortSignal) => {
    const imported = await importBackup(invocation, source, engine, signal);
    source[Symbol.dispose]();
    if (reader !== null) api.lend(reader);
    const summary = withProblems(imported, source.problems);
    for (const problem of summary.problems) warn(invocation, problem);
    if (!config.json) print(invocation, summaryLines(invocation, summary));
    note(invocation, 'a backup does not change, so nothing is followed; Ctrl-C ends this');
  };
  await serve(invocation, { store: config.db, following: null, first }, stop.signal);
  return EXIT.done;
}

async function importBackup(
  { config, world }: Invocation,
  { settings, place }: OpenedSource,
  engine: Engine,
  signal: AbortSignal,
): Promise<ImportSummary> {
  const { addressBook, ...args } = settings;
  const opening = `importing ${place} into ${config.db}`;
  using progress = importProgress(world, { opening, kind: looksNew(config.db) ? 'first' : 'later' });
  return await engine.call(
    'import',
    { ...args, addressBook: addressBook === null ? null : path.resolve(addressBook) },
    { signal, onProgress: (reached) => progress.update(reached) },
  );
}

/** Null where nothing was named, this machine has no Messages, and there is a history to be looked at all the same. */
function sourceToFollow(invocation: Invocation): Calls['follow']['args'] | null {
  const { config, words } = invocation;
  try {
    return { ...followArgs(invocation), once: false };
  } catch (error) {
    const isNamed = config.source !== null || words.length > 0;
    if (!(error instanceof ChatStatsError) || error.code !== 'SOURCE_NOT_FOUND' || isNamed) throw error;
    if (!storeHoldsMessages(config.db)) throw error;
    warn(invocation, 'nothing is followed: this machine has no Messages of its own, and no source was named');
    return null;
  }
}
