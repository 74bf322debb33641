import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import type { StoredEvent } from '../../src/model/index.ts';
import { type ActorCommand, type ActorDone, type ActorProcess, startActor } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { SyncProcess } from '../support/sync-process.ts';
import type { Outcome, Workplace } from './chatstats.ts';

const GENERATION = 'macos-26';
const MESSAGES = 300;
/** How long ago the last message of the history was written. */
const QUIET_MS = 10 * 60_000;

export type Scene = AsyncDisposable & {
  source: string;
  store: string;
  actor: ActorProcess;
  /** Does something in Messages. */
  act(command: ActorCommand): Promise<ActorDone>;
  sync(...more: string[]): SyncProcess;
  run(...args: string[]): Promise<Outcome>;
};

/** A database of its own with a Messages that does what it is told. What was started is ended with it. */
export function scene(place: Workplace, name: string, options: { messages?: number } = {}): Scene {
  const source = place.file(name, 'chat.db');
  const store = place.file(name, 'store.db');
  mkdirSync(place.file(name));
  place.history(`${name}/chat.db`, {
    generation: GENERATION,
    messages: options.messages ?? MESSAGES,
    // Now, as people write to each other now; what is old comes as old news.
    nowMs: Date.now() - QUIET_MS,
  });
  const actor = startActor({ file: source, generation: GENERATION, seed: 5, script: true });
  const started: SyncProcess[] = [];
  return {
    ...{ source, store, actor },
    act: (command) => actor.send(command),
    sync(...more) {
      const sync = new SyncProcess({ store, source, more });
      started.push(sync);
      return sync;
    },
    run: (...args) => place.run(['--db', store, ...args]),
    async [Symbol.asyncDispose]() {
      for (const sync of started) if (!sync.hasEnded) await sync.stop('SIGKILL');
      await actor.stop();
    },
  };
}

export const guidOf = (done: ActorDone) => must(done.guid, 'the act has made a message');
/** Whether an event names this guid. */
export const names = (guid: string) => (event: StoredEvent) => 'guids' in event.data && event.data.guids.includes(guid);

export function messageOf(store: string, guid: string): Record<string, unknown> | undefined {
  using db = openStoreForReading(store);
  return db.get('SELECT * FROM messages WHERE guid = ?', guid);
}

/** The store agrees with the source as it is now, while sync goes on. */
export async function agrees({ run, source }: Scene): Promise<void> {
  const verify = await run('--json', 'verify', source, '--address-book', 'none');
  expect(JSON.parse(verify.stdout), verify.stderr).toMatchObject({ ok: true, differences: [] });
  expect(verify.status).toBe(0);
}
