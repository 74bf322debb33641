import { ChatStatsError, systemClock } from '../kernel/index.ts';
import { type FollowArgs, Following, type FollowStatus } from '../pipeline/index.ts';
import type { HandlerContext } from './host.ts';

/** Keeps the one source that this thread follows going, and tells the main thread what it says. */
export class LiveService {
  #following: Following | null = null;

  get following(): Following | null {
    return this.#following;
  }

  /** Answers when following has begun, or, when it is to catch up once, when that is done. */
  async follow(args: FollowArgs, context: HandlerContext): Promise<FollowStatus> {
    if (this.#following !== null) throw new ChatStatsError('ENGINE_BUSY', 'the engine follows a source already');
    const { store, stopping, lanes, notify, progress } = context;
    const following = new Following({
      ...args,
      store,
      clock: systemClock,
      // Whoever asked may cancel until they are answered; what goes on after that ends with the engine.
      signal: AbortSignal.any([context.signal, stopping]),
      lanes,
      onImportProgress: progress,
      onState: (state) => notify('state', { state }),
      onCommitted: (position) => notify('committed', { position }),
      onProblem: (code, text) => notify('problem', { code, text }),
    });
    this.#following = following;
    try {
      await following.begin();
      if (args.once) await following.run();
    } catch (error) {
      this.#following = null;
      throw error;
    }
    if (args.once) this.#following = null;
    else context.background(following.run().finally(() => (this.#following = null)));
    return following.status;
  }
}
