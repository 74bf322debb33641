import path from 'node:path';
import { DEFAULT_GAP_MS } from '../../src/conversations/index.ts';
import { type Clock, fixedClock, must } from '../../src/kernel/index.ts';
import type { StoredEvent } from '../../src/model/index.ts';
import { readEvents } from '../../src/outbox/index.ts';
import {
  type ContactSyncResult,
  Follower,
  knownSource,
  LiveSource,
  sealSlice,
  syncContacts,
  upkeepSlice,
} from '../../src/pipeline/index.ts';
import type { Generation } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS, runImport, temporaryFolder } from './fixture.ts';
import { liveMessages } from './live-messages.ts';

export type FollowedOptions = {
  generation?: Generation;
  mirrorDeletes?: boolean;
  clock?: Clock;
  /** The folder of an address book, made in the folder of the test by whoever asks. */
  addressBook?: (folder: string) => string;
};

/** A store that follows a small live database, driven step by step, with a clock that stands still. */
export async function followed(options: FollowedOptions = {}) {
  const folder = temporaryFolder();
  const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
  const live = liveMessages(place.source, options.generation ?? 'macos-26');
  const clock = options.clock ?? fixedClock(NOW_MS);
  const addressBook = options.addressBook?.(folder) ?? null;
  await runImport(place, { clock, addressBook });
  const mirrorDeletes = options.mirrorDeletes ?? false;
  let opened = open();

  function open() {
    const source = new LiveSource({
      store: place.store,
      source: { path: place.source, sealed: false },
      sourceId: must(knownSource(place.store, place.source), 'the source was imported'),
      people: { addressBook, region: null, locale: null },
      mirrorDeletes,
    });
    const follower = new Follower(source, { gapMs: DEFAULT_GAP_MS, mirrorDeletes, clock });
    follower.load();
    return { source, follower };
  }

  return {
    ...live,
    ...place,
    folder,
    clock,
    /** What a wake does: reads until nothing is left. Answers the events of it. */
    wake(mode: 'live' | 'catching-up' = 'live'): StoredEvent[] {
      const before = this.lastEvent();
      for (let more = true; more; ) {
        const result = opened.follower.step(mode);
        if (result.kind === 'restart') throw new Error(`restart: ${result.reason}`);
        more = result.more;
      }
      return this.eventsAfter(before);
    },
    sweep(): StoredEvent[] {
      const before = this.lastEvent();
      for (let done = false; !done; ) done = opened.follower.sweepSlice('live').done;
      return this.eventsAfter(before);
    },
    seal(): StoredEvent[] {
      const before = this.lastEvent();
      while (sealSlice(opened.source.db, { gapMs: DEFAULT_GAP_MS, nowMs: clock.now() }).more);
      return this.eventsAfter(before);
    },
    upkeep(): StoredEvent[] {
      const before = this.lastEvent();
      while (upkeepSlice(opened.source.db, clock.now()).more);
      return this.eventsAfter(before);
    },
    /** What is done now and then, and at start (`force`); `between`: what happens between two of its tasks. */
    async syncContacts(force = false, between?: () => void): Promise<StoredEvent[]> {
      const before = this.lastEvent();
      const { source, follower } = opened;
      const inTurn = async <T>(task: () => T) => {
        between?.();
        return task();
      };
      this.synced = await syncContacts(
        {
          ...{ root: addressBook, clock, inTurn, writer: () => source.db },
          onCommitted: (_, changes) => follower.contactsChanged(changes),
        },
        force,
      );
      return this.eventsAfter(before);
    },
    synced: null as ContactSyncResult | null,
    /** The process ends and another begins. */
    restart(): void {
      opened.source[Symbol.dispose]();
      opened = open();
    },
    get follower() {
      return opened.follower;
    },
    get live() {
      return opened.source;
    },
    lastEvent(): number {
      return opened.source.db.value<number>('SELECT max(id) FROM events') ?? 0;
    },
    eventsAfter(after: number): StoredEvent[] {
      return readEvents(opened.source.db, { after, limit: 100_000 });
    },
    message(guid: string): Record<string, unknown> | undefined {
      using db = openStoreForReading(place.store);
      return db.get('SELECT * FROM messages WHERE guid = ?', guid);
    },
    value<T>(sql: string): T | null {
      using db = openStoreForReading(place.store);
      return db.value<T>(sql);
    },
    close(): void {
      opened.source[Symbol.dispose]();
      live.close();
    },
    [Symbol.dispose](): void {
      opened.source[Symbol.dispose]();
      live.close();
    },
  };
}

export type Followed = Awaited<ReturnType<typeof followed>>;
