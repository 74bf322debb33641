/**
 * Raw rows + look-ups → our rows: who said it, in which chat, and what kind of row it is. Pure: rules are either
 * functions of their arguments or SQL expressions over the columns of a source, and both modes use the same ones.
 */
export { type Address, isOwnAddress, normaliseAddress, normaliseInRegions } from './addresses.ts';
export { attachmentKind, attachmentProjection } from './attachments.ts';
export { type KeyedCard, keyCard } from './cards.ts';
export { type ChatIdentity, type RawChat, uniteChats } from './chats.ts';
export type { Columns } from './columns.ts';
export type { EditVersion } from './edits.ts';
export {
  messageProjection,
  ROW_CLASS,
  type RowClass,
  reactionProjection,
  rowClassSql,
  sentAtSql,
  voteProjection,
} from './message-rules.sql.ts';
export { identifierIndex, type Person, unitePeople, unitePeopleSlices } from './people.ts';
export type { Anchors, PeopleRules } from './people-rules.ts';
export { type ReactionState, settleReactions } from './reactions.ts';
export {
  byFrequency,
  numberRegion,
  ownAddress,
  ownerRegion,
  parseRegion,
  type Region,
} from './region.ts';
export {
  type Party,
  type PortableContext,
  RowContext,
  type RowFindings,
  registerRowFunctions,
} from './row-functions.ts';
export { attachmentStateSql, messageStateSql } from './source-state.sql.ts';
