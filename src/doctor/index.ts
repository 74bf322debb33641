/**
 * What is wrong and what to do about it. `examine` looks at the source, the address books, the store, the disk and what
 * runs, and answers with one check after the other, as data. It only reads: the source through read-only connections that
 * are closed at once, the store through one of its own. A check that cannot be made says so and stops no other. What is
 * found holds paths, counts and times, never text, names or addresses.
 */
export type { Check, CheckState, Diagnosis } from './check.ts';
export { examine } from './examine.ts';
export type { ExamineOptions } from './options.ts';
