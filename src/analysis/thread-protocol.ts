import type { JobOutcome } from '../jobs/index.ts';
import type { ErrorCode } from '../kernel/index.ts';
import type { PassSettings } from './load-passes.ts';
import type { PassInfo } from './pass.ts';
import type { Prepared, Wanted } from './prepare.ts';

/** What the thread of the passes and the one that owns the writer say to each other. */
export type ToPasses =
  | { type: 'open'; store: string; settings: PassSettings }
  | { type: 'prepare'; call: number; wanted: readonly Wanted[] }
  | { type: 'run'; call: number; payload: unknown }
  | { type: 'abort'; call: number }
  | { type: 'ping' };

export type FromPasses =
  | { type: 'ready'; passes: PassInfo[] }
  | { type: 'refused'; code: ErrorCode; message: string; hint: string }
  | { type: 'prepared'; call: number; prepared: (Prepared | null)[] }
  | { type: 'outcome'; call: number; outcome: JobOutcome }
  /** `name`: what kind of error it was; its message may quote what it was working on. */
  | { type: 'threw'; call: number; name: string }
  | { type: 'pong' };
