/** What went wrong first, where cleaning up after it went wrong as well: `using` wraps the one in the other. */
export function firstError(error: unknown): unknown {
  let first = error;
  while (first instanceof SuppressedError) first = first.suppressed;
  return first;
}
