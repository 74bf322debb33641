import { randomUUID } from 'node:crypto';
import { cancelPlans, discardLetters, retryLetters } from '../analysis/index.ts';
import { ChatStatsError, Lanes, must, systemClock } from '../kernel/index.ts';
import { discardEntries, writeSetting } from '../load/index.ts';
import { acknowledge, appendEvents, lastEventId, registerConsumer } from '../outbox/index.ts';
import {
  type ContactDecision,
  type ContactSyncOptions,
  decideContacts,
  type ImportSummary,
  importIntoOwnedStore,
  type MergeResult,
  removeSource,
  retryQuarantine,
  sealChatNow,
  syncContacts,
} from '../pipeline/index.ts';
import type { Database } from '../sqlite/index.ts';
import {
  findChat,
  llmConsentKey,
  openStoreForReading,
  openStoreForWriting,
  storedGapMs,
  storeId,
} from '../store/index.ts';
import { AnalysisHost } from './analysis-host.ts';
import { type HandlerContext, type Handlers, inLane } from './host.ts';
import { importInThread } from './import-thread.ts';
import { LiveService } from './live-service.ts';
import type { ImportArgs } from './protocol.ts';

/** What this thread follows: one source at most. */
const live = new LiveService();

/** What this thread analyses. */
const analysis = new AnalysisHost();

/** Imports and removals of sources take many turns: one after the other, so that none meets another half-way. */
const bulkWork = new Lanes(['one']);

/** What the engine does, call by call. Each line names the lane in which it waits for its turn. */
export const handlers: Handlers = {
  // Beside whoever follows, it takes many turns.
  import: {
    lane: null,
    async run(args, context) {
      const { store, notify } = context;
      const summary = await inLane(
        bulkWork,
        'one',
        context.signal,
        async () => (await besideFollowing(args, context)) ?? (await alone(args, context)),
      );
      notify('committed', { position: positionOf(store) });
      analysis.committed();
      return summary;
    },
  },
  // Its own tasks wait for their turns; holding one while it begins would keep them from it.
  follow: {
    lane: null,
    async run(args, context) {
      // Whatever is committed here may be something to look at.
      const notify: HandlerContext['notify'] = (name, payload) => {
        context.notify(name, payload);
        if (name === 'committed') analysis.committed();
      };
      return await live.follow(args, { ...context, notify });
    },
  },
  liveStatus: {
    lane: null,
    async run(_args, { lanes }) {
      return { following: live.following?.status ?? null, waiting: lanes.waiting };
    },
  },
  seal: {
    lane: 'sealing',
    async run({ chat }, context) {
      using db = openStoreForWriting(context.store);
      const id = findChat(db, chat);
      if (id === null) throw new ChatStatsError('CHAT_NOT_FOUND', 'the store has no such chat');
      const gapMs = storedGapMs(db);
      if (gapMs === null) return { sealed: 0 };
      const { sealed, position } = sealChatNow(db, id, { gapMs, nowMs: systemClock.now() });
      tell(context, position);
      return { sealed };
    },
  },
  quarantineRetry: {
    lane: 'live',
    async run({ ids }, context) {
      const { retried, resolved, position } = retryQuarantine(
        context.store,
        ids,
        systemClock,
        live.following?.follower ?? null,
      );
      tell(context, position);
      return { retried, resolved };
    },
  },
  quarantineDiscard: {
    lane: 'live',
    async run({ ids }, { store }) {
      using db = openStoreForWriting(store);
      return { discarded: db.transaction(() => discardEntries(db, ids)) };
    },
  },
  // A cursor may lag behind, so that nothing has to wait for it.
  consumerBegin: {
    lane: 'upkeep',
    async run({ consumer }, { store }) {
      using db = openStoreForWriting(store);
      return db.transaction(() => ({
        storeId: identify(db),
        position: registerConsumer(db, consumer, { from: 'start', nowMs: systemClock.now() }),
      }));
    },
  },
  consumerAcknowledge: {
    lane: 'upkeep',
    async run({ consumer, position }, { store }) {
      using db = openStoreForWriting(store);
      db.transaction(() => acknowledge(db, consumer, position, systemClock.now()));
      return null;
    },
  },
  // Analysis waits for turns of its own.
  analyse: { lane: null, run: async (args, context) => await analysis.start(args, context) },
  analysisState: { lane: null, run: async () => await analysis.state() },
  analysisPlan: { lane: null, run: async (args) => await analysis.plan(args) },
  analysisConsent: {
    lane: 'analysis',
    async run({ origin, isGiven }, { store }) {
      using db = openStoreForWriting(store);
      writeSetting(db, llmConsentKey(origin), isGiven ? 'yes' : 'no');
      return { isGiven };
    },
  },
  // What follows needs no pass, so that it can be done wherever nothing is analysed.
  analysisCancel: {
    lane: 'analysis',
    async run(_args, context) {
      using db = openStoreForWriting(context.store);
      const nowMs = systemClock.now();
      const { cancelled, position } = db.transaction(() => {
        const { cancelled: count, events } = cancelPlans(db, nowMs);
        return { cancelled: count, position: appendEvents(db, nowMs, events) };
      });
      tell(context, position);
      return { cancelled };
    },
  },
  jobsRetry: {
    lane: 'analysis',
    async run({ ids }, { store }) {
      using db = openStoreForWriting(store);
      const result = db.transaction(() => retryLetters(db, ids, systemClock.now()));
      analysis.committed();
      return result;
    },
  },
  jobsDiscard: {
    lane: 'analysis',
    async run({ ids }, { store }) {
      using db = openStoreForWriting(store);
      return { discarded: db.transaction(() => discardLetters(db, ids, systemClock.now())) };
    },
  },
  // These take many turns, so that nobody waits for long.
  contactsSync: {
    lane: null,
    async run({ addressBook }, context) {
      return (
        (await live.following?.contacts.syncNow()) ??
        (await withContacts(context, addressBook, (options) => syncContacts(options, true)))
      );
    },
  },
  contactsMerge: {
    lane: null,
    async run({ first, second }, context) {
      return await decide(context, { kind: 'merge', first, second });
    },
  },
  contactsUndo: {
    lane: null,
    async run({ merge }, context) {
      return await decide(context, { kind: 'undo', merge });
    },
  },
  sourceRemove: {
    lane: null,
    async run({ source }, context) {
      const { store, signal, lanes, progress, notify } = context;
      const following = live.following;
      if (following?.status.sourceId === source) {
        throw new ChatStatsError('USAGE', 'this source is being followed; stop following it, then remove it');
      }
      return await inLane(bulkWork, 'one', signal, () =>
        removeSource({
          ...{ store, sourceId: source, clock: systemClock, signal, onProgress: progress },
          inTurn: (task) => lanes.run('upkeep', task),
          // Who follows holds people and chats in memory, some of whom are gone.
          atLast: (task) => lanes.run('upkeep', () => (following === null ? task() : following.aside(task))),
          onCommitted: (position) => notify('committed', { position }),
        }),
      );
    },
  },
};

