import type { Clock } from '../../kernel/index.ts';

/** How far the opening of a backup is: rounds of the derivation, bytes of the files. */
export type OpeningProgress = { stage: 'unlock' | 'decrypt'; done: number; total: number };

/** Who watches a backup being opened, and may end it. */
export type Watch = { clock: Clock; signal: AbortSignal; onProgress(progress: OpeningProgress): void };
