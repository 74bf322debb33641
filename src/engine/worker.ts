/**
 * The composition root of the engine's thread: the real handlers, which bring the real clock. Nothing is opened before
 * the main thread, which owns the store, names it.
 */
import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import { must } from '../kernel/index.ts';
import { handlers } from './handlers.ts';
import { serve } from './host.ts';

await serve(must(parentPort, 'this file is the entry of a worker thread'), handlers);
// All work has ended; whatever may still be open must not keep the thread.
process.exit(0);
