import type { Args } from './args.ts';
import type { World } from './world.ts';

/**
 * One commit of an act: what it was, and of which row. `waitMs` is how long Messages would take until the next commit
 * of the same act; whoever plays the act decides whether to wait.
 */
export type Step = { step: string; rowId: number | null; guid: string | null; waitMs: number };

/** The commits of an act, each made when it is asked for. An act that finds nothing to act on has none. */
export type Steps = Generator<Step, void, void>;

export type Act = {
  name: string;
  /** How often it happens, against the others. */
  weight: number;
  /** Tables and columns (`table.column`) without which it cannot happen. */
  needs?: readonly string[];
  play(world: World, args: Args): Steps;
};

export function step(name: string, of: { rowId: number; guid: string } | null, waitMs = 0): Step {
  return { step: name, rowId: of?.rowId ?? null, guid: of?.guid ?? null, waitMs };
}
