/**
 * How much a test does that can do more or less: the gate's part, which is over soon, or all of it, which takes an hour
 * (CHATSTATS_TEST_EFFORT=full). The gate's part is spread evenly over the whole, and always the same.
 */
export function effort(gate: number, full: number): number {
  return process.env.CHATSTATS_TEST_EFFORT === 'full' ? full : gate;
}
