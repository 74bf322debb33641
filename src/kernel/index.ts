/** Tools that know nothing of messages. Time, randomness and timers live here and nowhere else. */
export { breathe } from './breathe.ts';
export { type Clock, fixedClock, systemClock } from './clock.ts';
export { collectGarbage } from './collect-garbage.ts';
export { ChatStatsError, ERRORS, type ErrorCode, type ErrorEntry, EXIT, type ExitCode } from './errors.ts';
export { firstError } from './first-error.ts';
export { must, unreachable } from './must.ts';
export { PagedInts, type PortableInts } from './paged-ints.ts';
