/** The nouns as types. No I/O, no rules. */
export type * from './export-lines.ts';
