import { must } from '../kernel/index.ts';
import { readEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { type Entry, entryOf } from './entries.ts';
import { BATCH_BYTES, BATCH_EVENTS, BATCHES_IN_FLIGHT, BATCHES_PER_PASS } from './limits.ts';
import { type EventStream, NO_ENTRY } from './stream.ts';

type Sent = { position: number; tail: string; arrived: Promise<boolean> };

/**
 * Sends events in order, a few batches ahead of the answers. Each batch names the last id that has to be in the stream
 * before it; so where one is refused, all behind it are, and nothing arrives out of order or over a hole.
 */
export class Sender {
  readonly #stream: EventStream;
  readonly #storeId: string;
  readonly #bodies: boolean;
  #position = 0;
  #tail = NO_ENTRY;
  #hasMore = false;

  constructor({ stream, storeId, bodies }: { stream: EventStream; storeId: string; bodies: boolean }) {
    this.#stream = stream;
    this.#storeId = storeId;
    this.#bodies = bodies;
  }

  /** The last event that Redis has confirmed. */
  get position(): number {
    return this.#position;
  }

  /** There was more to send than one pass takes. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Begins behind this event, on a stream whose last id is `tail`. */
  startAt(position: number, tail: string): void {
    this.#position = position;
    this.#tail = tail;
  }

  /**
   * Sends what is there, or as much as a pass takes; false when the stream is not what it was taken for. With nothing to
   * send it only asks whether it still is.
   */
  async send(db: Database, signal: AbortSignal): Promise<boolean> {
    const sent: Sent[] = [];
    let [position, tail] = [this.#position, this.#tail];
    this.#hasMore = false;
    for (let batch = 1; batch <= BATCHES_PER_PASS && !signal.aborted; batch += 1) {
      const entries = this.#read(db, position);
      const last = entries.at(-1);
      // With nothing at all to send, the stream is still asked whether it is what it was.
      if (last === undefined && batch > 1) break;
      const arrived = this.#stream.append(this.#storeId, tail, entries);
      // Awaited below, in order; a failure meanwhile must not count as one that nobody heard of.
      arrived.catch(() => undefined);
      if (last !== undefined) [position, tail] = [last.eventId, last.id];
      sent.push({ position, tail, arrived });
      if (last === undefined) break;
      this.#hasMore = batch === BATCHES_PER_PASS;
      if (sent.length >= BATCHES_IN_FLIGHT && !(await this.#confirm(sent))) return false;
    }
    while (sent.length > 0) if (!(await this.#confirm(sent))) return false;
    return true;
  }

  async #confirm(sent: Sent[]): Promise<boolean> {
    const { position, tail, arrived } = must(sent.shift(), 'there is one to confirm');
    if (!(await arrived)) return false;
    [this.#position, this.#tail] = [position, tail];
    return true;
  }

  #read(db: Database, after: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const event of readEvents(db, { after, limit: BATCH_EVENTS })) {
      const entry = entryOf(db, event, this.#bodies);
      bytes += entry.bytes;
      if (entries.length > 0 && bytes > BATCH_BYTES) break;
      entries.push(entry);
    }
    return entries;
  }
}
