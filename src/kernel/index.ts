/** Tools that know nothing of messages. Time, randomness and timers live here and nowhere else. */
export { BackOff, type BackOffOptions } from './back-off.ts';
export { breathe } from './breathe.ts';
export { type Clock, fixedClock, systemClock } from './clock.ts';
export { collectGarbage } from './collect-garbage.ts';
export { ChatStatsError, ERRORS, type ErrorCode, type ErrorEntry, EXIT, type ExitCode } from './errors.ts';
export { firstError } from './first-error.ts';
export { isoTime } from './iso-time.ts';
export { LaneFullError, Lanes, LanesClosedError } from './lanes.ts';
export { InvariantError, must, unreachable } from './must.ts';
export { PagedInts, type PortableInts } from './paged-ints.ts';
export { Alarm, Beat, Bell, pause } from './pause.ts';
export { isDenied, noPermission } from './permission.ts';
export { systemRandom } from './random.ts';
export { responsibleProgram } from './responsible-program.ts';
export { finish, paused } from './slices.ts';
export { type IntMap, SparseInts } from './sparse-ints.ts';
export { stepBack } from './step-back.ts';
