import type { Dispatch, Engine, LiveStatus } from '../engine/index.ts';
import { Relay } from '../relay/index.ts';
import { type Invocation, note, warn } from './invocation.ts';

/** The name under which the relay reads the events. */
const CONSUMER = 'redis';
/** The same problem is told again after this. */
const REPEAT_MS = 60_000;

/**
 * Relays what happens to Redis, where a server is named. It begins by itself once there is a store, and whatever becomes
 * of Redis, nothing waits for it. Disposed before the engine, which writes its cursor.
 */
export function relayTo(invocation: Invocation, engine: Engine, store: string): RelayHandle | null {
  const { config, world } = invocation;
  if (config.redisUrl === null) return null;
  const told = new Map<string, number>();
  const relay = new Relay({
    store,
    url: config.redisUrl,
    owner: {
      begin: () => engine.call('consumerBegin', { consumer: CONSUMER }),
      acknowledge: (position) => engine.call('consumerAcknowledge', { consumer: CONSUMER, position }),
    },
    clock: world.clock,
    bodies: config.eventBodies,
    onProblem(code, text) {
      const now = world.clock.now();
      if (now - (told.get(code) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
      told.set(code, now);
      warn(invocation, `${text} (${code})`);
    },
    onConnected(text) {
      // Recovery ends the silence: the next problem is a new one.
      told.clear();
      note(invocation, text);
    },
  });
  const committed = engine.on('committed', () => relay.wake());
  return {
    settle: (ms) => relay.settle(ms),
    figures: () => relay.figures(),
    async [Symbol.asyncDispose]() {
      committed[Symbol.dispose]();
      await relay[Symbol.asyncDispose]();
    },
  };
}

export type RelayHandle = Pick<Relay, 'settle' | 'figures'> & AsyncDisposable;

/** What another process asks the owner of the store for; of Redis this thread knows, and the engine does not. */
export function answering(engine: Engine, relay: RelayHandle | null): Dispatch {
  const answer: Dispatch = async (name, args, options) => {
    const result = await engine.call(name, args, options);
    if (name !== 'liveStatus' || relay === null) return result;
    return { ...(result as LiveStatus), redis: await relay.figures() } as typeof result;
  };
  return answer;
}
