import { ChatStatsError } from '../kernel/index.ts';
import { Engine } from './client.ts';
import { handOver } from './handover.ts';
import type { CallOptions, Calls, HandedCall } from './protocol.ts';
import { takeThread } from './thread.ts';

export type OwnedCall<N extends HandedCall> = CallOptions & {
  store: string;
  name: N;
  /** Paths in it are absolute: another process, which works in another folder, may be the one to read them. */
  args: Calls[N]['args'];
  /** What has to be right before anything is made beside the store; it throws when it is not. */
  check?: () => void | Promise<void>;
};

/**
 * Runs one command on a store, as its owner or by its owner: where nobody has the store, this process takes it and has
 * an engine of its own do it; else the owner is asked. Throws STORE_OWNED when the owner does not take it over.
 */
export async function runOwned<N extends HandedCall>(command: OwnedCall<N>): Promise<Calls[N]['result']> {
  const { store, name, args, check, ...options } = command;
  // The thread loads its code while this one looks whether there is anything for it to do.
  const thread = takeThread();
  try {
    await check?.();
  } catch (error) {
    thread.terminate();
    throw error;
  }
  let engine: Engine;
  try {
    engine = await Engine.start({ store, thread });
  } catch (error) {
    if (!(error instanceof ChatStatsError) || error.code !== 'STORE_OWNED') throw error;
    return await handOver(store, name, args, options);
  }
  await using _engine = engine;
  return await engine.call(name, args, options);
}
