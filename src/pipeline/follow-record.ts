import type { Clock } from '../kernel/index.ts';
import type { FollowState, FollowStatus } from './follow-options.ts';
import type { LiveSource } from './live-source.ts';

/** Lags that are remembered. */
const LAGS = 100;

/** Keeps count of how following is doing. */
export class FollowRecord {
  readonly #clock: Clock;
  readonly #lags: number[] = [];
  #state: FollowState = 'stopped';
  #sourceId: number | null = null;
  /** How far the source had been read when it was last closed. */
  #reached = { lastMessageRowid: 0, lastAttachmentRowid: 0 };
  #wakes = 0;
  #batches = 0;
  #rowsRead = 0;
  #sweeps = 0;
  #restarts = 0;
  #lastReadAt: number | null = null;
  #lastSweepAt: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when it is another state than before. */
  enter(state: FollowState): boolean {
    const isNew = state !== this.#state;
    this.#state = state;
    return isNew;
  }

  opened(sourceId: number): void {
    this.#sourceId = sourceId;
  }

  closed({ position }: LiveSource): void {
    this.#reached = position;
  }

  restarted(): void {
    this.#restarts += 1;
  }

  swept(): void {
    this.#sweeps += 1;
    this.#lastSweepAt = this.#clock.now();
  }

  batch(rows: number, lagMs: number | null): void {
    this.#wakes += 1;
    this.#lastReadAt = this.#clock.now();
    if (rows === 0) return;
    this.#batches += 1;
    this.#rowsRead += rows;
    if (lagMs === null) return;
    this.#lags.push(lagMs);
    if (this.#lags.length > LAGS) this.#lags.shift();
  }

  status(source: LiveSource | null): FollowStatus {
    const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());
    const { lastMessageRowid, lastAttachmentRowid } = source?.position ?? this.#reached;
    return {
      state: this.#state,
      sourceId: this.#sourceId,
      lastMessageRowid,
      lastAttachmentRowid,
      lagMs: this.#lags.at(-1) ?? null,
      slowestLagMs: this.#lags.length === 0 ? null : Math.max(...this.#lags),
      wakes: this.#wakes,
      batches: this.#batches,
      rowsRead: this.#rowsRead,
      sweeps: this.#sweeps,
      restarts: this.#restarts,
      lastReadAt: iso(this.#lastReadAt),
      lastSweepAt: iso(this.#lastSweepAt),
      caches: source === null ? {} : source.caches,
    };
  }
}
