import path from 'node:path';
import { DEFAULT_GAP_MS } from '../conversations/index.ts';
import { ANALYSIS_OPTIONS } from './analysis-options.ts';
import {
  countryCode,
  type Machine,
  oneOf,
  onOrOff,
  option,
  portNumber,
  positiveInteger,
  positiveNumber,
  redisUrl,
  text,
  wholeNumber,
} from './option.ts';

const MINUTE_MS = 60_000;

/** Commands that open an iPhone backup, with its password where it has one. */
const OPENS_BACKUP = ['import', 'up', 'verify'] as const;
/** Commands that read a Messages database. What runs at login is `up`, so that `service` takes what that takes. */
const READS_SOURCE = ['import', 'sync', 'up', 'verify', 'service'] as const;

/** Commands that are told where it is. */
const NAMES_SOURCE = [...READS_SOURCE, 'doctor'] as const;

/** Commands that read an address book. */
const READS_CONTACTS = [...NAMES_SOURCE, 'contacts'] as const;

/** Commands that follow one. */
const FOLLOWS = ['sync', 'up', 'demo', 'service'] as const;

/** Commands that serve the API and the page. */
const SERVES = ['up', 'demo', 'service'] as const;

/**
 * Every setting there is. Help, environment, configuration file, types and docs/configuration.md follow from this
 * table; its keys are the names in code.
 */
