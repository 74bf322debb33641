/**
 * Rows that several sources have. The store says of each what all of them together say (`fields`: joins that do not
 * depend on any order), and keeps of each source what it says otherwise, so that one can be taken away again.
 */
export { versionsAside } from './aside.ts';
export { type SharedTable, sightedAs } from './fields.ts';
export { isElsewhere, markSharedGone } from './gone.ts';
export { clearShared, createShared, decideShared, takeFacts } from './shared-rows.ts';
export { type Withdrawn, withdrawRows } from './withdraw.ts';
