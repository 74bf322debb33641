/**
 * Work in slices: a generator that pauses where its thread may do something else, and returns what came of it. Whoever
 * has time runs it to the end at once.
 */
export function finish<T>(slices: Generator<void, T>): T {
  while (true) {
    const step = slices.next();
    if (step.done === true) return step.value;
  }
}

/** Pauses after every `count` of the things. */
export function* paused<T>(
  things: Iterable<T>,
  count: number,
  each: (thing: T, index: number) => void,
): Generator<void> {
  let index = 0;
  for (const thing of things) {
    each(thing, index);
    index += 1;
    if (index % count === 0) yield;
  }
}
