/**
 * The conductor: imports and verifies. It wires the rooms and owns no rule: what a row is is decided in transform,
 * which messages belong together in conversations, how facts meet in load.
 */
export { importSource } from './import.ts';
export type { ImportOptions, ImportProgress, ImportStage, ImportSummary } from './options.ts';
export { type VerifyOptions, verifySource } from './verify.ts';
export type { Difference, DifferenceKind, SetAside, VerifyCounts, VerifyReport } from './verify-report.ts';
