/** What an actor's process says of a commit; `atMs` in Unix milliseconds with a fraction, right after it was made. */
export type ActorLine = { act: string; step: string; rowId: number | null; guid: string | null; atMs: number };

/**
 * The answer to a command of a script: its last commit, and all that were made. `held` is the number by which an act
 * that was held goes on. `error`: nothing was done.
 */
export type ActorAnswer = (ActorLine & { commits: ActorLine[]; held: number | null }) | { error: string };

/** A command of a script: the name of an act, and its arguments. */
export type ActorCommand = { act: string; hold?: boolean; atMs?: number } & Record<
  string,
  string | number | boolean | undefined
>;
