/**
 * How a later import comes to write: alone, or beside whoever follows another source, in turns. A turn is short, and
 * shorter still when somebody waits for the writer.
 */
export type Turns = {
  /** Nobody else writes as long as the import runs. */
  isAlone: boolean;
  /** The source that is followed meanwhile: it cannot be imported beside itself. */
  followed: number | null;
  /** Waits for a turn, and does `work` in it. */
  take<T>(work: () => T | Promise<T>): Promise<T>;
  /** The same for a turn that may change who is who, and which chats there are: others have to learn that anew. */
  takeForPeople<T>(work: () => T | Promise<T>): Promise<T>;
  /** Whether somebody waits for this turn to end. */
  isWanted(): boolean;
  /** Rows after which a turn ends where somebody waits. */
  stepRows: number;
  /** Rows after which a turn ends, whoever waits. */
  mostRows: number;
};

/** What was asked for cannot be done in turns; nothing was changed but what an import that is cut off has changed. */
export class NotBeside extends Error {
  override readonly name = 'NOT_BESIDE';
}

/** One transaction takes so much that its pages are written once and not for every batch; the log stays bounded. */
const MOST_ROWS_ALONE = 100_000;
/** Enough that the statements of a step cost little; signals are heard between two. */
const STEP_ROWS_ALONE = 2_000;

export const ALONE: Turns = {
  isAlone: true,
  followed: null,
  take: async (work) => await work(),
  takeForPeople: async (work) => await work(),
  isWanted: () => false,
  stepRows: STEP_ROWS_ALONE,
  mostRows: MOST_ROWS_ALONE,
};
