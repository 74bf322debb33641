/** Something that the program takes for granted does not hold: a mistake of ours, or data that nobody thought of. */
export class InvariantError extends Error {
  constructor(what: string) {
    super(`invariant broken: ${what}`);
    this.name = 'InvariantError';
  }
}

/** Returns `value`, or throws when it is null or undefined. `why` says why it has to be there; it never holds private text. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new InvariantError(why);
  return value;
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${typeof value}`);
}
