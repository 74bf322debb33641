/**
 * The catalogue of errors a person can meet. Each has a code that never changes, the exit code of the command
 * line, what it means, and what to do about it. `docs/errors.md` is generated from this table.
 * Neither message nor hint may hold message text, names or addresses; paths are allowed.
 */
export type ErrorEntry = { exit: ExitCode; meaning: string; hint: string };

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  source: 3,
  differences: 4,
  owner: 5,
  cancelled: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const ERRORS = {
  USAGE: {
    exit: EXIT.usage,
    meaning:
      'The command line, an environment variable, the configuration file or a request holds something that is not understood.',
    hint: 'Run "chatstats help" (or "chatstats COMMAND --help") for what is accepted.',
  },
  SOURCE_NOT_FOUND: {
    exit: EXIT.source,
    meaning: 'There is no Messages database at the place that was named, or none on this machine.',
    hint: 'Name one: chatstats import /path/to/chat.db (or sms.db, or a folder that holds one). On a Mac, open Messages and sign in once so that macOS creates it.',
  },
  SOURCE_NO_PERMISSION: {
    exit: EXIT.source,
    meaning: 'The operating system does not let this program read the file.',
    hint: 'On a Mac: System Settings > Privacy & Security > Full Disk Access, allow the program that starts ChatStats, then quit and reopen it. Elsewhere: give your user read access to the file.',
  },
  SOURCE_NOT_MESSAGES: {
    exit: EXIT.source,
    meaning: 'The file is a database, but not one of Messages: tables that every version has are missing.',
    hint: 'Name a chat.db (macOS) or an sms.db (iOS).',
  },
  SOURCE_NOT_DATABASE: {
    exit: EXIT.source,
    meaning: 'The file is not an SQLite database.',
    hint: 'Name a chat.db (macOS) or an sms.db (iOS). If it lies in an iPhone backup, name the folder of the backup.',
  },
  SOURCE_ENCRYPTED: {
    exit: EXIT.source,
    meaning:
      'The database is encrypted: it comes from an encrypted iPhone backup, or another program has locked it with a password.',
    hint: 'If it lies in an iPhone backup, name the folder of the backup instead, and its password will be asked for: chatstats import BACKUP_FOLDER',
  },
  SOURCE_DAMAGED: {
    exit: EXIT.source,
    meaning: 'The database is so damaged that nothing could be read from it.',
    hint: 'Try an older copy (Time Machine, a backup), or repair this one with: sqlite3 chat.db .recover | sqlite3 repaired.db',
  },
  SOURCE_LOCKED: {
    exit: EXIT.source,
    meaning: 'Another program kept the database locked for longer than we wait.',
    hint: 'Try again in a moment. If it stays locked, quit the program that has it open.',
  },
  ADDRESS_BOOK_NOT_FOUND: {
    exit: EXIT.source,
    meaning: 'There is no AddressBook database at the place that was named.',
    hint: 'Name the folder that holds AddressBook-v22.abcddb or Sources/, name an AddressBook.sqlitedb, or say --address-book none.',
  },
  BACKUP_PASSWORD_NEEDED: {
    exit: EXIT.usage,
    meaning: 'The iPhone backup is encrypted, and no password was given.',
    hint: 'Run the command on a terminal, which asks for it; or hand it over with --password-fd N or in CHATSTATS_BACKUP_PASSWORD. It is the password of backups that was chosen in Finder, iTunes or Apple Devices, not the passcode of the phone.',
  },
  BACKUP_PASSWORD_WRONG: {
    exit: EXIT.source,
    meaning: 'The password does not open the keys of the iPhone backup.',
    hint: 'It is the password of backups that was chosen in Finder, iTunes or Apple Devices, not the passcode of the phone. A backup whose keys were damaged would say the same; then try another one.',
  },
  BACKUP_DAMAGED: {
    exit: EXIT.source,
    meaning: 'A part of the iPhone backup without which nothing can be read is damaged.',
    hint: 'Try another backup ("chatstats backups" lists them), or make a new one.',
  },
  BACKUP_TOO_OLD: {
    exit: EXIT.source,
    meaning: 'The iPhone backup was made by iOS 9 or older, in a layout that is not read.',
    hint: 'If it is not encrypted, name the Messages database in it: chatstats import BACKUP_FOLDER/3d0d7e5fb2ce288813306e4d4636395e047a3d28. Else restore it to a phone and back that up again.',
  },
  BACKUP_INCOMPLETE: {
    exit: EXIT.source,
    meaning: 'The iPhone backup was not finished, or a part of it is missing.',
    hint: 'Connect the phone and back it up again, or choose another backup ("chatstats backups" lists them). The Messages database in one that is not encrypted can be named by itself: chatstats import BACKUP_FOLDER/3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28',
  },
  STORE_OWNED: {
    exit: EXIT.owner,
    meaning: 'Another ChatStats process is writing to this store.',
    hint: 'Wait until it has finished, or stop it. Reading (export, search, stats, status) works meanwhile.',
  },
  STORE_NEWER: {
    exit: EXIT.failed,
    meaning: 'The store was written by a newer version of ChatStats.',
    hint: 'Update ChatStats, or use another store with --db FILE.',
  },
  STORE_NOT_OURS: {
    exit: EXIT.failed,
    meaning: 'The file named as the store exists, but it is not a ChatStats store.',
    hint: 'Name another file with --db FILE. This one was left as it is.',
  },
  STORE_NOT_FOUND: {
    exit: EXIT.failed,
    meaning: 'There is no store yet.',
    hint: 'Import something first: chatstats import, or look around with: chatstats demo',
  },
  STORE_OLDER: {
    exit: EXIT.failed,
    meaning: 'The store was written by a version of ChatStats from before the first release.',
    hint: 'Import into a new store with --db FILE; this one was left as it is.',
  },
  CONTACT_NOT_FOUND: {
    exit: EXIT.usage,
    meaning: 'No contact of the store has the id or address that was named.',
    hint: 'chatstats contacts list shows the ids and addresses of all contacts.',
  },
  MERGE_NOT_FOUND: {
    exit: EXIT.usage,
    meaning: 'No merge of contacts that is in effect has the number that was named.',
    hint: 'chatstats contacts merges shows the numbers of all merges.',
  },
  PASS_NOT_FOUND: {
    exit: EXIT.usage,
    meaning: 'No pass of the name that was given is on.',
    hint: '"chatstats analysis passes" lists the passes that are on, and says how others are turned on.',
  },
  ANALYSIS_OFF: {
    exit: EXIT.failed,
    meaning: 'The process that owns the store does not analyse conversations.',
    hint: 'Run the command again when that process has ended, or start "chatstats up" without --analysis none.',
  },
  CHAT_NOT_FOUND: {
    exit: EXIT.usage,
    meaning: 'No chat of the store has the id or identifier that was named.',
    hint: 'chatstats export chats lists the identifiers of all chats.',
  },
  SOURCE_UNKNOWN: {
    exit: EXIT.usage,
    meaning: 'No source of the store has the number that was named.',
    hint: 'chatstats sources lists them with their numbers.',
  },
  NOT_FOUND: {
    exit: EXIT.usage,
    meaning: 'The server has nothing at the address that was asked for.',
    hint: 'GET /api/openapi.json lists everything that can be asked for.',
  },
  REQUEST_REFUSED: {
    exit: EXIT.usage,
    meaning:
      'The request comes from another site, names a host that is not this server, or would change something without the header X-ChatStats: 1.',
    hint: 'Open the page at the address that "chatstats up" prints. A program sends X-ChatStats: 1 with every POST, and no Origin.',
  },
  TOKEN_REQUIRED: {
    exit: EXIT.usage,
    meaning: 'The server is, or would be, reachable from other machines, and then lets nobody in without a token.',
    hint: 'Start it with --token-file FILE or CHATSTATS_TOKEN (16 characters or more). Requests carry "Authorization: Bearer TOKEN"; the page asks for it once.',
  },
  TOO_MANY: {
    exit: EXIT.failed,
    meaning: 'The server has as many connections, or has had as many wrong tokens, as it takes.',
    hint: 'Try again in a moment.',
  },
  NOT_AVAILABLE: {
    exit: EXIT.failed,
    meaning: 'This version of ChatStats cannot do that yet.',
    hint: 'Update ChatStats when a later version is out.',
  },
  PORT_IN_USE: {
    exit: EXIT.failed,
    meaning: 'Another program listens at the address and port where the server would.',
    hint: 'Stop that program, or choose another port with --port N.',
  },
  REDIS_UNAVAILABLE: {
    exit: EXIT.failed,
    meaning: 'The Redis server that was named cannot be reached, or refuses what it is asked for.',
    hint: 'Check that it runs, its address and its password; the word in brackets is what the system or Redis said. Following goes on meanwhile, and everything is sent once it is there.',
  },
  REDIS_FOREIGN_STREAM: {
    exit: EXIT.failed,
    meaning:
      'The stream of events in Redis belonged to another store, or told what this store has not had; it was renamed, whole.',
    hint: 'Give each store a Redis database of its own: redis://host:6379/1. Delete the renamed stream when nobody needs it.',
  },
  REDIS_EVENTS_MISSED: {
    exit: EXIT.failed,
    meaning: 'Redis was away for so long that events which it has not had are no longer kept.',
    hint: 'The ids in the stream jump there. Whoever counts on every event loads from the store (chatstats export) and goes on.',
  },
  REDIS_MAY_EVICT: {
    exit: EXIT.failed,
    meaning:
      'The Redis server drops keys to make room, so that events and jobs may vanish; they are sent again, over and over.',
    hint: 'Set maxmemory-policy noeviction, or give it more memory.',
  },
  STORE_DAMAGED: {
    exit: EXIT.failed,
    meaning: 'The store did not pass its check.',
    hint: 'Move the file away and import again; the source is untouched.',
  },
  STORE_NO_PERMISSION: {
    exit: EXIT.failed,
    meaning: 'The store cannot be created or written where it was named.',
    hint: 'Choose a place you can write to with --db FILE.',
  },
  DISK_FULL: {
    exit: EXIT.failed,
    meaning: 'There is no room left on the disk.',
    hint: 'Free some space (about the size of the Messages database) and run the command again. What was there before is unchanged.',
  },
  DISK_ERROR: {
    exit: EXIT.failed,
    meaning: 'The disk, or the network it is reached by, failed to read or write.',
    hint: 'Check the disk and its connection, and run the command again. What was there before is unchanged.',
  },
  CANCELLED: {
    exit: EXIT.cancelled,
    meaning: 'The command was cancelled.',
    hint: 'Nothing half done was left behind. Run it again whenever you like.',
  },
  ENGINE_FAILED: {
    exit: EXIT.failed,
    meaning: 'The part of ChatStats that reads and writes databases ended before it had done what it was asked for.',
    hint: 'Nothing half done was left behind. Run the command again; if it fails again, please report it.',
  },
  ENGINE_BUSY: {
    exit: EXIT.failed,
    meaning: 'So many commands are waiting for the store that no more are taken.',
    hint: 'Try again when some of them are done.',
  },
  DIFFERENCES: {
    exit: EXIT.differences,
    meaning: 'Store and source differ.',
    hint: 'Run "chatstats import" to bring the store up to date, then "chatstats verify" again.',
  },
  PROBLEMS_FOUND: {
    exit: EXIT.differences,
    meaning: '"chatstats doctor" has found something that does not work.',
    hint: 'Each line with a cross says what to do; run "chatstats doctor" again when it is done.',
  },
  SERVICE_UNAVAILABLE: {
    exit: EXIT.failed,
    meaning: 'This system has neither launchd nor a systemd of this user, so that nothing can be run at login.',
    hint: 'Have "chatstats up --no-open" started by whatever starts programs here. Where there is systemd, log in as the user itself: su, sudo and cron do not reach it.',
  },
  SERVICE_DIFFERS: {
    exit: EXIT.usage,
    meaning: 'A service with other options is installed already.',
    hint: '"chatstats service status" shows its options. Add --force to replace it.',
  },
  SERVICE_FAILED: {
    exit: EXIT.failed,
    meaning: 'launchctl or systemctl refused what it was asked for.',
    hint: 'See "chatstats service status" and the log that it names. "chatstats service remove" takes everything back.',
  },
  INTERNAL: {
    exit: EXIT.failed,
    meaning: 'Something happened that should not.',
    hint: 'Please report it, with the line above.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An error of the catalogue. `message` says what happened in this case; `hint` what to do. */
export class ChatStatsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; hint?: string }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ChatStatsError';
    this.code = code;
    this.hint = options?.hint ?? ERRORS[code].hint;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code].exit;
  }
}
