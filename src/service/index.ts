/**
 * Running at login: a LaunchAgent of launchd on macOS, a user unit of systemd elsewhere. It writes one file, asks the
 * system's own program to take it up, and says what has become of it. That program is reached through a runner which is
 * handed in, so that every step can be tried on a machine that has neither. What the service does is `chatstats up`;
 * that one process has the store is kept by the owner's lock, not here.
 */
export { rotateLog } from './log-rotation.ts';
export type { Installed, ProgramResult, RunProgram, ServiceMachine, ServiceState, ServiceTask } from './manager.ts';
export { SECRETS_VARIABLE, type Secrets, secretsIn } from './secrets.ts';
export { installService, removeService, serviceState } from './service.ts';
