/**
 * Conversations: which messages of a chat belong together, under which id, and in which state. Pure: messages, a gap
 * and a reading of the clock in, decisions out.
 *
 * The room is handed the messages that count (every kind but group events; never reactions) of one chat at a time. It
 * promises that the result depends on the messages, the gap and the clock alone: not on batching, order or mode.
 * - `sortByTime`, `forEachSegment`, `splitSorted`: the fresh split, on columns, without an object per message.
 * - `reconcile`: which old conversation each fresh one is, so that ids stay where membership stays; `pairUp` is its rule.
 * - `neighboursAt`, `place`: the forward algorithm, for one message more.
 * - `LIFE_CYCLE`, `isDue`, `stateAt`: active, sealed, ready.
 */
export { APPLE_EPOCH_MS, belongTogether, DEFAULT_GAP_MS, timeForSplit } from './gap.ts';
export {
  type Announcement,
  type DueInput,
  isDue,
  LIFE_CYCLE,
  type LifeCycleEvent,
  type Step,
  stateAt,
} from './life-cycle.ts';
export { type Decision, type Neighbours, neighboursAt, place, type Span } from './place.ts';
export {
  type Pair,
  pairUp,
  type ReconciledConversation,
  type ReconcileInput,
  type Reconciliation,
  reconcile,
} from './reconcile.ts';
export { forEachSegment, sortByTime, splitSorted } from './split.ts';