export const OPTIONS = {
  db: option({
    name: 'db',
    placeholder: 'FILE',
    schema: text,
    default: defaultStore,
    defaultText:
      '`~/Library/Application Support/ChatStats/chatstats.db` on macOS, else `$XDG_DATA_HOME/chatstats/chatstats.db` (`~/.local/share/chatstats/chatstats.db` where that is not set)',
    description: 'The store: the database that ChatStats keeps.',
    isPath: true,
    commands: 'all',
  }),
  config: option<string | null>({
    name: 'config',
    placeholder: 'FILE',
    schema: text,
    default: null,
    description: 'A configuration file: a JSON object whose keys are the names of options, without the dashes.',
    isPath: true,
    commands: 'all',
  }),
  logLevel: option({
    name: 'log-level',
    placeholder: 'LEVEL',
    schema: oneOf(['silent', 'error', 'warn', 'info', 'debug', 'trace']),
    default: 'warn',
    description: 'How much is logged to stderr: silent, error, warn, info, debug or trace.',
    commands: 'all',
  }),
  json: option({
    name: 'json',
    schema: onOrOff,
    default: false,
    description: 'Print one JSON object to stdout and nothing else there (JSON lines where a command says so).',
    commands: 'all',
  }),
  source: option<string | null>({
    name: 'source',
    placeholder: 'PATH',
    schema: text,
    default: null,
    defaultText: "this Mac's Messages",
    description: 'The Messages database: a chat.db, an sms.db, a folder that holds one, or an iPhone backup.',
    isPath: true,
    commands: NAMES_SOURCE,
  }),
  addressBook: option<string | null>({
    name: 'address-book',
    placeholder: 'PATH|none',
    schema: text,
    default: null,
    defaultText: "this Mac's address book for this Mac's Messages, that of a backup for a backup",
    description:
      'The address book: a folder that holds AddressBook-v22.abcddb or Sources/, an AddressBook.sqlitedb, or none.',
    private: false,
    isPath: true,
    commands: READS_CONTACTS,
  }),
  passwordFd: option<number | null>({
    name: 'password-fd',
    placeholder: 'N',
    schema: wholeNumber,
    default: null,
    defaultText: 'the terminal is asked',
    description: 'The file descriptor whose first line is the password of an encrypted iPhone backup; 0 is stdin.',
    commands: OPENS_BACKUP,
  }),
  backupPassword: option<string | null>({
    name: 'backup-password',
    placeholder: 'PASSWORD',
    schema: text,
    default: null,
    defaultText: 'the terminal is asked',
    description: 'The password of an encrypted iPhone backup.',
    isSecret: true,
    commands: OPENS_BACKUP,
  }),
  region: option<string | null>({
    name: 'region',
    placeholder: 'CC',
    schema: countryCode,
    default: null,
    defaultText: 'found from the source, else from the machine',
    description: 'The country whose rules read phone numbers written without one, by its two letters.',
    commands: READS_SOURCE,
  }),
  gapMinutes: option<number | null>({
    name: 'gap-minutes',
    placeholder: 'MINUTES',
    schema: positiveNumber,
    default: null,
    defaultText: `what the store was split with; ${DEFAULT_GAP_MS / MINUTE_MS} for a new one`,
    description: 'The longest silence inside one conversation, in minutes. A longer one starts the next.',
    commands: READS_SOURCE,
  }),
  once: option({
    name: 'once',
    schema: onOrOff,
    default: false,
    description: 'Catch up with what has happened, then end.',
    commands: ['sync'],
  }),
  pollMs: option({
    name: 'poll-ms',
    placeholder: 'MS',
    schema: positiveInteger,
    default: 50,
    description: 'How often the files of Messages are looked at, in milliseconds.',
    commands: FOLLOWS,
  }),
  sealCheckSeconds: option({
    name: 'seal-check-seconds',
    placeholder: 'SECONDS',
    schema: positiveNumber,
    default: 60,
    description: 'How often conversations that have fallen silent are looked for, in seconds.',
    commands: FOLLOWS,
  }),
  contactsSeconds: option({
    name: 'contacts-seconds',
    placeholder: 'SECONDS',
    schema: positiveNumber,
    default: 60,
    description: 'How often the files of the address books are looked at for changes, in seconds.',
    commands: FOLLOWS,
  }),
  hints: option({
    name: 'hints',
    placeholder: 'on|off',
    schema: onOrOff,
    default: true,
    description: 'Whether the file system may tell of changes before the next look at the files.',
    commands: FOLLOWS,
  }),
  mirrorDeletes: option({
    name: 'mirror-deletes',
    schema: onOrOff,
    default: false,
    description: 'Remove from the store what is deleted in Messages, instead of marking it.',
    commands: ['sync', 'up', 'service'],
  }),
  redisUrl: option<string | null>({
    name: 'redis-url',
    placeholder: 'URL',
    schema: redisUrl,
    default: null,
    description:
      'A Redis server to relay events to and to run analysis through: redis://[[user]:password@]host:port/database, rediss:// for TLS, unix:/path for a socket.',
    private: true,
    commands: ['sync', 'up', 'worker', 'service'],
  }),
  concurrency: option({
    name: 'concurrency',
    placeholder: 'N',
    schema: positiveInteger,
    default: 4,
    description: 'How many jobs this worker has at once.',
    commands: ['worker'],
  }),
  leaseSeconds: option({
    name: 'lease-seconds',
    placeholder: 'SECONDS',
    schema: positiveNumber,
    default: 15,
    description: 'How long a job stays with a worker of which nothing is heard, in seconds; then another takes it.',
    commands: ['worker'],
  }),
  eventBodies: option({
    name: 'event-bodies',
    schema: onOrOff,
    default: false,
    description: 'Relay the messages themselves to Redis beside the events that tell of them; else ids alone.',
    commands: ['sync', 'up', 'service'],
  }),
  port: option({
    name: 'port',
    placeholder: 'N',
    schema: portNumber,
    default: 4224,
    description: 'The port of the page and the API; 0 takes one that is free.',
    commands: SERVES,
  }),
  host: option({
    name: 'host',
    placeholder: 'HOST',
    schema: text,
    default: '127.0.0.1',
    description:
      'Where the server listens. Any other than a loopback address can be reached by others, and needs a token.',
    commands: SERVES,
  }),
  tokenFile: option<string | null>({
    name: 'token-file',
    placeholder: 'FILE',
    schema: text,
    default: null,
    description:
      'A file whose first line is the token that requests have to carry, 16 characters at least. CHATSTATS_TOKEN may hold the token itself.',
    isPath: true,
    commands: SERVES,
  }),
  noOpen: option({
    name: 'no-open',
    schema: onOrOff,
    default: false,
    description: 'Leave the browser alone; else the page is opened in it where there is a terminal.',
    commands: ['up', 'demo'],
  }),
  force: option({
    name: 'force',
    schema: onOrOff,
    default: false,
    description: 'Replace a service that was installed with other options.',
    commands: ['service'],
  }),
  unified: option({
    name: 'unified',
    schema: onOrOff,
    default: false,
    description: 'Of chats: those with one person under several addresses as one.',
    commands: ['export'],
  }),
  format: option({
    name: 'format',
    placeholder: 'FORMAT',
    schema: oneOf(['jsonl', 'csv']),
    default: 'jsonl',
    description: 'The format of an export: jsonl (JSON lines) or csv.',
    commands: ['export'],
  }),
  limit: option({
    name: 'limit',
    placeholder: 'N',
    schema: positiveInteger,
    default: 20,
    description: 'How many results are shown at most.',
    commands: ['search', 'stats'],
  }),
  chat: option<string | null>({
    name: 'chat',
    placeholder: 'CHAT',
    schema: text,
    default: null,
    defaultText: 'all',
    description: 'Only this chat, by its id or its identifier.',
    private: true,
    commands: ['search', 'analysis'],
  }),
  ...ANALYSIS_OPTIONS,
  messages: option({
    name: 'messages',
    placeholder: 'N',
    schema: positiveInteger,
    default: 30_000,
    description: 'How many messages are made up, about.',
    commands: ['demo'],
  }),
  liveSeconds: option({
    name: 'live-seconds',
    placeholder: 'SECONDS',
    schema: wholeNumber,
    default: 8,
    description: 'How long the made-up Messages goes on writing and is followed live; 0 leaves that out.',
    commands: ['demo'],
  }),
  stay: option<boolean | null>({
    name: 'stay',
    placeholder: 'on|off',
    schema: onOrOff,
    default: null,
    defaultText: 'on at a terminal',
    description: 'Serve the page and go on until stopped; else follow for some seconds, check, and end.',
    commands: ['demo'],
  }),
  seed: option({
    name: 'seed',
    placeholder: 'N',
    schema: positiveInteger,
    default: 1,
    description: 'What chance starts from: equal seeds make equal histories.',
    commands: ['demo'],
  }),
} as const;

/** The variable of XDG counts only when it is an absolute path, as its specification has it. */
function defaultStore({ platform, home, env }: Machine): string {
  if (platform === 'darwin') return path.posix.join(home, 'Library/Application Support/ChatStats/chatstats.db');
  const join = platform === 'win32' ? path.win32 : path.posix;
  const named = env.XDG_DATA_HOME;
  const data = named !== undefined && join.isAbsolute(named) ? named : join.join(home, '.local', 'share');
  return join.join(data, 'chatstats', 'chatstats.db');
}
