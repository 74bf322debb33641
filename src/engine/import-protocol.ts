import type { ImportProgress, ImportSummary } from '../pipeline/index.ts';
import type { PortableError } from './portable-error.ts';
import type { ImportArgs } from './protocol.ts';

/**
 * What the thread of an import is given: the source that is followed meanwhile, null where nobody else writes. `wanted`
 * is 1 while another task waits for its turn to end.
 */
export type ImportTask = { args: ImportArgs; store: string; followed: number | null; wanted: Int32Array };

export type FromImport =
  | { type: 'turn'; forPeople: boolean }
  | { type: 'over' }
  | { type: 'progress'; progress: ImportProgress }
  /** Null: it cannot be done in turns. */
  | { type: 'done'; summary: ImportSummary | null }
  | { type: 'failed'; error: PortableError };

export type ToImport = { type: 'go' } | { type: 'cancel' };
