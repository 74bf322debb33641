import { existsSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError } from '../kernel/index.ts';
import type { ImportOptions } from '../pipeline/index.ts';
import { defaultAddressBook, locateAddressBooks } from '../sources/address-book/index.ts';
import { isBackup, locateBackups } from '../sources/iphone-backup/index.ts';
import { locateMessages } from '../sources/messages/index.ts';
import { type Invocation, warn } from './invocation.ts';

/** The source that a command reads, and what helps to understand it. */
export type SourceSettings = Pick<
  ImportOptions,
  'source' | 'recordedPath' | 'attachmentFiles' | 'addressBook' | 'addressBookPlace' | 'region' | 'locale' | 'gapMs'
>;

const MINUTE_MS = 60_000;

/** What `import`, `sync` and `verify` read, as it was named or found. Throws the errors of a source that is not there. */
export function sourceSettings(invocation: Invocation): SourceSettings {
  const { world } = invocation;
  const named = namedSource(invocation);
  const source = locateMessages(named ?? undefined, { platform: world.platform, home: world.home });
  return { source, addressBook: addressBookFor(invocation, named), ...readingSettings(invocation) };
}

/** How a source is understood, whatever it is. */
export function readingSettings({ config, world }: Invocation): Pick<SourceSettings, 'region' | 'locale' | 'gapMs'> {
  return {
    region: config.region,
    locale: localeOf(world.env) ?? world.locale,
    gapMs: config.gapMinutes === null ? null : config.gapMinutes * MINUTE_MS,
  };
}

/** Where Messages keeps its database in folders that are no backups, or are copied by hand. */
const PLAIN_DATABASES = ['chat.db', 'sms.db', 'Library/SMS/sms.db'];

/**
 * The folder of the iPhone backup that was named: itself, or the only one in it. Null when something else was named, or
 * nothing. Throws SOURCE_NOT_FOUND when several are meant.
 */
export function namedBackup(invocation: Invocation): string | null {
  const named = namedSource(invocation);
  return named === null ? null : backupAt(named, invocation.world.home);
}

/** The same, of any name. */
export function backupAt(named: string, home: string): string | null {
  const folder = path.resolve(named.startsWith('~/') ? path.join(home, named.slice(2)) : named);
  if (!existsSync(folder) || PLAIN_DATABASES.some((name) => existsSync(path.join(folder, name)))) return null;
  if (isBackup(folder)) return folder;
  const backups = backupsIn(folder);
  if (backups.length < 2) return backups[0] ?? null;
  throw new ChatStatsError('SOURCE_NOT_FOUND', `${folder} holds ${backups.length} iPhone backups`, {
    hint: `Name one of them; this lists them: chatstats backups ${folder}`,
  });
}

function backupsIn(folder: string): string[] {
  try {
    return locateBackups(folder);
  } catch (error) {
    // A file, or nothing at all: what it is instead is found out elsewhere.
    if (error instanceof ChatStatsError && error.code === 'SOURCE_NOT_FOUND') return [];
    throw error;
  }
}

/** A backup stands still: there is nothing in it to follow. Throws USAGE where one was named to be followed. */
export function refuseBackup(invocation: Invocation): void {
  const folder = namedBackup(invocation);
  if (folder === null) return;
  throw new ChatStatsError('USAGE', `${folder} is an iPhone backup, which does not change and so cannot be followed`, {
    hint: `Import it: chatstats import ${folder}; to look at it in the page too: chatstats up ${folder}. The next backup is imported in the same way; nothing doubles.`,
  });
}

function namedSource({ config, flags, words }: Invocation): string | null {
  const [word] = words;
  if (word === undefined) return config.source;
  if (flags.source !== undefined) {
    throw new ChatStatsError('USAGE', 'the source is named twice: as SOURCE and with --source');
  }
  return word;
}

/**
 * The address book of this Mac goes with the Messages of this Mac, and with nothing else: whoever names a source says
 * whose people they are. One that is not there, or may not be read, costs names but stops nothing unless it was named.
 */
function addressBookFor(invocation: Invocation, named: string | null): string | null {
  const { config, world } = invocation;
  if (config.addressBook === 'none') return null;
  if (config.addressBook !== null) return config.addressBook;
  if (named !== null) return null;
  const own = defaultAddressBook(world.home);
  try {
    locateAddressBooks(own);
    return own;
  } catch (error) {
    if (!(error instanceof ChatStatsError)) throw error;
    warn(invocation, `importing without names: ${error.message} (${error.code})`);
    return null;
  }
}

/** The address book that was named, else this Mac's, whatever source the store came from. Null for none. */
export function ownAddressBook({ config, world }: Invocation): string | null {
  if (config.addressBook === 'none') return null;
  if (config.addressBook !== null) return config.addressBook;
  return world.platform === 'darwin' ? defaultAddressBook(world.home) : null;
}

/** The locale that the environment names, or null: C and POSIX name none. */
export function localeOf(env: Invocation['world']['env']): string | null {
  const named = [env.LC_ALL, env.LC_TELEPHONE, env.LANG].find((value) => value !== undefined && value !== '');
  return named === undefined || /^(?:C|POSIX)(?:\.|$)/.test(named) ? null : named;
}
