/**
 * Asks for the memory of what was let go of, where the program was started with --expose-gc, as bin/chatstats does.
 * Large arrays live outside of the heap whose fill makes the collector run, so they may stay long after their use.
 */
export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
