import type { JobKind } from '../jobs/index.ts';
import type { Transcript } from '../model/index.ts';

/**
 * A pass looks at one conversation at a time and says something about it. It is run in a thread that has no way to write,
 * perhaps on another machine, perhaps more than once for one content; it must depend on nothing but its input. Results
 * name people by the ids of the transcript. A pass that says something else than before gets another version.
 */
export type Pass<Input = unknown, Result = unknown> = {
  /** Lower-case letters, digits and "-"; at most 40. */
  name: string;
  /** From 1; results of an older version are stale, not wrong. */
  version: number;
  /** `batch`: of a conversation that is over; `live`: of one that goes on, a moment after something was said. Or both. */
  kind: JobKind | readonly JobKind[];
  /** What of the conversation it wants; null when it has nothing to say about this one, which is a result too. */
  input(transcript: Transcript): Input | null;
  /** Throws a PassError where trying again later may help or surely does not; anything else is tried again a few times. */
  run(input: Input, context: PassContext): Result | Promise<Result>;
  /** What its results look like; one that does not fit is refused. */
  schema: ResultSchema<Result>;
  /** From 1 (the default), which is served first, to 1000: what costs little need not wait for what costs much. */
  priority?: number;
  /** How many runs of it may go on at once in one process; 4 when not given. */
  concurrency?: number;
  /** A run is given up after so long, in milliseconds; a minute when not given. */
  timeoutMs?: number;
  /** What it may use on one day (UTC) at most; null, or not given: as much as it wants. */
  bounds?: Bounds | null;
  /** What one run will use at most, as far as can be told beforehand; nothing when not given. */
  estimate?(input: Input): Usage;
};

export type PassContext = {
  kind: JobKind;
  /** Aborted when the result is not wanted any more. */
  signal: AbortSignal;
  /** Says what was used, each time something was. */
  used(usage: Usage): void;
};

/** Tokens of a language model, in and out, and what they cost, in millionths of the currency of the user. */
export type Usage = { tokens: number; cost: number };

export type Bounds = { tokens: number | null; cost: number | null };

/** A schema of zod, or anything that answers alike. */
export type ResultSchema<Result> = {
  safeParse(value: unknown): { success: true; data: Result } | { success: false };
};

/** A failure of a run that the queue should know more about. The reason holds no text, no names and no addresses. */
export class PassError extends Error {
  override readonly name = 'PassError';
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly isFinal: boolean;

  constructor(code: string, reason: string, options: { retryAfterMs?: number | undefined; isFinal?: boolean } = {}) {
    super(reason);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.isFinal = options.isFinal ?? false;
  }
}

/** What the rest of the program knows of a pass. */
export type PassInfo = {
  name: string;
  version: number;
  kinds: JobKind[];
  priority: number;
  bounds: Bounds | null;
  /** Where it comes from: built in, or a module of the user's. */
  origin: 'built-in' | 'module';
};

/** Tells the compiler what a pass is, for modules of the user's. */
export function definePass<Input, Result>(pass: Pass<Input, Result>): Pass<Input, Result> {
  return pass;
}

export function kindsOf({ kind }: Pick<Pass, 'kind'>): JobKind[] {
  return typeof kind === 'string' ? [kind] : [...new Set(kind)];
}
