import type { CommandModule } from './invocation.ts';

export type Argument = { syntax: string; description: string };

/** One command as help, docs/cli.md and the parser know it. Its options are those that src/config gives it. */
export type CommandSpec = {
  name: string;
  argument: Argument | null;
  summary: string;
  /** Paragraphs. */
  details: readonly string[];
  examples: readonly string[];
  load(): Promise<CommandModule>;
};

const SOURCE: Argument = {
  syntax: '[SOURCE]',
  description:
    "a chat.db, an sms.db, a folder that holds one, or the folder of an iPhone backup; default: this Mac's Messages",
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'import',
    argument: SOURCE,
    summary: 'import a whole Messages history into the store',
    details: [
      'A first import builds the store aside and moves it into place when it is complete; a later one compares, by guid, and takes over what is new. The source is only ever read. Ctrl-C leaves nothing half done.',
      'A backup comes with its own address book, unless another is named. The password of an encrypted one is asked for on the terminal, or taken from --password-fd or from CHATSTATS_BACKUP_PASSWORD; what is decrypted lies in a private temporary folder while it is read.',
      'With --json: {messages, reactions, attachments, chats, contacts, conversations, quarantined, durationMs, rate, bulk, unreadable, stages, problems}.',
    ],
    examples: [
      'chatstats import',
      'chatstats import ~/old/chat.db --address-book none',
      'chatstats import ~/backups/00008110-001234567890001E',
    ],
    load: () => import('./import.ts'),
  },
  {
    name: 'up',
    argument: SOURCE,
    summary: 'import, follow, and serve the page and the API, until stopped',
    details: [
      'All in one: imports the history if the store does not know it (the page shows how far it is), follows Messages as sync does, and serves a page for people and an API for programs (docs/api.md) on this machine alone. Ctrl-C stops it; nothing is lost.',
      'An iPhone backup does not change: it is imported, with its own address book, and served; nothing is followed. The password of an encrypted one is asked for at the start. Without SOURCE the store is served without it.',
      'With --json, one object as soon as it listens: {address, port}.',
    ],
    examples: [
      'chatstats up',
      'chatstats up --source ~/Library/Messages/chat.db --port 8080 --no-open',
      'chatstats up ~/backups/00008110-001234567890001E',
    ],
    load: () => import('./up.ts'),
  },
  {
    name: 'backups',
    argument: {
      syntax: '[FOLDER]',
      description: 'a backup, or a folder of them; default: where Finder, iTunes and Apple Devices keep them',
    },
    summary: 'list iPhone backups',
    details: [
      'What is shown needs no password. A backup that is not complete is listed with the reason.',
      'With --json: {backups: [{id, folder, device, model, date, ios, encrypted, bytes, messages, complete, problem}]}; problem is null or {code, reason}.',
    ],
    examples: ['chatstats backups', 'chatstats backups /media/disk/backups --json'],
    load: () => import('./backups.ts'),
  },
  {
    name: 'sync',
    argument: null,
    summary: 'follow Messages live, until stopped',
    details: [
      'Imports the history if the store does not know it, catches up with what happened meanwhile, then takes over every new message, edit, unsend, receipt, reaction and deletion within moments; contacts follow the address books. Ctrl-C stops it; nothing is lost, and the next start goes on from there. Commands that write to the store beside it (import, seal, quarantine) are done by it.',
      'With --json, one object when it ends: {state, lastMessageRowid, batches, rowsRead, sweeps, restarts, …}.',
    ],
    examples: ['chatstats sync', 'chatstats sync --source ~/Library/Messages/chat.db --once'],
    load: () => import('./sync.ts'),
  },
  {
    name: 'worker',
    argument: null,
    summary: 'run analysis jobs that come over Redis, on this machine',
    details: [
      'Takes jobs from the Redis server that "sync" or "up" uses too (--redis-url), runs them and sends back what came of them, until stopped; as many workers on as many machines as you like. It needs no store: what a job is about travels with it. A worker that is killed loses nothing: after --lease-seconds its jobs are taken by others. It needs the same passes as the one who asks (docs/redis.md).',
      'With --json, one object when it ends: {taken, done, failed}.',
    ],
    examples: [
      'chatstats worker --redis-url redis://:password@192.168.1.10:6379',
      'CHATSTATS_REDIS_URL=… chatstats worker',
    ],
    load: () => import('./worker.ts'),
  },
  {
    name: 'export',
    argument: {
      syntax: '<WHAT>',
      description: 'messages, reactions, attachments, chats, contacts, conversations or events',
    },
    summary: 'write everything of one kind to stdout, oldest first',
    details: ['JSON lines, or CSV with the same columns: lists joined by a space, null as nothing.'],
    examples: ['chatstats export messages > messages.jsonl', 'chatstats export chats --format csv > chats.csv'],
    load: () => import('./export.ts'),
  },
  {
    name: 'verify',
    argument: SOURCE,
    summary: 'compare the store with its source',
    details: [
      'Exit code 4 when they differ. With --json: {ok, source, store, setAside, differences, differenceCount}.',
    ],
    examples: ['chatstats verify', 'chatstats verify ~/old/chat.db'],
    load: () => import('./verify.ts'),
  },
  {
    name: 'search',
    argument: { syntax: '<TEXT...>', description: 'words, or parts of words, in any script' },
    summary: 'find messages by their text',
    details: [
      'The newest matches come first. With --json: {hits: […]}, each a message as export writes it, with highlights: [[start, length], …] in UTF-16 units of its text.',
    ],
    examples: ['chatstats search dinner', 'chatstats search --limit 100 --json 晚饭'],
    load: () => import('./search.ts'),
  },
  {
    name: 'status',
    argument: null,
    summary: 'show the state of the store at a glance',
    details: [],
    examples: ['chatstats status'],
    load: () => import('./status.ts'),
  },
  {
    name: 'doctor',
    argument: null,
    summary: 'say what is wrong, and what to do',
    details: [
      "Looks at Messages' database and its permissions, the address books, the store, the disk, and what runs; it changes nothing. Exit code 4 when something does not work (✗); what is worth a word (!) leaves it 0.",
      'With --json: {ok, checks: [{id, title, state, found, remedy}]}; state is ok, warning, failed or skipped.',
    ],
    examples: ['chatstats doctor', 'chatstats doctor --source ~/old/chat.db --json'],
    load: () => import('./doctor.ts'),
  },
  {
    name: 'service',
    argument: { syntax: '<VERB>', description: 'install, remove or status' },
    summary: 'run at login: follow Messages and serve the page',
    details: [
      'install has launchd (macOS) or the systemd of this user run "chatstats up --no-open" from login on, start it again should it fail, and starts it now, with the options that are given here. Installed again with the same options it is started anew; with others it takes --force. What holds a password (--redis-url, CHATSTATS_LLM_KEY) is kept in a file that only you can read, and is on no command line. remove stops it and takes everything back. The store stays.',
      'With --json: {manager, isInstalled, isRunning, pid, lastExit, file, arguments, secrets (names alone), log}, of install also replaced; of remove {removed, file}.',
    ],
    examples: [
      'chatstats service install',
      'chatstats --db ~/archive.db service install --port 8080',
      'chatstats service status',
    ],
    load: () => import('./service.ts'),
  },
  {
    name: 'seal',
    argument: { syntax: '<CHAT>', description: 'the id or identifier of a chat' },
    summary: 'end the conversation of a chat now',
    details: ['A conversation is sealed by itself when the gap has passed. With --json: {sealed}.'],
    examples: ['chatstats seal +14155550101'],
    load: () => import('./seal.ts'),
  },
  {
    name: 'contacts',
    argument: {
      syntax: '[VERB...]',
      description: 'list (the default), sync, merge A B, undo MERGE, merges, conflicts, or avatar CONTACT',
    },
    summary: 'show who is who, look at the address books now, merge two contacts or take that back',
    details: [
      'A and B are ids or addresses of contacts; the first gives the name. A merge, whoever made it, is taken back by its number, which "contacts merges" shows: both contacts are as they were, with what was said meanwhile, and cards will not merge them again. "conflicts" are addresses on the cards of people whose names disagree: they are never merged by themselves. "avatar" writes a picture to stdout.',
      'With --json: {contacts: […]}, {books, cards, created, updated, merged, removed, problems}, {merge, from, into}, {merges: […]} or {conflicts: […]}.',
    ],
    examples: ['chatstats contacts', 'chatstats contacts merge 12 +14155550101', 'chatstats contacts undo 3'],
    load: () => import('./contacts.ts'),
  },
  {
    name: 'sources',
    argument: { syntax: '[VERB...]', description: 'list (the default), or remove SOURCE' },
    summary: 'show where the history comes from, or take a source out again',
    details: [
      'Several Macs and backups make one timeline: of a message that several have, the later edit, the fuller text and any receipt count, and it is deleted when it is deleted in all. "remove" takes a source out again, with what only it had or said; what others have stays. The file itself is not touched.',
      'With --json: {sources: [{id, kind, path, messages, alone, firstImportedAt, lastImportedAt}]} or {messagesRemoved, messagesChanged, chatsRemoved}.',
    ],
    examples: ['chatstats sources', 'chatstats sources remove 2'],
    load: () => import('./sources.ts'),
  },
  {
    name: 'analysis',
    argument: {
      syntax: '[VERB...]',
      description: 'status (the default), passes, run, backfill PASS, cancel, or allow',
    },
    summary: 'show what was found in conversations, and analyse those of before',
    details: [
      'Conversations are analysed by themselves when they are over, while "chatstats up" or "sync" runs; those of before when they are asked for. run analyses all of them by every pass that is on, or those of one chat (--chat), or of the chats with the most messages (--top); backfill does so by one pass, such as one that is new. What has an up-to-date result is left alone. Both go on where they stopped, after Ctrl-C too; cancel ends them. --dry-run says what would be done.',
      'passes lists the passes that are on. The pass llm sends conversations to the server that --llm-url names; allow asks again whether it may be one that is not this machine.',
      'With --json: {live, passes: [{pass, kind, results, stale, open, queued, failed}], plans: […], usage: […]}, {passes: […]}, the plan {id, what, state, total, done, failed, …}, {plan, forecast}, {cancelled} or {isGiven}.',
    ],
    examples: [
      'chatstats analysis',
      'chatstats analysis run --top 20',
      'chatstats analysis backfill llm --dry-run',
      'chatstats analysis cancel',
    ],
    load: () => import('./analysis.ts'),
  },
  {
    name: 'jobs',
    argument: { syntax: '[VERB...]', description: 'list (the default), retry ID...|all, or discard ID...|all' },
    summary: 'show, try again or discard what could not be analysed',
    details: [
      'list shows what waits, goes on, and has failed for good, with the reason. A failed job that is tried again is listed until it has succeeded; one that is discarded is not tried again until its conversation says something else.',
      'With --json: {jobs: […]}, {retried, replaced} or {discarded}.',
    ],
    examples: ['chatstats jobs', 'chatstats jobs retry all', 'chatstats jobs discard 12'],
    load: () => import('./jobs.ts'),
  },
  {
    name: 'quarantine',
    argument: { syntax: '[VERB...]', description: 'list (the default), retry ID...|all, or discard ID...|all' },
    summary: 'show, try again or discard what was set aside',
    details: [
      'A row of Messages that belongs to no chat, or cannot be read, is kept here with its reason; rows that wait for their chat are tried again by themselves. With --json: {rows: […]}, {retried, resolved} or {discarded}.',
    ],
    examples: ['chatstats quarantine', 'chatstats quarantine retry all', 'chatstats quarantine discard 12'],
    load: () => import('./quarantine.ts'),
  },
  {
    name: 'stats',
    argument: null,
    summary: 'count, rank and draw what is in the store',
    details: [],
    examples: ['chatstats stats', 'chatstats stats --limit 5 --json'],
    load: () => import('./stats.ts'),
  },
  {
    name: 'demo',
    argument: null,
    summary: 'try everything on a made-up history, on any machine',
    details: [
      'At a terminal it is "chatstats up" with a made-up Messages that goes on writing, until it is stopped. Elsewhere, or with --stay off, it follows that for some seconds, compares the store with its source, shows the numbers and ends.',
      'Everything happens in a temporary folder that is removed at the end, unless --db on the command line names a new store to keep.',
    ],
    examples: [
      'chatstats demo',
      'chatstats demo --stay off',
      'chatstats demo --messages 300000 --seed 7',
      'chatstats --db demo.db demo',
    ],
    load: () => import('./demo.ts'),
  },
];
