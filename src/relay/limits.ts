/** Events that are read from the outbox and handed to Redis at once. */
export const BATCH_EVENTS = 256;

/** What one batch may hold in bytes once it is encoded; an event that is larger by itself goes alone. */
export const BATCH_BYTES = 1024 * 1024;

/** Batches that have been handed over and not been confirmed yet. */
export const BATCHES_IN_FLIGHT = 2;

/** Batches that are sent before the mirror, the trimming and the cursor have their turn. */
export const BATCHES_PER_PASS = 40;

/** The newest entries that stay in the stream whoever has read them: about 20 MB without bodies. */
export const STREAM_KEEPS = 100_000;

/** Entries that stay for a consumer group that has not read them; a slower one misses what is older. */
export const STREAM_MOST = 500_000;

/** So often the outbox and the stream are looked at where no word of a commit came, in milliseconds. */
export const POLL_MS = 1_000;

/** The stream is trimmed, and the cursor written down, so often at most while events pass, in milliseconds. */
export const UPKEEP_MS = 1_000;

/** The mirror of the tracker is compared with what Redis holds so often, in milliseconds. */
export const REPAIR_MS = 60_000;

/** Between two tries to reach Redis, in milliseconds. */
export const RETRY = { firstMs: 100, mostMs: 10_000, factor: 2 };

/** Streams of others that one relay sets aside. After these, somebody else wants the same name, and has to be told. */
export const MOST_SET_ASIDE = 3;

/** A stop waits so long for what is on its way, in milliseconds; then the connection is broken off. */
export const STOP_MS = 1_000;

/** So long the owner of the store may take to write the cursor down while everything stops, in milliseconds. */
export const LAST_WORD_MS = 500;

/** Keys that are asked for or written at once. */
export const KEYS_AT_ONCE = 500;

/** Whoever asks how it goes waits so long at most for what the server says of itself, in milliseconds. */
export const FIGURES_MS = 500;
