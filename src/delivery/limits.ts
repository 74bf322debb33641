/** Events that are read from the outbox at once, and encoded together: about 40 kB without bodies. */
export const BLOCK_EVENTS = 128;

/** Blocks that stay in memory for whoever comes a little later. */
export const KEPT_BLOCKS = 32;

/** What all kept blocks may hold together once they are encoded, in bytes; the oldest go first. */
export const KEPT_BYTES = 16 * 1024 * 1024;

/** A listener whose connection has so much unsent is not given more until that is gone, in bytes. */
export const MOST_UNSENT_BYTES = 256 * 1024;

/** A listener that takes nothing for so long is cut off; it may come again and read on, in milliseconds. */
export const STALLED_MS = 10_000;

/** So often a connection is told that it is alive, in milliseconds. */
export const BEAT_MS = 15_000;

/** So long a client waits before it connects again, in milliseconds. */
export const RETRY_MS = 1_000;

/** The outbox is looked at so often where no word of a commit came, in milliseconds. */
export const POLL_MS = 1_000;

/** More are refused. */
export const MOST_LISTENERS = 500;
