/** Rows read, or cards put together, between two pauses: about a millisecond of work. */
export const SLICE_ROWS = 250;

/** How long a read that must not hold up its thread waits for another program's lock, in milliseconds. Contacts takes none that a reader meets. */
export const SHORT_BUSY_TIMEOUT_MS = 50;

/** Pictures beyond this size, in bytes, are not taken for avatars: Contacts itself scales down what it is given. */
export const PICTURE_BYTES_LIMIT = 32 * 1024 * 1024;
