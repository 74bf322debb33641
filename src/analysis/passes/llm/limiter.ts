import { type Clock, pause } from '../../../kernel/index.ts';
import { PassError } from '../../pass.ts';

const MINUTE_MS = 60_000;
/** Whoever has to wait for longer leaves its place to others, and is tried again by the queue. */
const MOST_WAIT_MS = 30_000;

/** So many requests in any minute, and none before a moment that the server has asked to wait for. */
export class RequestLimiter {
  readonly #perMinute: number;
  readonly #clock: Clock;
  #sent: number[] = [];
  #blockedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** The server wants to be left alone for so long, by everybody. */
  block(ms: number): void {
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, this.#clock.now() + ms);
  }

  /** Waits for a place. Throws where the server wants to be left alone for longer than that is worth, and when `signal` is aborted meanwhile. */
  async place(signal: AbortSignal): Promise<void> {
    for (let ms = this.#waitMs(); ms > 0; ms = this.#waitMs()) {
      const blockedMs = this.#blockedUntilMs - this.#clock.now();
      if (blockedMs > MOST_WAIT_MS) {
        const told = 'the server of the language model has asked to be left alone for a while';
        throw new PassError('LLM_LIMITED', told, { retryAfterMs: blockedMs });
      }
      await pause(ms, signal);
      signal.throwIfAborted();
    }
    this.#sent.push(this.#clock.now());
  }

  #waitMs(): number {
    const now = this.#clock.now();
    this.#sent = this.#sent.filter((at) => at > now - MINUTE_MS);
    const oldest = this.#sent[this.#sent.length - this.#perMinute];
    const untilPlace = oldest === undefined ? 0 : oldest + MINUTE_MS - now;
    return Math.max(untilPlace, this.#blockedUntilMs - now, 0);
  }
}
