/** Returns `value`, or throws when it is null or undefined. `why` says why it has to be there; it never holds private text. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new Error(`invariant broken: ${why}`);
  return value;
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${typeof value}`);
}
