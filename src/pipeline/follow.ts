import { existsSync, realpathSync } from 'node:fs';
import { DEFAULT_GAP_MS } from '../conversations/index.ts';
import { BackOff, ChatStatsError, must, pause } from '../kernel/index.ts';
import { writeSetting } from '../load/index.ts';
import { compareStamps, NO_FILES, openStamped, readStamp, type Stamp, Wake } from '../sources/messages/index.ts';
import { openStoreForWriting, storedGapMs } from '../store/index.ts';
import type { RestartReason } from './continuity.ts';
import { importFollowed } from './first-import.ts';
import { FollowContacts } from './follow-contacts.ts';
import type { FollowLane, FollowOptions, FollowState, FollowStatus } from './follow-options.ts';
import { FollowRecord } from './follow-record.ts';
import { Follower, type Mode, type StepResult } from './follower.ts';
import { REST_MOST_MS } from './live.limits.ts';
import { LiveSource } from './live-source.ts';
import { isLock, mayPass, problemOf } from './passing-errors.ts';
import { knownSource } from './recognize.ts';
import { lastEvent, pendingReason, reconcile } from './reconcile.ts';
import { sealSlice } from './seal.ts';
import { SpareTime } from './spare-time.ts';
import { upkeepSlice } from './upkeep.ts';

/** After a failure that may pass (a lock, a file in the middle of being replaced), the next try. */
const RETRY = { firstMs: 50, mostMs: 5_000, factor: 2, random: () => 0.5 };

/**
 * Follows a source until it is told to stop: imports it if the store does not know it, catches up with what happened
 * while nobody looked, and then takes over every change. A change is a hint that something may be there; what is there
 * is found by comparing. All that touches the store runs in lanes, one task at a time.
 */
