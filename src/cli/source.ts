import { ChatStatsError } from '../kernel/index.ts';
import { defaultAddressBook, locateAddressBooks } from '../sources/address-book/index.ts';
import { locateMessages, type MessagesFile } from '../sources/messages/index.ts';
import { type Invocation, warn } from './invocation.ts';

/** The source that a command reads, and what helps to understand it. */
export type SourceSettings = {
  source: MessagesFile;
  addressBook: string | null;
  region: string | null;
  locale: string | null;
  gapMs: number | null;
};

const MINUTE_MS = 60_000;

/** What `import` and `verify` read, as it was named or found. Throws the errors of a source that is not there. */
export function sourceSettings(invocation: Invocation): SourceSettings {
  const { config, world } = invocation;
  const named = namedSource(invocation);
  const source = locateMessages(named ?? undefined, { platform: world.platform, home: world.home });
  return {
    source,
    addressBook: addressBookFor(invocation, named),
    region: config.region,
    locale: localeOf(world.env) ?? world.locale,
    gapMs: config.gapMinutes === null ? null : config.gapMinutes * MINUTE_MS,
  };
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
