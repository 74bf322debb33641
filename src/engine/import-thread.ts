import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ChatStatsError } from '../kernel/index.ts';
import type { ImportSummary } from '../pipeline/index.ts';
import type { HandlerContext } from './host.ts';
import type { FromImport, ImportTask, ToImport } from './import-protocol.ts';
import { fromPortable } from './portable-error.ts';
import type { ImportArgs } from './protocol.ts';

/** Nearly all that the thread makes is short-lived; a small nursery keeps its memory small. */
const YOUNG_GENERATION_MB = 16;

export type ThreadOptions = {
  args: ImportArgs;
  /** The source that is followed meanwhile; null: nobody else writes until the import has ended. */
  followed: number | null;
  /** Lets whoever follows learn what a turn has changed of who is who, before anybody else has a turn. */
  renewPeople(): void;
};

/**
 * An import in a thread of its own, which takes less of the processor than whoever is waited for. Beside whoever follows
 * another source, the thread reads as it likes, and writes only in turns, which wait in the lane of upkeep like any
 * other task, and end soon when another task waits. Answers null when it cannot be done so.
 */
export async function importInThread(
  { args, followed, renewPeople }: ThreadOptions,
  { store, signal, lanes, progress }: Pick<HandlerContext, 'store' | 'signal' | 'lanes' | 'progress'>,
): Promise<ImportSummary | null> {
  const wanted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = start({ args, store, followed, wanted });
  const post = (message: ToImport) => worker.postMessage(message);
  const ended = Promise.withResolvers<ImportSummary | null>();
  let endTurn: (() => void) | null = null;
  const over = () => {
    endTurn?.();
    endTurn = null;
  };
  const turn = async () => {
    Atomics.store(wanted, 0, 0);
    lanes.whenWaiting('upkeep', () => Atomics.store(wanted, 0, 1));
    const { promise, resolve } = Promise.withResolvers<void>();
    endTurn = resolve;
    post({ type: 'go' });
    await promise;
  };
  const cancel = () => post({ type: 'cancel' });
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  worker.on('message', (message: FromImport) => {
    switch (message.type) {
      case 'turn':
        lanes.run('upkeep', () => (message.forPeople ? turn().then(renewPeople) : turn())).catch(ended.reject);
        return;
      case 'over':
        over();
        return;
      case 'progress':
        progress(message.progress);
        return;
      case 'done':
        ended.resolve(message.summary);
        return;
      case 'failed':
        ended.reject(fromPortable(message.error));
    }
  });
  worker.once('error', ended.reject);
  worker.once('exit', () => ended.reject(new ChatStatsError('ENGINE_FAILED', 'the thread of the import has ended')));
  try {
    return await ended.promise;
  } finally {
    signal.removeEventListener('abort', cancel);
    await worker.terminate();
    // Its connection is closed, and with it whatever it had begun is undone.
    over();
  }
}

function start(task: ImportTask): Worker {
  const file = `import-worker${path.extname(import.meta.url)}`;
  return new Worker(new URL(file, import.meta.url), {
    name: 'import',
    workerData: task,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
}
