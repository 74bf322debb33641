/**
 * The one writer of the message domain. A first import is built aside and renamed into place; everything later is
 * merged into the living store, in transactions that leave it whole. Whoever calls anything here owns the store.
 */
export { adoptRows } from './adopt.ts';
export { type Applied, applyBatch, type Batch, messagesWith, nothingApplied, reactionFacts } from './apply.ts';
export { updateAttachmentJoins } from './attachments.ts';
export { beginBatch, findHeld, lastStaged, orderStaged, partRepeated, repeatedTables } from './batches.ts';
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
export { misnamedChats } from './chat-names.ts';
export { misstatedChats, writeNewest } from './chat-versions.ts';
export { type LoadedChats, loadChats } from './chats.ts';
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
export type { Arrival, ConversationChange, Removal } from './forward.ts';
export { type BatchOptions, mergeMessages, mergeOthers } from './merge-batch.ts';
export { ownStore } from './owner.ts';
export {
  addOwnAddresses,
  bookName,
  type ContactChanges,
  cardsOfBook,
  dropBook,
  findContact,
  isKnownAddress,
  type KnownBook,
  knownBooks,
  knownParty,
  loadParty,
  meContact,
  noContactChanges,
  noteBooks,
  noteHandles,
  PeopleState,
  type PreparedDecision,
  peopleVersion,
  planPeople,
  planSlices,
  prepareMerge,
  prepareUndo,
  recordBook,
  renameSource,
  renormaliseCards,
  Settlement,
  settleNow,
  type Transact,
  unsettled,
  writeCardSlices,
  writePicture,
} from './people/index.ts';
export { NewMessages } from './place-new.ts';
export {
  discardEntries,
  expireHeld,
  heldRowids,
  type Misfit,
  openEntries,
  type QuarantineEntry,
  type QuarantineReason,
  quarantinedSince,
  quarantineRows,
  resolveQuarantine,
} from './quarantine.ts';
export { settleAllReactions } from './reactions.ts';
export {
  addSource,
  type Position,
  readPosition,
  recordSweep,
  removeRepeatedGuids,
  type SourceRecord,
  setReconciling,
  touchSource,
  writePosition,
  writeSetting,
} from './record.ts';
export { removeDeleted, removeMessages } from './remove.ts';
export {
  countSourceMessages,
  endSource,
  type RemovalStep,
  removeSourceExtras,
  removeSourceMessages,
} from './remove-source.ts';
export {
  type Destination,
  insertEdits,
  insertListedRows,
  insertRows,
  listRows,
  type Projection,
  type RowRange,
} from './rows.ts';
export { finaliseSealed, type SealStep, sealChat, sealDueConversations } from './seal.ts';
export { extendSearchIndex, type IndexStep } from './search-index.ts';
export { addChatServices, rareServices } from './services.ts';
export {
  COMPARED,
  type Compared,
  clearDifferences,
  clearStaging,
  compareStaged,
  createStaging,
  indexStaging,
  STAGED,
} from './staging.ts';
export { findLateTwins, foldNewTwins, knownTwins, partTwins, renameTwins, resolveAliases } from './twins.ts';
export { takeAway, unseenRows } from './unseen.ts';
export { versionsAside } from './versions/index.ts';
