import type { ImportSummary, VerifyReport } from '../pipeline/index.ts';
import { describeBackup, openBackup, removeLeftovers } from '../sources/iphone-backup/index.ts';
import { backupPassword } from './backup-password.ts';
import type { Invocation } from './invocation.ts';
import { openingProgress } from './progress.ts';
import { namedBackup, readingSettings, type SourceSettings, sourceSettings } from './source.ts';

/** A source that is ready to be read. Disposing removes what had to be decrypted of it. */
export type OpenedSource = Disposable & {
  settings: SourceSettings;
  /** How people know it. */
  place: string;
  /** What is wrong with it but stops nothing. */
  problems: string[];
};

/**
 * What `import` and `verify` read: a database, or an iPhone backup, which is opened, with its password where it has one;
 * the address book of a backup goes with it. Throws the errors of a source that is not there or cannot be opened.
 */
export async function openSource(invocation: Invocation): Promise<OpenedSource> {
  // What a process that was killed has left in the clear goes first, whatever becomes of this one.
  removeLeftovers();
  const folder = namedBackup(invocation);
  if (folder !== null) return await openBackupSource(invocation, folder);
  const settings = sourceSettings(invocation);
  return { settings, place: settings.source.path, problems: [], [Symbol.dispose]: () => undefined };
}

async function openBackupSource(invocation: Invocation, folder: string): Promise<OpenedSource> {
  const { world, config } = invocation;
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  using progress = openingProgress(world, `opening the backup ${folder}`);
  const opened = await openBackup(folder, () => backupPassword(invocation, describeBackup(folder)), {
    clock: world.clock,
    signal: abort.signal,
    onProgress: (reached) => progress.update(reached),
  });
  const { messages, files, problems } = opened;
  const book = config.addressBook === null ? opened.addressBook : null;
  return {
    settings: {
      source: { path: messages.path, sealed: messages.sealed },
      recordedPath: messages.place,
      attachmentFiles: files,
      addressBook: book?.path ?? (config.addressBook === 'none' ? null : config.addressBook),
      ...(book === null || book.path === book.place ? {} : { addressBookPlace: book.place }),
      ...readingSettings(invocation),
    },
    place: folder,
    problems,
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** A result that tells of the problems of its source too. */
export function withProblems<T extends ImportSummary | VerifyReport>(result: T, problems: readonly string[]): T {
  return { ...result, problems: [...problems, ...result.problems] };
}
