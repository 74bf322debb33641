/**
 * The one writer of the message domain. A first import is built aside and renamed into place; everything later is
 * merged into the living store, in transactions that leave it whole. Whoever calls anything here owns the store.
 */
export { updateAttachmentJoins } from './attachments.ts';
export {
  attachSecondAside,
  carryOver,
  finishAside,
  openAside,
  openSecondAside,
  promoteAside,
  removeAside,
  secondAsidePath,
  takeSecondAside,
} from './build-aside.ts';
export { type LoadedChats, loadChats } from './chats.ts';
export { type LoadedPeople, loadPeople, type PeoplePlan } from './contacts.ts';
export {
  type ChatDates,
  type FreshConversations,
  type Moment,
  resplitChat,
  sealDue,
  writeChatDates,
  writeConversations,
} from './conversations.ts';
export { explainStoreError } from './explain.ts';
export {
  mergeAttachments,
  mergeChats,
  mergeReactions,
  recordSightings,
  resolveQuarantine,
  stagedChats,
} from './merge.ts';
export { ownStore } from './owner.ts';
export { settleAllReactions } from './reactions.ts';
export {
  addSource,
  type Position,
  quarantineRepeatedStaged,
  removeRepeatedGuids,
  type SourceRecord,
  touchSource,
  writePosition,
  writeSetting,
} from './record.ts';
export {
  type Destination,
  insertEdits,
  insertListedRows,
  insertRows,
  listRows,
  type Projection,
  type QuarantineReason,
  quarantineRows,
  type RowRange,
} from './rows.ts';
export { extendSearchIndex, type IndexStep } from './search-index.ts';
export { addChatServices, rareServices } from './services.ts';
export { compareStaged, createStaging, STAGED } from './staging.ts';
