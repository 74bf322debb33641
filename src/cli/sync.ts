import path from 'node:path';
import { type Calls, Engine, listen, startThreadAhead } from '../engine/index.ts';
import { EXIT, type ExitCode } from '../kernel/index.ts';
import { checkImport, type FollowState, type FollowStatus } from '../pipeline/index.ts';
import { removeLeftovers } from '../sources/iphone-backup/index.ts';
import { type Invocation, note, print, printJson, warn } from './invocation.ts';
import { importProgress, type Progress } from './progress.ts';
import { sourceSettings } from './source.ts';
import { grouped, pairs } from './terminal.ts';

const SECOND_MS = 1_000;
/** The same problem is told again after this, with how often it came meanwhile. */
const REPEAT_MS = 60_000;

const WORDS: Record<FollowState, string> = {
  importing: 'importing the history first',
  reconciling: 'the database was replaced: matching it with the store',
  'catching-up': 'catching up with what happened meanwhile',
  live: 'up to date, following',
  'source-missing': 'the database is not there; waiting for it',
  stopped: 'stopped',
};

/** Live sync without doors, until it is stopped. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  startThreadAhead();
  removeLeftovers();
  const args = followArgs(invocation);
  checkImport({ source: args.source, store: config.db });
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  await using engine = await Engine.start({ store: config.db });
  using _telling = tellWhatHappens(invocation, engine, args.source.path);
  // Another process that wants to write is answered by this one.
  await using _owner = await listen(config.db, (name, handed, options) => engine.call(name, handed, options));
  const begin = async () => await follow(invocation, engine, args, stop.signal);
  let status = await begin();
  if (!args.once) {
    const broken = new AbortController();
    using _again = engine.onRestart(() => begin().catch((error: unknown) => broken.abort(error)));
    await aborted(AbortSignal.any([stop.signal, broken.signal]));
    // Nothing is followed any more, and nobody asked for that: whoever started this has to know.
    if (broken.signal.aborted && !stop.signal.aborted) throw broken.signal.reason;
    status = (await engine.call('liveStatus', {}).catch(() => null))?.following ?? status;
  }
  if (config.json) printJson(invocation, status);
  else print(invocation, statusLines(status));
  return EXIT.done;
}

function followArgs(invocation: Invocation): Calls['follow']['args'] {
  const { config } = invocation;
  const { addressBook, ...settings } = sourceSettings(invocation);
  return {
    ...settings,
    addressBook: addressBook === null ? null : path.resolve(addressBook),
    mirrorDeletes: config.mirrorDeletes,
    once: config.once,
    pollMs: config.pollMs,
    hints: config.hints,
    sealCheckMs: config.sealCheckSeconds * SECOND_MS,
    contactsMs: config.contactsSeconds * SECOND_MS,
  };
}

/** Answers when following has begun or has caught up; an import that has to come first shows how far it is. */
async function follow(
  { world, config }: Invocation,
  engine: Engine,
  args: Calls['follow']['args'],
  signal: AbortSignal,
): Promise<FollowStatus> {
  let progress: Progress | null = null;
  try {
    return await engine.call('follow', args, {
      signal,
      onProgress: (reached) => {
        progress ??= importProgress(world, { opening: `importing into ${config.db}`, kind: 'first' });
        progress.update(reached);
      },
    });
  } finally {
    (progress as Progress | null)?.[Symbol.dispose]();
  }
}

function tellWhatHappens(invocation: Invocation, engine: Engine, file: string): Disposable {
  const { world } = invocation;
  const told = new Map<string, { atMs: number; since: number }>();
  const listeners = [
    engine.on('state', ({ state }) => {
      const words = WORDS[state as FollowState] ?? state;
      note(invocation, state === 'live' ? `${words} ${file}` : words);
    }),
    engine.on('problem', ({ code, text }) => {
      const last = told.get(code);
      const now = world.clock.now();
      if (last !== undefined && now - last.atMs < REPEAT_MS) {
        last.since += 1;
        return;
      }
      const again = last === undefined || last.since === 0 ? '' : ` (and ${grouped(last.since)} times before)`;
      told.set(code, { atMs: now, since: 0 });
      warn(invocation, `${text} (${code})${again}`);
    }),
  ];
  return {
    [Symbol.dispose]() {
      for (const listener of listeners) listener[Symbol.dispose]();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function statusLines(status: FollowStatus): string[] {
  return pairs([
    ['messages read', status.rowsRead],
    ['batches', status.batches],
    ['last message row', status.lastMessageRowid],
  ]);
}
