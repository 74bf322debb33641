import { randomInt } from 'node:crypto';

const STEPS = 1_000_000;

/** The only source of chance that no seed repeats: a number in [0, 1), to spread tries in time. Tests pass their own. */
export function systemRandom(): number {
  return randomInt(STEPS) / STEPS;
}
