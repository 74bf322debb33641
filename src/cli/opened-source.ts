import { ChatStatsError } from '../kernel/index.ts';
import type { ImportSummary, VerifyReport } from '../pipeline/index.ts';
import {
  type BackupReader,
  describeBackup,
  type OpenBackup,
  openBackup,
  removeLeftovers,
} from '../sources/iphone-backup/index.ts';
import { asksForPasswords, backupPassword } from './backup-password.ts';
import { type Invocation, note } from './invocation.ts';
import { openingProgress } from './progress.ts';
import { namedBackup, readingSettings, type SourceSettings, sourceSettings } from './source.ts';

/** A source that is ready to be read. Disposing removes what had to be decrypted of it. */
export type OpenedSource = Disposable & {
  settings: SourceSettings;
  /** How people know it. */
  place: string;
  /** Hands out the attachments of a backup, also when the rest of it was let go of; null for any other source. */
  reader(): BackupReader | null;
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
  if (folder !== null) return await openNamedBackup(invocation, folder);
  const settings = sourceSettings(invocation);
  return { settings, place: settings.source.path, reader: () => null, problems: [], [Symbol.dispose]: () => undefined };
}

/** The same for a backup, with the address book that was named for it, else its own. */
export async function openNamedBackup(invocation: Invocation, folder: string): Promise<OpenedSource> {
  return sourceOf(invocation, folder, await openAsking(invocation, folder), invocation.config.addressBook);
}

/**
 * The same for a backup that a request names. Nobody is asked for a password, and none travels in a request: one that is
 * encrypted ends with BACKUP_PASSWORD_NEEDED.
 */
export async function openRequestedBackup(
  invocation: Invocation,
  folder: string,
  addressBook: string | null,
): Promise<OpenedSource> {
  const askPassword = () =>
    Promise.reject(
      new ChatStatsError('BACKUP_PASSWORD_NEEDED', `the backup ${folder} is encrypted`, {
        hint: `A request cannot carry its password. On a terminal of this machine, while this goes on: chatstats import ${folder}`,
      }),
    );
  const watch = { clock: invocation.world.clock, signal: new AbortController().signal, onProgress: () => undefined };
  return sourceOf(invocation, folder, await openBackup(folder, askPassword, watch), addressBook);
}

function sourceOf(invocation: Invocation, folder: string, opened: OpenBackup, named: string | null): OpenedSource {
  const { messages, files, problems } = opened;
  const book = named === null ? opened.addressBook : null;
  return {
    settings: {
      source: { path: messages.path, sealed: messages.sealed },
      recordedPath: messages.place,
      attachmentFiles: files,
      addressBook: book?.path ?? (named === 'none' ? null : named),
      ...(book === null || book.path === book.place ? {} : { addressBookPlace: book.place }),
      ...readingSettings(invocation),
    },
    place: folder,
    reader: () => opened.reader(),
    problems,
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** Whoever types a password may mistype it. */
const MOST_ATTEMPTS = 3;

async function openAsking(invocation: Invocation, folder: string): Promise<OpenBackup> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(invocation, folder);
    } catch (error) {
      const isWrong = error instanceof ChatStatsError && error.code === 'BACKUP_PASSWORD_WRONG';
      if (!isWrong || !asksForPasswords(invocation) || attempt === MOST_ATTEMPTS) throw error;
      note(invocation, 'That is not the password of this backup; please try again.');
    }
  }
}

async function openOnce(invocation: Invocation, folder: string): Promise<OpenBackup> {
  const { world } = invocation;
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  using progress = openingProgress(world, `opening the backup ${folder}`);
  return await openBackup(folder, () => backupPassword(invocation, describeBackup(folder), abort.signal), {
    clock: world.clock,
    signal: abort.signal,
    onProgress: (reached) => progress.update(reached),
  });
}

/** A result that tells of the problems of its source too. */
export function withProblems<T extends ImportSummary | VerifyReport>(result: T, problems: readonly string[]): T {
  return { ...result, problems: [...problems, ...result.problems] };
}
