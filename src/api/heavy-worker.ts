/** The entry of the thread that answers what takes long. It only reads, and opens nothing before it is asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { ChatStatsError, collectGarbage, type ErrorCode, must } from '../kernel/index.ts';
import { HEAVY, type HeavyCalls, type HeavyName } from './heavy-calls.ts';
import { StoreReader } from './store-reader.ts';

export type HeavyRequest = { call: number; name: HeavyName; args: unknown };
export type HeavyAnswer =
  | { call: number; position: number; result: unknown }
  | { call: number; error: { code: ErrorCode; message: string } };

/** Answers that are kept while nothing has happened: a page asks for the same numbers again and again. */
const KEPT_ANSWERS = 16;

const port = must(parentPort, 'this file is the entry of a worker thread');
const reader = new StoreReader((workerData as { store: string }).store);
const kept = new Map<string, { moment: string; answer: { position: number; value: unknown } }>();

port.on('message', (request: HeavyRequest) => {
  try {
    const { position, value } = answerTo(request);
    port.postMessage({ call: request.call, position, result: value } satisfies HeavyAnswer);
  } catch (error) {
    port.postMessage({ call: request.call, error: told(error) } satisfies HeavyAnswer);
  }
});

function answerTo({ name, args }: HeavyRequest): { position: number; value: unknown } {
  if (name !== 'stats') return compute(name, args);
  const key = JSON.stringify(args);
  const moment = `${reader.readAt(() => null).position}.${reader.generation}`;
  const known = kept.get(key);
  if (known?.moment === moment) return known.answer;
  const answer = compute(name, args);
  // A pass over all messages leaves much behind, and the next may be long in coming.
  collectGarbage();
  kept.delete(key);
  kept.set(key, { moment: `${answer.position}.${reader.generation}`, answer });
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_ANSWERS) break;
    kept.delete(oldest);
  }
  return answer;
}

function compute<N extends HeavyName>(name: N, args: unknown): { position: number; value: unknown } {
  // The main thread is our own code, of this very version, and typed by the same map.
  return reader.readAt((db) => HEAVY[name](db, args as HeavyCalls[N]['args']));
}

/** Of an error that is not in the catalogue only its kind crosses: its message may quote what it was working on. */
function told(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof ChatStatsError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.name : 'something else than an error was thrown' };
}
