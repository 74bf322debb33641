/**
 * The engine: a thread that owns the writer of a store and everything that reads Apple's files, so that whoever talks to
 * people never waits for either. It is asked by typed calls, one of which is in flight at a time; it can be stopped
 * within five seconds and is started again when it dies. The main thread owns the store meanwhile, and may do what
 * other processes hand over to it. Entered from the main thread only; what the thread itself runs is worker.ts.
 */
export { Engine, type EngineOptions } from './client.ts';
export { handOver, listen } from './handover.ts';
export type {
  AnalysisArgs,
  AnalysisState,
  CallName,
  CallOptions,
  Calls,
  Dispatch,
  HandedCall,
  ImportArgs,
  LiveStatus,
  NoticeName,
  Notices,
  PlanArgs,
  QuarantineArgs,
} from './protocol.ts';
export { type OwnedCall, runOwned } from './run-owned.ts';
export { startThreadAhead } from './thread.ts';
