import { type Calls, startThreadAhead } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { checkImport } from '../pipeline/index.ts';
import { storeHoldsMessages } from '../store/index.ts';
import { followArgs } from './following.ts';
import { type Invocation, warn } from './invocation.ts';
import { serve } from './serving.ts';

/** Imports what is missing, follows, and serves the page and the API, until it is stopped. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  startThreadAhead();
  const following = sourceToFollow(invocation);
  if (following !== null) checkImport({ source: following.source, store: config.db });
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  await serve(invocation, { store: config.db, following }, stop.signal);
  return EXIT.done;
}

/** Null where nothing was named, this machine has no Messages, and there is a history to be looked at all the same. */
function sourceToFollow(invocation: Invocation): Calls['follow']['args'] | null {
  const { config, words } = invocation;
  try {
    return { ...followArgs(invocation), once: false };
  } catch (error) {
    const isNamed = config.source !== null || words.length > 0;
    if (!(error instanceof ChatStatsError) || error.code !== 'SOURCE_NOT_FOUND' || isNamed) throw error;
    if (!storeHoldsMessages(config.db)) throw error;
    warn(invocation, 'nothing is followed: this machine has no Messages of its own, and no source was named');
    return null;
  }
}
