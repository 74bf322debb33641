import path from 'node:path';
import type { Calls, Engine } from '../engine/index.ts';
import type { FollowState, FollowStatus } from '../pipeline/index.ts';
import { type Invocation, note, warn } from './invocation.ts';
import { importProgress, type Progress } from './progress.ts';
import { sourceSettings } from './source.ts';
import { grouped } from './terminal.ts';

/** What `sync` and `up` have in common: how following is begun, and what a person is told meanwhile. */
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

/** What following is asked for, as the settings say it. Throws the errors of a source that is not there. */
export function followArgs(invocation: Invocation): Calls['follow']['args'] {
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
export async function follow(
  { world }: Invocation,
  { engine, store, args }: { engine: Engine; store: string; args: Calls['follow']['args'] },
  signal: AbortSignal,
): Promise<FollowStatus> {
  let progress: Progress | null = null;
  try {
    return await engine.call('follow', args, {
      signal,
      onProgress: (reached) => {
        progress ??= importProgress(world, { opening: `importing into ${store}`, kind: 'first' });
        progress.update(reached);
      },
    });
  } finally {
    (progress as Progress | null)?.[Symbol.dispose]();
  }
}

/** Says what the engine says without being asked, a problem that repeats itself once in a while. */
export function tellWhatHappens(invocation: Invocation, engine: Engine, file: string): Disposable {
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

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
