import { Bell, breathe, pause } from '../kernel/index.ts';
import { frame } from './encoded-event.ts';
import type { EventLog } from './event-log.ts';
import { BEAT_MS, MOST_UNSENT_BYTES, RETRY_MS, STALLED_MS } from './limits.ts';
import { isPassingWanted, isWanted, type PassingType, type Wish } from './topics.ts';

/** The end of a connection that bytes go into. */
export type Outlet = {
  write(bytes: Buffer): void;
  /** Bytes that were written and have not left yet. */
  readonly unsent: number;
  /** Calls back once, when all that was written has left. */
  onDrained(listener: () => void): void;
  /** Breaks the connection off: whatever has not left is lost, and the client resumes. */
  cut(): void;
};

const BEAT = Buffer.from(': alive\n\n');
/** What is put together before it is written, in bytes. */
const PIECE_BYTES = 64 * 1024;

export type ListenerOptions = { log: EventLog; wish: Wish; outlet: Outlet; beatMs?: number; stalledMs?: number };

/**
 * One connection. It has a position of its own and reads from the log what lies behind it, at its own pace: a slow one
 * owes nothing to anybody, keeps no events waiting in memory, and is cut off when it stands still for too long.
 */
export class Listener {
  readonly #options: Required<ListenerOptions>;
  readonly #bell = new Bell();
  readonly #ended = new AbortController();
  /** What passes by is worth telling once, in its newest form. */
  readonly #passing = new Map<PassingType, Buffer>();
  #position: number;
  #wasCut = false;

  constructor(position: number, options: ListenerOptions) {
    this.#position = position;
    this.#options = { beatMs: BEAT_MS, stalledMs: STALLED_MS, ...options };
  }

  get position(): number {
    return this.#position;
  }

  /** Whether it was too slow. */
  get wasCut(): boolean {
    return this.#wasCut;
  }

  /** There may be something new. */
  wake(): void {
    this.#bell.ring();
  }

  pass(type: PassingType, encoded: Buffer): void {
    if (!isPassingWanted(this.#options.wish, type)) return;
    this.#passing.set(type, encoded);
    this.#bell.ring();
  }

  /** The connection is over, or is to be. */
  end(): void {
    this.#ended.abort();
  }

  /** Sends what there is and what comes, until it is ended or cut off. `isReset`: the position asked for is gone. */
  async run(isReset: boolean): Promise<void> {
    const { log, outlet, beatMs } = this.#options;
    outlet.write(Buffer.from(`retry: ${RETRY_MS}\n\n`));
    if (isReset) this.#reset();
    while (!this.#ended.signal.aborted) {
      for (const encoded of this.#passing.values()) outlet.write(encoded);
      this.#passing.clear();
      if (log.position < this.#position) this.#reset();
      if (log.position > this.#position) {
        this.#sendSome();
        if (outlet.unsent > MOST_UNSENT_BYTES && !(await this.#drained())) return this.#cut();
        // Whoever has much to catch up with must not keep the others waiting.
        await breathe();
        continue;
      }
      const rung = await this.#bell.wait(beatMs, this.#ended.signal);
      if (rung || this.#ended.signal.aborted) continue;
      if (outlet.unsent > MOST_UNSENT_BYTES) return this.#cut();
      outlet.write(BEAT);
    }
  }

  /** What is shown is to be loaded again; from here on nothing is missed. */
  #reset(): void {
    const { log, outlet } = this.#options;
    this.#position = log.position;
    outlet.write(frame(this.#position, 'reset', { position: this.#position }));
  }

  /** Sends what comes next: as much as makes a piece, or a block of events. */
  #sendSome(): void {
    const { log, wish, outlet } = this.#options;
    const found = log.after(this.#position);
    if (found === null) {
      this.#reset();
      return;
    }
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (const event of found.events) {
      this.#position = event.id;
      if (!isWanted(wish, event.type, () => event.chats)) continue;
      const encoded = event.encoded(wish.bodies);
      pieces.push(encoded);
      bytes += encoded.length;
      if (bytes < PIECE_BYTES) continue;
      // The rest of the block comes when others have had their turn, and this has left.
      outlet.write(Buffer.concat(pieces));
      return;
    }
    const [only] = pieces;
    if (only !== undefined) outlet.write(pieces.length === 1 ? only : Buffer.concat(pieces));
    this.#position = found.through;
  }

  async #drained(): Promise<boolean> {
    const { outlet, stalledMs } = this.#options;
    const done = new AbortController();
    let drained = false;
    outlet.onDrained(() => {
      drained = true;
      done.abort();
    });
    await pause(stalledMs, AbortSignal.any([done.signal, this.#ended.signal]));
    return drained || this.#ended.signal.aborted;
  }

  #cut(): void {
    this.#wasCut = true;
    this.#options.outlet.cut();
  }
}
