/**
 * The thread of the passes: it reads conversations with a connection that cannot write, and runs passes, which may be
 * modules of the user's. Whatever becomes of it, the thread that follows messages goes on.
 */
import { parentPort } from 'node:worker_threads';
import { ChatStatsError, must, stepBack } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForReading } from '../store/index.ts';
import { type LoadedPass, loadPasses } from './load-passes.ts';
import { prepare } from './prepare.ts';
import type { FromPasses, ToPasses } from './thread-protocol.ts';
import { PassRuns } from './work.ts';

const port = must(parentPort, 'this file is the entry of a worker thread');
const aborts = new Map<number, AbortController>();
let store = '';
let db: Database | null = null;
let passes: LoadedPass[] = [];
let runs = new PassRuns([]);

// Nobody waits for a result as one waits for a message.
stepBack();

port.on('message', (message: ToPasses) => {
  switch (message.type) {
    case 'open':
      void open(message);
      break;
    case 'prepare':
      void answer(message.call, async () => ({ type: 'prepared', call: message.call, prepared: read(message.wanted) }));
      break;
    case 'run':
      void answer(message.call, () => run(message.call, message.payload));
      break;
    case 'abort':
      aborts.get(message.call)?.abort();
      break;
    case 'ping':
      say({ type: 'pong' });
  }
});

function say(message: FromPasses): void {
  port.postMessage(message);
}

async function open({ store: file, settings }: Extract<ToPasses, { type: 'open' }>): Promise<void> {
  store = file;
  try {
    passes = await loadPasses(settings);
    runs = new PassRuns(passes);
    say({ type: 'ready', passes: passes.map(({ info }) => info) });
  } catch (error) {
    const { code, message, hint } =
      error instanceof ChatStatsError
        ? error
        : new ChatStatsError('INTERNAL', `passes cannot be loaded (${nameOf(error)})`);
    say({ type: 'refused', code, message, hint });
  }
}

async function answer(call: number, work: () => Promise<FromPasses>): Promise<void> {
  try {
    say(await work());
  } catch (error) {
    say({ type: 'threw', call, name: nameOf(error) });
  }
}

function read(wanted: Parameters<typeof prepare>[1]): ReturnType<typeof prepare> {
  try {
    db ??= openStoreForReading(store);
    return prepare(db, wanted, passes);
  } catch (error) {
    // The next look begins with a fresh connection.
    db?.close();
    db = null;
    throw error;
  }
}

async function run(call: number, payload: unknown): Promise<FromPasses> {
  const abort = new AbortController();
  aborts.set(call, abort);
  try {
    return { type: 'outcome', call, outcome: await runs.run({ payload }, abort.signal) };
  } finally {
    aborts.delete(call);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
}