export class Following {
  readonly #options: FollowOptions;
  readonly #record: FollowRecord;
  readonly contacts: FollowContacts;
  /** The file itself, behind any link: beside a link SQLite keeps no log. */
  readonly #file: string;
  #source: LiveSource | null = null;
  #follower: Follower | null = null;
  #gapMs = DEFAULT_GAP_MS;
  #seen: Stamp | null = null;
  readonly #spare: SpareTime;
  #writesBack = true;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#record = new FollowRecord(options.clock);
    this.contacts = new FollowContacts(options, {
      source: () => this.#source,
      follower: () => this.#follower,
      committed: (position) => this.#committed(position),
    });
    this.#spare = new SpareTime(options, {
      follower: () => this.#follower,
      drain: () => this.#retrying(() => this.#drain('live')),
      // What was stopped is over.
      sweepSlice: () =>
        this.#retrying(
          () => this.#inLane('upkeep', async () => (this.#follower === null ? true : await this.#sweepSlice('live'))),
          true,
        ),
      swept: () => this.#record.swept(),
      upkeep: () => this.#retrying(() => this.#inLane('upkeep', () => this.#upkeep()), 'later'),
    });
    this.#file = existsSync(options.source.path) ? realpathSync(options.source.path) : options.source.path;
  }

  get status(): FollowStatus {
    return this.#record.status(this.#source);
  }

  /** Imports what the store does not know, and opens the source. Throws what a person has to know at once. */
  async begin(): Promise<void> {
    try {
      await this.#inLane('live', () => this.#prepare());
      await this.#inLane('live', () => this.#reopen());
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Follows what `begin` has opened until it is stopped, or (`once`) has caught up. */
  async run(): Promise<void> {
    try {
      if (this.#options.once) await this.#retrying(() => this.#catchUp());
      // Contacts wait for nothing but their turns, however much there is to catch up with.
      else await Promise.all([this.contacts.loop(), this.#live()]);
    } finally {
      this.#close();
      this.#state('stopped');
    }
  }

  async #live(): Promise<void> {
    await this.#retrying(() => this.#catchUp());
    if (this.#options.signal.aborted) return;
    this.#state('live');
    await Promise.all([this.#followLoop(), this.#sealLoop(), this.#spare.run()]);
  }

  /** For calls of others while it runs: the one who follows owns the writer. Null before it has begun. */
  get follower(): Follower | null {
    return this.#follower;
  }

  /** Steps aside for work of others in this thread that may put another file in the store's place. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#close();
    try {
      return await work();
    } finally {
      try {
        await this.#reopen();
      } catch (error) {
        // Whoever waits for changes is told of one, and tries until it can be opened.
        this.#close();
        this.#seen = NO_FILES;
        this.#options.onProblem(...problemOf(error, this.#file));
      }
    }
  }

  /** After another connection has written who is who, and which chats there are. */
  renewPeople(): void {
    if (this.#follower !== null && this.#source?.people.isCurrent() === false) this.#loaded(this.#follower);
  }

  /** While another connection writes much, that one writes the log back: a message would have to wait for it here. */
  async whileOthersWrite<T>(work: () => Promise<T>): Promise<T> {
    this.#setWritesBack(false);
    return await work().finally(() => {
      this.#setWritesBack(true);
      this.#spare.written();
    });
  }

  #setWritesBack(isOn: boolean): void {
    this.#writesBack = isOn;
    this.#source?.writeBack(isOn);
  }

  /** The source is imported, unless the store knows it; then it is opened. */
  async #prepare(): Promise<void> {
    const { store, source } = this.#options;
    if (knownSource(store, source.path) === null) {
      this.#state('importing');
      await importFollowed(this.#options);
    }
    using db = openStoreForWriting(store);
    this.#gapMs = storedGapMs(db) ?? this.#options.gapMs ?? DEFAULT_GAP_MS;
    writeSetting(db, 'mirror_deletes', this.#options.mirrorDeletes ? '1' : '0');
  }

  #open(): { source: LiveSource; follower: Follower } {
    this.#close();
    const { store, source, addressBook, region, locale, mirrorDeletes, clock } = this.#options;
    const sourceId = must(knownSource(store, source.path), 'the source has been imported');
    const people = { addressBook, region, locale };
    const file = { ...source, path: this.#file };
    const opened = openStamped(
      this.#file,
      () => new LiveSource({ store, source: file, sourceId, people, mirrorDeletes, lookUp: this.contacts.lookUp }),
      (live) => live.version(),
    );
    if (opened === null)
      throw new ChatStatsError('SOURCE_NOT_FOUND', `there is nothing at ${this.#file} for the moment`);
    this.#source = opened.opened;
    this.#source.writeBack(this.#writesBack);
    this.#seen = opened.stamp;
    this.#follower = new Follower(this.#source, { gapMs: this.#gapMs, mirrorDeletes, clock });
    this.#record.opened(sourceId);
    return { source: this.#source, follower: this.#follower };
  }

  #close(): void {
    const source = this.#source;
    if (source !== null) this.#record.closed(source);
    // Whatever happens, nobody goes on with one that has been closed.
    this.#source = null;
    this.#follower = null;
    source?.[Symbol.dispose]();
  }

  /** Opens the source (again) and proves that it is the one we know; else it is reconciled first. */
  async #reopen(): Promise<void> {
    const { source, follower } = this.#open();
    const pending = pendingReason(this.#options.store);
    const continuity = source.checkContinuity('full');
    if (pending !== null) await this.#restart(pending);
    else if (continuity.kind === 'restart') await this.#restart(continuity.reason);
    else this.#loaded(follower);
  }

  #loaded(follower: Follower): void {
    this.#committed(follower.load());
  }

  /** The file is another than we knew: its rows are matched by guid, and then it is followed again. */
  async #restart(reason: RestartReason | string): Promise<void> {
    this.#state('reconciling');
    this.#record.restarted();
    const source = must(this.#source, 'a source that is reconciled has been opened');
    const { sourceId, anchors, schema, db } = source;
    const file = { ...this.#options.source, path: this.#file };
    const options = { ...this.#options, source: file, recordedPath: this.#options.source.path, gapMs: this.#gapMs };
    await reconcile(options, { sourceId, reason, anchors, schema, db, close: () => this.#close() });
    this.#committed(lastEvent(this.#options.store));
    this.#loaded(this.#open().follower);
  }

  /** Everything since the last time: new rows in batches, then all others by a sweep; in lanes, so that others get their turn. */
  async #catchUp(): Promise<void> {
    this.#state('catching-up');
    // Tried again, after a failure that closed it and a file that could not be opened then.
    if (this.#source === null) await this.#inLane('live', () => this.#reopen());
    await this.#drain('catching-up');
    for (let done = false; !done && !this.#options.signal.aborted; ) {
      done = await this.#inLane('live', async () => await this.#sweepSlice('catching-up'));
      // What comes meanwhile does not wait for the end of it.
      if (!done && compareStamps(this.#seen ?? NO_FILES, this.#look()) !== 'none') await this.#drain('catching-up');
    }
    this.#record.swept();
    await this.#seal();
    if (this.#options.once) await this.contacts.sync(true);
  }

  async #followLoop(): Promise<void> {
    const { pollMs, hints, signal, clock } = this.#options;
    using wake = new Wake({ file: this.#file, pollMs, hints });
    while (!signal.aborted) {
      const woken = await wake.next(this.#seen ?? NO_FILES, () => this.#source?.version() ?? null, signal);
      if (woken === null) return;
      const noticedAt = clock.now();
      this.#spare.sourceChanged();
      if (woken.change === 'replaced' || woken.change === 'gone') {
        await this.#inLane('live', () => this.#close()); // A connection that is deaf, or holds others' files, helps nobody.
        this.#seen = woken.stamp;
        if (woken.change === 'gone') {
          this.#state('source-missing');
          continue;
        }
        await wake.settle(signal);
      }
      await this.#retrying(async () => {
        if (this.#source === null) await this.#inLane('live', () => this.#reopen());
        await this.#drain('live', noticedAt);
      });
      if (!signal.aborted) this.#state('live');
      // Not more than a third of a core, however lively it is: what is written meanwhile is read together.
      await pause(Math.min(REST_MOST_MS, 2 * (clock.now() - noticedAt)), signal);
    }
  }

  /** Reads until nothing is left to read. What is committed meanwhile is seen by the stamp that was taken before. */
  async #drain(mode: Mode, noticedAtMs?: number): Promise<void> {
    const { signal, clock } = this.#options;
    for (let more = true; more && !signal.aborted; ) {
      more = await this.#inLane('live', async () => {
        const follower = this.#follower;
        if (follower === null || !this.#stillTheSame()) return false;
        const result = follower.step(mode);
        return await this.#took(result, noticedAtMs === undefined ? null : clock.now() - noticedAtMs);
      });
    }
  }

  /** Takes the stamp of what is about to be read; files that were replaced are left to whoever waits for changes. */
  #stillTheSame(): boolean {
    const now = this.#look();
    const change = compareStamps(this.#seen ?? NO_FILES, now);
    if (change === 'replaced' || change === 'gone') return false;
    this.#seen = now;
    return true;
  }

  #look(): Stamp {
    return readStamp(this.#file, () => this.#source?.version() ?? null);
  }

  /** What a step came to; answers whether there is more to read at once. */
  async #took(result: StepResult, lagMs: number | null): Promise<boolean> {
    if (result.kind === 'restart') {
      await this.#restart(result.reason);
      return true;
    }
    this.#record.batch(result.rows, lagMs);
    if (this.#follower?.takeWantsContacts() === true) this.contacts.hurry();
    this.#spare.stepped();
    this.#committed(result.position);
    return result.more;
  }

  async #sweepSlice(mode: Mode): Promise<boolean> {
    const follower = must(this.#follower, 'a source is opened before it is swept');
    const { result, done } = follower.sweepSlice(mode);
    await this.#took(result, null);
    return done;
  }

  async #sealLoop(): Promise<void> {
    const { signal, sealCheckMs } = this.#options;
    while (!signal.aborted) {
      await pause(sealCheckMs, signal);
      if (!signal.aborted) await this.#retrying(() => this.#seal());
    }
  }

  async #seal(): Promise<void> {
    const { clock, signal } = this.#options;
    for (let more = true; more && !signal.aborted; ) {
      more = await this.#inLane('sealing', () => {
        if (this.#source === null) return false;
        const sealed = sealSlice(this.#source.db, { gapMs: this.#gapMs, nowMs: clock.now() });
        this.#committed(sealed.position);
        return sealed.more;
      });
    }
  }

  #upkeep(): 'done' | 'more' | 'later' {
    if (this.#source === null || !this.#writesBack) return 'later';
    const { more, position } = upkeepSlice(this.#source.db, this.#options.clock.now());
    this.#committed(position);
    return more ? 'more' : 'done';
  }

  #committed(position: number | null): void {
    if (position === null) return;
    this.#spare.written();
    this.#options.onCommitted(position);
  }

  /** Tries again, with pauses that grow, what may pass; gives up on nothing but being stopped. */
  async #retrying<T>(work: () => Promise<T>, whenStopped?: T): Promise<T> {
    const backOff = new BackOff(RETRY);
    while (true) {
      try {
        return await work();
      } catch (error) {
        if (this.#options.signal.aborted) return whenStopped as T;
        if (!mayPass(error)) throw error;
        this.#options.onProblem(...problemOf(error, this.#file));
        if (!existsSync(this.#options.source.path)) this.#state('source-missing');
        await pause(backOff.next(), this.#options.signal);
        // A lock goes away; after anything else the next try begins with a fresh connection.
        if (!isLock(error)) this.#close();
        if (this.#source === null && !this.#options.signal.aborted) {
          await this.#inLane('live', () => this.#reopen()).catch(() => this.#close());
        }
      }
    }
  }

  #inLane<T>(lane: FollowLane, task: () => T | Promise<T>): Promise<T> {
    return this.#options.lanes.run(lane, task);
  }

  #state(state: FollowState): void {
    if (this.#record.enter(state)) this.#options.onState(state);
  }
}
