/**
 * The one writer of the message domain. A first import is built aside and renamed into place; everything later is
 * merged into the living store, in transactions that leave it whole. Whoever calls anything here owns the store.
 */
export { writeAttachmentJoins } from './attachments.ts';
export { asidePath, carryOver, finishAside, openAside, promoteAside, removeAside } from './build-aside.ts';
export { type LoadedChats, loadChats } from './chats.ts';
export { type LoadedPeople, loadPeople, type PeoplePlan } from './contacts.ts';
export {
  type ChatDates,
  type FreshConversation,
  type Moment,
  resplitChat,
  writeChatDates,
  writeConversations,
} from './conversations.ts';
export { ownStore } from './owner.ts';
export { settleAllReactions } from './reactions.ts';
export {
  addSource,
  removeRepeatedGuids,
  type SourceRecord,
  touchSource,
  writePosition,
  writeSetting,
} from './record.ts';
export {
  type Destination,
  insertEdits,
  insertRows,
  isDiskFull,
  type Projection,
  type QuarantineReason,
  quarantineRows,
  type RowRange,
} from './rows.ts';
export { addChatServices, servicesOfMessages } from './services.ts';
