/** The nouns as types. No I/O, no rules. */

export type * from './events.ts';
export type * from './export-lines.ts';
export type * from './redis-figures.ts';
export type * from './transcript.ts';
