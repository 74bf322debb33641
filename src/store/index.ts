/** Our own schema and the read queries over it. Nothing here writes the message domain: that is the room `load`. */
export {
  avatarPlaces,
  type ContactConflict,
  type ContactMergeLine,
  type ContactRowLine,
  contactConflicts,
  contactLines,
  contactMerges,
} from './contacts.ts';
export { type StoreCounts, storeCounts } from './counts.ts';
export { EXPORT_KINDS, type ExportKind, type Exports, exportLines, unifiedChatLines } from './export.ts';
export { createTables, openStoreForReading, openStoreForWriting, storeHoldsMessages } from './open.ts';
export { type QuarantineLine, quarantineLines } from './quarantine.ts';
export { INDEXES, SCHEMA_VERSION, TABLES } from './schema.sql.ts';
export { findChat, type SearchHit, type SearchOptions, searchIndexedThrough, searchMessages } from './search.ts';
export { foldText } from './search-fold.ts';
export { indexedText } from './search-query.ts';
export { contactRegions, mirrorsDeletes, reconcilingReason, storedGapMs } from './settings.ts';
export { type StoreStats, storeStats } from './stats.ts';
export { type SourceStatus, type StoreStatus, storeStatus } from './status.ts';
