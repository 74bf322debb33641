import type { CallOptions, Calls, Dispatch, HandedCall } from './protocol.ts';

/** Both sides of handing a command over, loaded when one is wanted: most commands need neither. */

/**
 * Listens for what other processes hand over. Only the owner of the store may call it, and has to dispose of what is
 * answered before it lets go of the store: what lies at the place of the socket is otherwise another owner's.
 */
export async function listen(store: string, dispatch: Dispatch): Promise<AsyncDisposable> {
  const owner = await import('./handover-owner.ts');
  return await owner.listenBeside(store, dispatch);
}

/**
 * Asks the process that owns the store to do it. Throws what it threw; STORE_OWNED when it does not take the command
 * over; ENGINE_FAILED when it ended in the middle. Aborting `signal` cancels the command there, and the owner's answer
 * to that is waited for.
 */
export async function handOver<N extends HandedCall>(
  store: string,
  name: N,
  args: Calls[N]['args'],
  options: CallOptions = {},
): Promise<Calls[N]['result']> {
  const asker = await import('./handover-asker.ts');
  return await asker.askOwner(store, name, args, options);
}