/** In a thread of its own, where another source is followed; null where that cannot be. */
async function besideFollowing(args: ImportArgs, context: HandlerContext): Promise<ImportSummary | null> {
  const { following } = live;
  const followed = following?.status.sourceId ?? null;
  if (following === null || followed === null || splitsAnew(args, context.store)) return null;
  const renewPeople = () => following.renewPeople();
  return await following.whileOthersWrite(() => importInThread({ args, followed, renewPeople }, context));
}

/** In one turn, whoever waits; where somebody follows, readers of the store go on meanwhile. */
async function alone(args: ImportArgs, context: HandlerContext): Promise<ImportSummary> {
  const { store, signal, lanes, progress } = context;
  const { following } = live;
  return await inLane(lanes, 'upkeep', signal, async () => {
    if (following === null)
      return await importIntoOwnedStore({ ...args, store, clock: systemClock, signal, onProgress: progress });
    const work = () => importInThread({ args, followed: null, renewPeople: () => {} }, context);
    return must(await following.aside(work), 'where nobody else writes, any import can be done');
  });
}

/** Another gap than before concerns every chat at once. */
function splitsAnew({ gapMs }: ImportArgs, store: string): boolean {
  if (gapMs === null) return false;
  using db = openStoreForReading(store);
  return storedGapMs(db) !== gapMs;
}

/** On the writer of whoever follows, so that what it knows follows too. */
async function decide(context: HandlerContext, decision: ContactDecision): Promise<MergeResult> {
  return (
    (await live.following?.contacts.decide(decision)) ??
    (await withContacts(context, null, (options) => decideContacts(options, decision)))
  );
}

/** With a writer of its own. */
async function withContacts<T>(
  context: HandlerContext,
  root: string | null,
  work: (options: ContactSyncOptions) => Promise<T>,
): Promise<T> {
  using db = openStoreForWriting(context.store);
  return await work({
    ...{ root, clock: systemClock, writer: () => db },
    inTurn: (task) => context.lanes.run('contacts', task),
    onCommitted: (position) => tell(context, position),
  });
}

/** What tells this store from every other, made when it is first wanted. */
function identify(db: Database): string {
  const known = storeId(db);
  if (known !== null) return known;
  const made = randomUUID();
  writeSetting(db, 'store_id', made);
  return made;
}

function tell({ notify }: HandlerContext, position: number | null): void {
  if (position === null) return;
  notify('committed', { position });
  analysis.committed();
}

function positionOf(store: string): number {
  using db = openStoreForReading(store);
  return lastEventId(db);
}
