import { BackOff, Bell, ChatStatsError, type Clock, pause, systemRandom } from '../kernel/index.ts';
import type { RedisFigures } from '../model/index.ts';
import { lastEventId } from '../outbox/index.ts';
import { connectRedis, failureOf, type Redis, serverOf } from '../redis/index.ts';
import type { Database } from '../sqlite/index.ts';
import { openStoreForReading } from '../store/index.ts';
import { serverFigures } from './figures.ts';
import {
  FIGURES_MS,
  LAST_WORD_MS,
  MOST_SET_ASIDE,
  POLL_MS,
  REPAIR_MS,
  RETRY,
  STOP_MS,
  STREAM_KEEPS,
  STREAM_MOST,
  UPKEEP_MS,
} from './limits.ts';
import { type ProblemCode, RelayProblems } from './problems.ts';
import { Sender } from './sender.ts';
import { standingOf } from './standing.ts';
import { EventStream, NO_ENTRY } from './stream.ts';
import { TrackerMirror } from './tracker.ts';

/** The store's owner, who alone writes into it. */
export type RelayOwner = {
  /** Makes the relay known as a reader of the outbox, and answers which store this is. */
  begin(): Promise<{ storeId: string }>;
  /** Everything up to `position` has arrived. */
  acknowledge(position: number): Promise<unknown>;
};

export type RelayOptions = {
  store: string;
  /** Where Redis is; it may hold a password. */
  url: string;
  owner: RelayOwner;
  clock: Clock;
  /** Whether events of messages carry the messages. */
  bodies: boolean;
  /** A sentence for people, and the code of its kind. */
  onProblem(code: ProblemCode, text: string): void;
  onConnected?(text: string): void;
  /** For tests: shorter waits, a shorter stream. */
  pollMs?: number;
  repairMs?: number;
  keeps?: number;
  most?: number;
};

/**
 * Keeps the stream and the mirror of the tracker in step with the store, for as long as it lives. It only reads the
 * store; that Redis is away, slow or empty is nobody's trouble but its own. Runs in the main thread: a batch is read in
 * about a millisecond, and everything else is waiting.
 */
export class Relay implements AsyncDisposable {
  readonly #options: Required<Omit<RelayOptions, 'onConnected'>> & Pick<RelayOptions, 'onConnected'>;
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();
  readonly #backOff: BackOff;
  readonly #running: Promise<void>;
  readonly #problems: RelayProblems;
  #redis: Redis | null = null;
  #position = 0;
  #acknowledged = 0;
  #acknowledging: Promise<unknown> | null = null;
  #setAside = 0;
  #isTroubled = false;
  #storeId: string | null = null;

  constructor(options: RelayOptions) {
    this.#options = { pollMs: POLL_MS, repairMs: REPAIR_MS, keeps: STREAM_KEEPS, most: STREAM_MOST, ...options };
    this.#backOff = new BackOff({ ...RETRY, random: systemRandom });
    this.#problems = new RelayProblems(options.clock);
    this.#running = this.#run();
  }

  /** Something may have been committed. */
  wake(): void {
    this.#bell.ring();
  }

