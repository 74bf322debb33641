/**
 * The conductor: imports, follows, seals and verifies. It wires the rooms and owns no rule: what a row is is decided in
 * transform, which messages belong together in conversations, how facts meet in load.
 */
export { type ContactDecision, decideContacts, type MergeResult } from './contact-decisions.ts';
export { type ContactSyncOptions, type ContactSyncResult, syncContacts } from './contact-sync.ts';
export { Following } from './follow.ts';
export type { FollowArgs, FollowLane, FollowOptions, FollowState, FollowStatus } from './follow-options.ts';
export { Follower, type StepResult } from './follower.ts';
export { checkImport, importIntoOwnedStore, importSource } from './import.ts';
export { LiveSource } from './live-source.ts';
export type { ImportOptions, ImportProgress, ImportStage, ImportSummary } from './options.ts';
export { knownSource } from './recognize.ts';
export { pendingReason, reconcile } from './reconcile.ts';
export { type RemovedSource, removeSource } from './remove-source.ts';
export { retryQuarantine } from './retry-quarantine.ts';
export { sealChatNow, sealSlice } from './seal.ts';
export { ALONE, NotBeside, type Turns } from './turns.ts';
export { upkeepSlice } from './upkeep.ts';
export { type VerifyOptions, verifySource } from './verify.ts';
export type { Difference, DifferenceKind, SetAside, VerifyCounts, VerifyReport } from './verify-report.ts';
