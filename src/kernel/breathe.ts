import { setImmediate } from 'node:timers/promises';

/** Lets the event loop turn once, so that signals, timers and progress get their chance between two slices of work. */
export async function breathe(): Promise<void> {
  await setImmediate();
}
