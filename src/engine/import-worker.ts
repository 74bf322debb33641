/**
 * What runs in the thread of an import beside whoever follows another source: one import, then it is done. It writes in
 * the turns that the engine's thread gives it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { must, stepBack, systemClock } from '../kernel/index.ts';
import { ALONE, importIntoOwnedStore, NotBeside, type Turns } from '../pipeline/index.ts';
import type { FromImport, ImportTask, ToImport } from './import-protocol.ts';
import { toPortable } from './portable-error.ts';

/** Rows of one turn when somebody waits: a message may have to wait for two or three turns until it is told of. */
const STEP_ROWS = 500;
/** Rows of one turn when nobody waits: what is written at its end has to be waited for by whoever comes then. */
const MOST_ROWS = 6_000;

const port = must(parentPort, 'this file is the entry of a worker thread');
const tell = (message: FromImport) => port.postMessage(message);
const { args, store, followed, wanted } = workerData as ImportTask;
const cancelled = new AbortController();
let begin: (() => void) | null = null;

port.on('message', (message: ToImport) => {
  if (message.type === 'cancel') cancelled.abort();
  else begin?.();
});

const take =
  (forPeople: boolean): Turns['take'] =>
  async (work) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    begin = resolve;
    tell({ type: 'turn', forPeople });
    await promise;
    begin = null;
    try {
      return await work();
    } finally {
      tell({ type: 'over' });
    }
  };

const turns: Turns = {
  isAlone: false,
  followed,
  take: take(false),
  takeForPeople: take(true),
  isWanted: () => Atomics.load(wanted, 0) !== 0,
  stepRows: STEP_ROWS,
  mostRows: MOST_ROWS,
};

// Whoever follows and whoever asks go first.
stepBack();
try {
  const summary = await importIntoOwnedStore(
    {
      ...args,
      store,
      clock: systemClock,
      signal: cancelled.signal,
      onProgress: (progress) => tell({ type: 'progress', progress }),
    },
    followed === null ? ALONE : turns,
  );
  tell({ type: 'done', summary });
} catch (error) {
  if (error instanceof NotBeside) tell({ type: 'done', summary: null });
  else tell({ type: 'failed', error: toPortable(error) });
}
