import type { StoredEvent } from '../model/index.ts';
import { firstEventId, lastEventId, readEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { chatsOfAttachments, messageLinesByGuid } from '../store/index.ts';
import { EncodedEvent } from './encoded-event.ts';
import { BLOCK_EVENTS, KEPT_BLOCKS, KEPT_BYTES } from './limits.ts';

/** Reads the store as it is now; the connection is only good for the time of the call. */
export type ReadStore = <T>(work: (db: Database) => T) => T;

type Block = { events: readonly EncodedEvent[]; through: number };

/**
 * The events as they are sent, in blocks of consecutive positions. Each event is read once and encoded once for all who
 * are near it; who asks for long past ones makes a block be read again. Bounded by count and by bytes.
 */
export class EventLog {
  readonly #read: ReadStore;
  /** The least recently used first. */
  readonly #blocks = new Map<number, Block>();
  #position = 0;
  #bytes = 0;

  constructor(read: ReadStore) {
    this.#read = read;
  }

  /** The position up to which events are known to be there. */
  get position(): number {
    return this.#position;
  }

  /** Looks for newer events; true when there are some, or when the store is another one. */
  refresh(): boolean {
    const position = this.#read(lastEventId);
    if (position === this.#position) return false;
    if (position < this.#position) this.forget();
    this.#position = position;
    return true;
  }

  /** Lets go of everything that is in memory: the store has been replaced. */
  forget(): void {
    this.#blocks.clear();
    this.#bytes = 0;
    this.#position = 0;
  }

  /** Whether somebody who has read up to `after` can read on without missing anything. */
  canResume(after: number): boolean {
    return this.#read((db) => {
      const first = firstEventId(db);
      const last = lastEventId(db);
      return after <= last && after >= (first === null ? last : first - 1);
    });
  }

  /**
   * The next events behind a position, and up to where they reach, which is further where any are there; null when some
   * of them are gone for good.
   */
  after(position: number): Block | null {
    const number = Math.floor(position / BLOCK_EVENTS);
    const block = this.#block(number);
    const events = position === number * BLOCK_EVENTS ? block.events : block.events.filter(({ id }) => id > position);
    // Positions follow each other: one that is missing has been trimmed, or was never given.
    if (events[0]?.id !== position + 1 && !this.canResume(position)) return null;
    return { events, through: block.through };
  }

  #block(number: number): Block {
    const known = this.#blocks.get(number);
    const first = number * BLOCK_EVENTS + 1;
    const last = first + BLOCK_EVENTS - 1;
    const block: Block = known ?? { events: [], through: first - 1 };
    // Used last, so let go of last.
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    const through = Math.min(last, this.#position);
    if (block.through < through) {
      const limit = through - block.through;
      const stored = this.#read((db) => readEvents(db, { after: block.through, limit }));
      const fresh = stored.filter(({ id }) => id <= through);
      block.events = [...block.events, ...fresh.map((event) => this.#encoded(event))];
      block.through = through;
    }
    this.#trim(number);
    return block;
  }

  #encoded(event: StoredEvent): EncodedEvent {
    return new EncodedEvent(event, {
      linesOf: (guids) => this.#read((db) => messageLinesByGuid(db, guids)),
      chatsOf: (guids) => this.#read((db) => chatsOfAttachments(db, guids)),
      grew: (bytes) => {
        this.#bytes += bytes;
      },
    });
  }

  #trim(inUse: number): void {
    for (const [number, block] of this.#blocks) {
      if (this.#blocks.size <= KEPT_BLOCKS && this.#bytes <= KEPT_BYTES) return;
      if (number === inUse) continue;
      this.#blocks.delete(number);
      for (const event of block.events) this.#bytes -= event.bytes;
    }
  }
}
