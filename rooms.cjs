/**
 * The walls of the house, in one table. Rooms stand in the order in which data passes through them, and imports only
 * go up the list: a room may import rooms named before it, and of those only the ones in `imports`, and of each only
 * its index.ts. The linter (.dependency-cruiser.cjs), test/walls.test.ts and the diagram in ARCHITECTURE.md all read
 * this file; a wall is moved here or nowhere. What one room alone may touch stands in possessions.cjs.
 *
 * Fields of a room:
 *   name      what others call it; also its folder under src/ (or its file, when `file` is given)
 *   imports   rooms whose index.ts it may import
 *   types     rooms of which it may import types, but no code
 *   packages  packages from the registry
 *   builtins  Node's own modules, without the "node:"
 *   doors     for single files that may import one room more than their own room may
 *   why       what the room is for, and so why its walls stand where they stand
 */

/** @type {import('./rooms.cjs').Room[]} */
const rooms = [
  {
    name: 'kernel',
    imports: [],
    types: [],
    packages: [],
    builtins: ['fs', 'path', 'os', 'timers', 'timers/promises', 'util', 'crypto', 'process'],
    why: 'Tools that know nothing of messages. Time, timers and randomness live here, so that everything else can be handed a clock or a seed.',
  },
  {
    name: 'model',
    imports: ['kernel'],
    types: [],
    packages: [],
    builtins: [],
    why: 'The nouns as types. No I/O and no rules, so that every room can share them.',
  },
  {
    name: 'sqlite',
    imports: ['kernel'],
    types: [],
    packages: [],
    builtins: ['sqlite', 'fs', 'path', 'os', 'url'],
    why: 'The only room that knows the driver: one gate for every statement, opening by role, so that "read-only" is decided in one place.',
  },
  {
    name: 'redis',
    imports: ['kernel'],
    types: [],
    packages: ['ioredis'],
    builtins: [],
    why: 'The only room that knows the driver of Redis: how a server is named, how a connection fails, and that a password is told to nobody.',
  },
  {
    name: 'sources/messages',
    imports: ['kernel', 'model', 'sqlite'],
    types: [],
    packages: [],
    builtins: ['fs', 'path', 'os'],
    why: "Reads Messages' databases, read-only. It finds, opens and probes them and hands out rows; it never interprets one.",
  },
  {
    name: 'sources/address-book',
    imports: ['kernel', 'model', 'sqlite'],
    types: [],
    packages: [],
    builtins: ['fs', 'path', 'os'],
    why: 'Reads address books, read-only. Who is who is decided by transform, not here.',
  },
  {
    name: 'decode',
    imports: ['kernel', 'model'],
    types: [],
    packages: [],
    builtins: [],
    why: 'Bytes to values. Pure and total, so that it can be fuzzed: no file, no clock, no exception for any input.',
  },
  {
    name: 'sources/iphone-backup',
    imports: ['kernel', 'model', 'sqlite', 'decode'],
    types: [],
    packages: ['fast-plist'],
    builtins: ['fs', 'fs/promises', 'path', 'crypto', 'util', 'stream'],
    why: 'Finds iPhone backups and opens what Messages needs of one, decrypted where it has to be. It stands below decode, because what a backup says of itself is in property lists. Keys live here and nowhere else.',
  },
  {
    name: 'transform',
    imports: ['kernel', 'model', 'decode'],
    types: ['sqlite', 'sources/messages', 'sources/address-book'],
    packages: ['libphonenumber-js'],
    // To load the phone numbers' library when the first number comes, not when the program starts.
    builtins: ['module'],
    why: 'Rows and look-ups to a plan: who, which chat, which kind of row. Pure, so that every rule is a test without a file; it may hand its rules to a database as functions, but opens none.',
  },
  {
    name: 'conversations',
    imports: ['kernel', 'model'],
    types: [],
    packages: [],
    builtins: [],
    why: 'Splits, extends and reconciles. Pure: messages, a gap and a reading of the clock in, decisions out, so that its laws can be tested.',
  },
  {
    name: 'config',
    imports: ['kernel', 'model', 'conversations'],
    types: [],
    packages: ['zod'],
    builtins: ['fs', 'path'],
    why: 'One description of the configuration: flags, environment, file, help and documentation. The machine is an argument. It stands below conversations to take the default gap from the one place that has it.',
  },
  {
    name: 'store',
    imports: ['kernel', 'model', 'sqlite'],
    types: [],
    packages: ['zod'],
    builtins: ['fs', 'path'],
    why: 'Our schema, its migrations and the queries that read it. It opens the store and creates tables; it writes no row of the message domain.',
  },
  {
    name: 'load',
    imports: ['kernel', 'model', 'sqlite', 'decode', 'transform', 'conversations', 'store'],
    types: ['sources/messages', 'sources/address-book'],
    packages: [],
    builtins: ['fs', 'path'],
    why: 'The one writer of the message domain. Rows, conversations, watermark and events commit here together or not at all.',
  },
  {
    name: 'outbox',
    imports: ['kernel', 'model', 'sqlite', 'store'],
    types: [],
    packages: [],
    builtins: [],
    why: 'Events: recorded in the transaction of the change they tell of, handed to their readers in order, at least once. It writes its own tables and no row of the message domain.',
  },
  {
    name: 'jobs',
    imports: ['kernel', 'model', 'sqlite', 'redis', 'store'],
    types: [],
    packages: ['bullmq'],
    builtins: ['crypto'],
    why: 'Background work: one contract, and the engines that keep it. It does not know what a job is about; of the store it writes its own rows alone.',
  },
  {
    name: 'analysis',
    imports: ['kernel', 'model', 'sqlite', 'store', 'outbox', 'jobs'],
    types: [],
    packages: ['zod'],
    builtins: ['worker_threads', 'crypto', 'path', 'url'],
    why: 'Passes, and what came of them: which conversations want one, runs and results. It reads the message domain and writes its own tables alone; passes run in a thread that has no writer.',
  },
  {
    name: 'pipeline',
    imports: [
      'kernel',
      'model',
      'sqlite',
      'sources/messages',
      'sources/address-book',
      'decode',
      'sources/iphone-backup',
      'transform',
      'conversations',
      'store',
      'load',
      'outbox',
    ],
    types: [],
    packages: [],
    builtins: ['fs', 'path', 'os', 'worker_threads'],
    why: 'The conductor. It wires rooms together and owns no rule.',
  },
  {
    name: 'engine',
    imports: [
      'kernel',
      'model',
      'sqlite',
      'sources/messages',
      'conversations',
      'store',
      'load',
      'outbox',
      'jobs',
      'analysis',
      'pipeline',
    ],
    types: [],
    packages: ['zod'],
    builtins: ['worker_threads', 'net', 'fs', 'path', 'os', 'crypto', 'process'],
    why: "The thread that owns the writer and everything that reads Apple's files, and the ways to ask it for something: from the main thread, and from another process over a private socket.",
  },
  {
    name: 'service',
    imports: ['kernel'],
    types: [],
    packages: [],
    builtins: ['fs', 'path', 'util'],
    why: 'Running at login, by launchd or systemd. It writes their files and reads their answers; it starts no program itself, but is handed the way to: so it can be tried where there is neither.',
  },
  {
    name: 'doctor',
    imports: [
      'kernel',
      'model',
      'sqlite',
      'sources/messages',
      'sources/address-book',
      'sources/iphone-backup',
      'store',
      'outbox',
    ],
    types: ['engine', 'service'],
    packages: [],
    builtins: ['fs', 'path'],
    why: 'Looks at everything and changes nothing: what is wrong, and what to do. It answers with data, so that a terminal and a page can show the same; what runs is told to it, because only the doors know how to ask.',
  },
  {
    name: 'delivery',
    imports: ['kernel', 'model', 'sqlite', 'store', 'outbox'],
    types: ['engine'],
    packages: [],
    builtins: [],
    why: 'Events on their way to whoever listens: each is read once from the outbox and encoded once, however many listen. It knows no HTTP, and the events table is its only truth.',
  },
  {
    name: 'relay',
    imports: ['kernel', 'model', 'sqlite', 'redis', 'store', 'outbox'],
    types: [],
    packages: [],
    builtins: [],
    why: 'Events and the mirror of the tracker on their way to Redis. It only reads the store; its owner, who keeps the cursor, is handed to it. So nothing that Redis does can hold up whoever writes.',
  },
  {
    name: 'api',
    imports: [
      'kernel',
      'model',
      'sqlite',
      'sources/address-book',
      'sources/iphone-backup',
      'store',
      'outbox',
      'engine',
      'delivery',
    ],
    types: ['pipeline', 'doctor'],
    packages: [
      'fastify',
      '@fastify/compress',
      '@fastify/static',
      '@fastify/swagger',
      'fastify-type-provider-zod',
      'helmet',
      'zod',
    ],
    builtins: ['fs', 'fs/promises', 'path', 'os', 'crypto', 'net', 'http', 'worker_threads', 'process', 'stream'],
    why: 'The door for programs and for the page. It reads through connections of its own and asks the engine for everything that changes something; whom it lets in is decided here and nowhere else.',
  },
  {
    name: 'simulator',
    imports: ['kernel', 'model', 'sqlite'],
    types: [],
    packages: ['bplist-creator'],
    builtins: ['fs', 'path', 'os', 'zlib', 'crypto', 'child_process', 'readline', 'process', 'util', 'url'],
    why: 'A made-up Messages.app. It shares no code with the readers, because a mistake known to both sides would hide itself.',
  },
  {
    name: 'cli',
    imports: [
      'kernel',
      'model',
      'redis',
      'sources/messages',
      'sources/address-book',
      'sources/iphone-backup',
      'config',
      'store',
      'load',
      'outbox',
      'jobs',
      'analysis',
      'pipeline',
      'engine',
      'service',
      'doctor',
      'relay',
      'api',
    ],
    types: [],
    packages: ['commander', 'cli-progress', 'csv-stringify'],
    builtins: ['fs', 'path', 'stream', 'stream/promises', 'util'],
    doors: [
      {
        file: 'src/cli/demo.ts',
        imports: ['simulator'],
        why: 'The demo needs a history to import on a machine that has none.',
      },
      {
        file: 'src/cli/demo-live.ts',
        imports: ['simulator'],
        why: 'The demo follows a Messages that goes on writing, on a machine that has none.',
      },
    ],
    // Of the sources it only asks where they are; of load, whether the store is free and its search index complete.
    why: 'The door for people at a terminal. It parses, prints and sets the exit code; what happens is decided by the pipeline.',
  },
  {
    name: 'main',
    file: 'src/main.ts',
    imports: ['kernel', 'cli'],
    types: [],
    packages: [],
    builtins: ['process', 'os', 'child_process', 'readline/promises'],
    why: 'The composition root: the system clock, the real environment, the command line.',
  },
];

/**
 * The page in web/, which runs in a browser. Of the program it knows what answers look like, and none of its code;
 * nothing else imports it: the program serves what was built of it.
 */
const page = {
  folder: 'web',
  types: ['src/api/schemas/index.ts'],
  packages: ['react', 'react-dom', '@tanstack/react-virtual', 'uplot'],
  why: 'The page is a client like any other: what it cannot ask the API for, nobody else could either.',
};

/**
 * Folders beside src/. They may enter every room, through its index.ts; nothing in src/ may import them.
 */
const outside = ['test', 'bench', 'scripts'];

/** Packages for tests alone, beside those of the room under test. */
const testPackages = ['vitest', 'fast-check', 'node-typedstream', 'bplist-creator', 'bplist-parser'];

module.exports = { rooms, outside, page, testPackages };
