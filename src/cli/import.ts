import path from 'node:path';
import { runOwned, startThreadAhead } from '../engine/index.ts';
import { EXIT, type ExitCode } from '../kernel/index.ts';
import type { ImportOptions, ImportSummary } from '../pipeline/index.ts';
import { storeHoldsMessages } from '../store/index.ts';
import { type Invocation, print, printJson, warn } from './invocation.ts';
import { openSource, withProblems } from './opened-source.ts';
import { importProgress } from './progress.ts';
import { grouped, pairs, span, terminalOf } from './terminal.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  // The engine's thread loads its code while this one looks for the source; nothing is opened ahead.
  startThreadAhead();
  using source = await openSource(invocation);
  const opening = `importing ${source.place} into ${config.db}`;
  const imported = await importWithProgress(invocation, { ...source.settings, store: config.db }, opening);
  const summary = withProblems(imported, source.problems);
  for (const problem of summary.problems) warn(invocation, problem);
  if (config.json) printJson(invocation, summary);
  else print(invocation, summaryLines(invocation, summary));
  return EXIT.done;
}

type Task = Omit<ImportOptions, 'clock' | 'onProgress' | 'signal'>;

/**
 * Runs an import in the engine's thread, or by the process that owns the store; says `opening` when it begins, shows how
 * far it is, and stops it when the person asks to: then it throws CANCELLED.
 */
export async function importWithProgress({ world }: Invocation, task: Task, opening: string): Promise<ImportSummary> {
  const { store, addressBook, ...args } = task;
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  using progress = importProgress(world, {
    opening,
    kind: looksNew(store) ? 'first' : 'later',
  });
  return await runOwned({
    store,
    name: 'import',
    args: { ...args, addressBook: addressBook === null ? null : path.resolve(addressBook) },
    signal: abort.signal,
    onProgress: (reached) => progress.update(reached),
    async check() {
      const { checkImport } = await import('../pipeline/index.ts');
      checkImport(task);
    },
  });
}

/** Only for the bar: what is wrong with a store is told by the import itself. */
export function looksNew(store: string): boolean {
  try {
    return !storeHoldsMessages(store);
  } catch {
    return true;
  }
}

/** What came of an import, for people. */
export function summaryLines({ world }: Pick<Invocation, 'world'>, summary: ImportSummary): string[] {
  const { style } = terminalOf(world.stdout, world);
  const took = `${span(summary.durationMs)}, ${grouped(summary.rate)} rows a second`;
  const rows: [string, number][] = [
    ['messages', summary.messages],
    ['reactions', summary.reactions],
    ['attachments', summary.attachments],
    ['chats', summary.chats],
    ['contacts', summary.contacts],
    ['conversations', summary.conversations],
  ];
  if (summary.quarantined > 0) rows.push(['set aside', summary.quarantined]);
  if (summary.unreadable > 0) rows.push(['unreadable', summary.unreadable]);
  return [style('bold', `Imported in ${took}. The store now holds:`), ...pairs(rows)];
}
