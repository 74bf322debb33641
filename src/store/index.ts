/** Our own schema and the read queries over it. Nothing here writes the message domain: that is the room `load`. */

export {
  type AnalysisCounts,
  type AnalysisResultLine,
  analysisCounts,
  analysisOf,
  type JobLine,
  jobLines,
  openJobCounts,
  type PlanLine,
  planLines,
  type UsageLine,
  usageLines,
} from './analysis.ts';
export type { Answers } from './answer-times.ts';
export {
  type ChatItem,
  type ChatPerson,
  chatTitles,
  type LastMessage,
} from './chat-items.ts';
export {
  type ChatReading,
  chatItem,
  chatList,
  chatsWithSamePerson,
  READ_ANEW,
} from './chat-list.ts';
export { type ContactCursor, type ContactItem, contactList } from './contact-list.ts';
export {
  avatarPlaces,
  type ContactConflict,
  type ContactMergeLine,
  type ContactRowLine,
  contactConflicts,
  contactLines,
  contactMerges,
  keptPicture,
} from './contacts.ts';
export {
  type ConversationDetail,
  type ConversationItem,
  conversationDetail,
  conversationList,
} from './conversation-list.ts';
export { type StoreCounts, storeCounts } from './counts.ts';
export { EXPORT_KINDS, type ExportKind, type Exports, exportLines, unifiedChatLines } from './export.ts';
export { type MessageStats, messageStats, type StatsScope } from './message-stats.ts';
export {
  createTables,
  mayBeBuiltAnew,
  openStoreForReading,
  openStoreForWriting,
  SMALL_CACHE_KIB,
  storeHoldsMessages,
} from './open.ts';
export { type Cursor, cursorOf } from './pages.ts';
export { type QuarantineLine, quarantineLines } from './quarantine.ts';
export { INDEXES, SCHEMA_VERSION, TABLES } from './schema.sql.ts';
export { findChat, type SearchHit, type SearchOptions, searchIndexedThrough, searchMessages } from './search.ts';
export { foldText } from './search-fold.ts';
export { type SearchItem, searchItems } from './search-items.ts';
export { indexedText } from './search-query.ts';
export {
  contactRegions,
  llmConsent,
  llmConsentKey,
  mirrorsDeletes,
  reconcilingReason,
  storedGapMs,
  storeId,
} from './settings.ts';
export { type SourceLine, sourceLines } from './source-list.ts';
export { type StoreStats, storeStats } from './stats.ts';
export { type SourceStatus, type StoreStatus, storeStatus } from './status.ts';
export {
  chatsOfAttachments,
  messageLinesByGuid,
  messagesByGuid,
  type TimelineMessage,
  type TimelinePage,
  type TimelinePlace,
  timelineMessages,
  timelinePage,
} from './timeline.ts';
export { transcriptOf } from './transcripts.ts';