  /** How it goes. A server that hangs is not waited for: then nothing is said of what it holds. */
  async figures(): Promise<RedisFigures> {
    const redis = this.#redis;
    const newest = this.#reading(lastEventId) ?? this.#position;
    const asked = redis === null ? Promise.resolve(null) : serverFigures(redis).catch(() => null);
    return {
      isConnected: redis !== null,
      position: this.#position,
      lag: Math.max(0, newest - this.#position),
      server: await within(asked, FIGURES_MS),
      problems: this.#problems.list,
    };
  }

  /** Waits until everything that is there now has arrived, or so many milliseconds; true when it has. */
  async settle(ms: number): Promise<boolean> {
    const { clock, pollMs } = this.#options;
    const newest = this.#reading(lastEventId) ?? 0;
    for (const endMs = clock.now() + ms; clock.now() < endMs && !this.#stopping.signal.aborted; ) {
      if (this.#redis !== null && this.#position >= newest) return true;
      this.wake();
      await pause(Math.min(pollMs, 50), this.#stopping.signal);
    }
    return this.#position >= newest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    const over = new AbortController();
    await Promise.race([this.#running, pause(STOP_MS, over.signal)]);
    over.abort();
    // A server that does not answer is not waited for: what it did not confirm is sent again at the next start.
    this.#redis?.disconnect();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (signal.aborted) break;
        this.#tellProblem(error);
      } finally {
        this.#redis?.disconnect();
        this.#redis = null;
      }
      if (!signal.aborted) await pause(this.#backOff.next(), signal);
    }
    await this.#lastWord();
  }

  /** One connection, from the look at what is there until it breaks. */
  async #session(): Promise<void> {
    const { signal } = this.#stopping;
    const { url, owner, bodies, pollMs } = this.#options;
    if (!(await this.#storeIsThere())) return;
    // Asked once: whoever tries to reach a server that is away need not write for it.
    this.#storeId ??= (await owner.begin()).storeId;
    const storeId = this.#storeId;
    const redis = await connectRedis(url, 'chatstats-relay');
    this.#redis = redis;
    if (signal.aborted) return;
    const stream = new EventStream(redis);
    const mirror = new TrackerMirror(redis);
    const sender = new Sender({ stream, storeId, bodies });
    const upkeep = new Upkeep(this.#options.clock);
    await this.#warnOfEviction(redis);
    await this.#stand(stream, sender, storeId);
    this.#tellConnected();
    while (!signal.aborted) {
      const isSound = await this.#pass(sender, mirror, upkeep);
      if (!isSound) {
        await this.#stand(stream, sender, storeId);
        // Whatever was done to the stream may have been done to the mirror.
        upkeep.want('repair');
      }
      this.#backOff.reset();
      if (upkeep.isDue('trim', UPKEEP_MS)) await stream.trim(this.#options.keeps, this.#options.most);
      this.#acknowledge();
      if (isSound && !sender.hasMore) await this.#bell.wait(pollMs, signal);
    }
  }

  /** Sends what there is, and keeps the mirror; false when the stream is not what it was taken for. */
  async #pass(sender: Sender, mirror: TrackerMirror, upkeep: Upkeep): Promise<boolean> {
    const { repairMs } = this.#options;
    using db = openStoreForReading(this.#options.store);
    const isSound = await sender.send(db, this.#stopping.signal);
    this.#position = sender.position;
    if (!isSound) return false;
    if (upkeep.isDue('repair', repairMs)) await mirror.repair(db);
    else await mirror.update(db);
    return true;
  }

  /** Finds out how the stream stands to the store, and makes it ours; what is missing is sent from there on. */
  async #stand(stream: EventStream, sender: Sender, storeId: string): Promise<void> {
    using db = openStoreForReading(this.#options.store);
    while (!this.#stopping.signal.aborted) {
      const seen = await stream.look();
      const standing = standingOf(db, storeId, seen, this.#options.keeps);
      if (standing.kind === 'foreign') {
        if (this.#setAside >= MOST_SET_ASIDE) throw new ForeignStreamError();
        const name = await stream.setAside(storeId, seen);
        if (name === null) continue;
        this.#setAside += 1;
        this.#tell('REDIS_FOREIGN_STREAM', `the stream held events of another store; it is now ${name}`);
        continue;
      }
      // Whoever came between has changed what was seen, so that it has to be looked at again.
      if (!(await stream.bind(storeId, seen))) continue;
      if (standing.kind === 'ours' && standing.missed > 0) {
        const text = `${standing.missed} events are no longer kept and are missing in Redis`;
        this.#tell('REDIS_EVENTS_MISSED', text);
      }
      sender.startAt(standing.from, standing.kind === 'empty' ? NO_ENTRY : seen.last);
      this.#position = standing.from;
      return;
    }
  }

  /** Writes the cursor down, at the owner's leisure: the stream itself knows better. */
  #acknowledge(): void {
    if (this.#position <= this.#acknowledged || this.#acknowledging !== null) return;
    const position = this.#position;
    this.#acknowledging = this.#options.owner
      .acknowledge(position)
      .then(() => {
        this.#acknowledged = Math.max(this.#acknowledged, position);
      })
      // The engine is being started again, or stops: it will be told of a later position.
      .catch(() => undefined)
      .finally(() => {
        this.#acknowledging = null;
      });
  }

  async #lastWord(): Promise<void> {
    await within(this.#acknowledging ?? Promise.resolve(), LAST_WORD_MS);
    this.#acknowledge();
    await within(this.#acknowledging ?? Promise.resolve(), LAST_WORD_MS);
  }

  async #storeIsThere(): Promise<boolean> {
    if (this.#reading(() => true) === true) return true;
    // An import comes first: nothing can be told yet, and nothing is wrong.
    this.#backOff.reset();
    await this.#bell.wait(this.#options.pollMs, this.#stopping.signal);
    return false;
  }

  #reading<T>(work: (db: Database) => T): T | null {
    try {
      using db = openStoreForReading(this.#options.store);
      return work(db);
    } catch (error) {
      if (error instanceof ChatStatsError) return null;
      throw error;
    }
  }

  /** What Redis may throw away to make room would have to be sent again, over and over. */
  async #warnOfEviction(redis: Redis): Promise<void> {
    const { memory } = await serverFigures(redis);
    this.#problems.passed('REDIS_MAY_EVICT');
    if (memory.mostBytes === 0 || memory.policy === 'noeviction') return;
    const text = `Redis may drop keys to make room (maxmemory-policy ${memory.policy}); set it to noeviction`;
    this.#tell('REDIS_MAY_EVICT', text);
  }

  #tell(code: ProblemCode, text: string): void {
    this.#problems.note(code, text);
    this.#options.onProblem(code, text);
  }

  #tellProblem(error: unknown): void {
    this.#isTroubled = true;
    const at = serverOf(this.#options.url);
    if (error instanceof ForeignStreamError)
      this.#tell(
        'REDIS_FOREIGN_STREAM',
        'another store keeps writing to the stream; give each a Redis database of its own',
      );
    else this.#tell('REDIS_UNAVAILABLE', `Redis at ${at} cannot be used (${failureOf(error)}); it is tried again`);
  }

  #tellConnected(): void {
    this.#problems.passed('REDIS_UNAVAILABLE');
    if (this.#isTroubled) this.#options.onConnected?.(`Redis at ${serverOf(this.#options.url)} is there again`);
    this.#isTroubled = false;
  }
}

/** Somebody else takes the stream again and again: two stores cannot share one name. */
class ForeignStreamError extends Error {}

/** Which of the things that are done from time to time are due; each is, at first. */
class Upkeep {
  readonly #clock: Clock;
  readonly #done = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Due the next time, however short ago it was done. */
  want(what: string): void {
    this.#done.delete(what);
  }

  isDue(what: string, everyMs: number): boolean {
    const now = this.#clock.now();
    if (Math.abs(now - (this.#done.get(what) ?? Number.NEGATIVE_INFINITY)) < everyMs) return false;
    this.#done.set(what, now);
    return true;
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  const over = new AbortController();
  const done = await Promise.race([work, pause(ms, over.signal).then(() => null)]);
  over.abort();
  return done;
}
