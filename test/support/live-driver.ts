import { DEFAULT_GAP_MS } from '../../src/conversations/index.ts';
import { type Clock, must } from '../../src/kernel/index.ts';
import { writeSetting } from '../../src/load/index.ts';
import { Follower, knownSource, LiveSource, pendingReason, reconcile, sealSlice } from '../../src/pipeline/index.ts';
import { compareStamps, openStamped, readStamp, type Stamp } from '../../src/sources/messages/index.ts';
import { openStoreForWriting } from '../../src/store/index.ts';

type Place = { source: string; store: string };
type Opened = { source: LiveSource; follower: Follower; stamp: Stamp };

/**
 * Follows a source as `Following` does, but only when it is told to: no timer, no thread, so that a test decides what
 * happens in which order, and a crash can come between any two statements.
 */
export class LiveDriver implements Disposable {
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #mirrorDeletes: boolean;
  #opened: Opened | null = null;
  reconciled = 0;
  #rowsRead = 0;

  constructor(place: Place, clock: Clock, mirrorDeletes = false) {
    this.#place = place;
    this.#clock = clock;
    this.#mirrorDeletes = mirrorDeletes;
    using db = openStoreForWriting(place.store);
    writeSetting(db, 'mirror_deletes', mirrorDeletes ? '1' : '0');
  }

  /** Rows that were read by the rules, because something about them differed. */
  get rowsRead(): number {
    return this.#rowsRead + (this.#opened?.follower.rowsRead ?? 0);
  }

  /** What a wake does, files that were replaced included. */
  async wake(mode: 'live' | 'catching-up'): Promise<void> {
    for (let more = true; more; ) {
      const { follower } = await this.#current();
      const result = follower.step(mode);
      if (result.kind === 'restart') await this.#reconcile(result.reason);
      else more = result.more;
    }
  }

  async sweep(): Promise<void> {
    for (let done = false; !done; ) {
      const { follower } = await this.#current();
      const swept = follower.sweepSlice('live');
      if (swept.result.kind === 'restart') await this.#reconcile(swept.result.reason);
      else done = swept.done;
    }
  }

  async seal(): Promise<void> {
    const { source } = await this.#current();
    while (sealSlice(source.db, { gapMs: DEFAULT_GAP_MS, nowMs: this.#clock.now() }).more);
  }

  /** The process ends, in whatever state it is. */
  close(): void {
    const opened = this.#opened;
    this.#opened = null;
    this.#rowsRead += opened?.follower.rowsRead ?? 0;
    opened?.source[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #current(): Promise<Opened> {
    if (this.#opened !== null && this.#isSame(this.#opened)) return this.#opened;
    this.close();
    try {
      await this.#begin();
    } catch (error) {
      this.close();
      throw error;
    }
    return must(this.#opened, 'it has just been opened');
  }

  /** A connection to files that were replaced is deaf. */
  #isSame({ source, stamp }: Opened): boolean {
    const now = readStamp(this.#place.source, () => source.version());
    return !['replaced', 'gone'].includes(compareStamps(stamp, now));
  }

  async #begin(): Promise<void> {
    this.#opened = this.#open();
    const { source, follower } = this.#opened;
    const pending = pendingReason(this.#place.store);
    const continuity = source.checkContinuity('full');
    if (pending !== null) await this.#reconcile(pending);
    else if (continuity.kind === 'restart') await this.#reconcile(continuity.reason);
    else follower.load();
  }

  #open(): Opened {
    const people = { addressBook: null, region: null, locale: null };
    const { source: file, store } = this.#place;
    const sourceId = must(knownSource(store, file), 'the source was imported');
    const mirrorDeletes = this.#mirrorDeletes;
    const opened = openStamped(
      file,
      () => new LiveSource({ store, source: { path: file, sealed: false }, sourceId, people, mirrorDeletes }),
      (live) => live.version(),
    );
    const { opened: source, stamp } = must(opened, 'a file that is there can be opened');
    const options = { gapMs: DEFAULT_GAP_MS, mirrorDeletes: this.#mirrorDeletes, clock: this.#clock };
    return { source, follower: new Follower(source, options), stamp };
  }

  async #reconcile(reason: string): Promise<void> {
    const { source } = must(this.#opened, 'a source that is reconciled is open');
    this.reconciled += 1;
    await reconcile(
      {
        ...{ store: this.#place.store, source: { path: this.#place.source, sealed: false } },
        ...{ recordedPath: this.#place.source, addressBook: null, region: null, locale: null },
        ...{ gapMs: DEFAULT_GAP_MS, clock: this.#clock, signal: new AbortController().signal },
        onImportProgress: () => {},
      },
      { ...pick(source), reason, close: () => this.close() },
    );
    this.#opened = this.#open();
    this.#opened.follower.load();
  }
}

function pick({ sourceId, anchors, schema, db }: LiveSource) {
  return { sourceId, anchors, schema, db };
}
