/**
 * chat.db (macOS) and sms.db (iOS): finding, opening and reading them, never interpreting. Strictly read-only: a
 * database is attached with `mode=ro`, and with `immutable=1` only where nobody can be writing.
 */
export { countSmallTables, digestSmallTables } from './digest.ts';
export { checkReadable, explainSourceError, isDamage } from './explain.ts';
export { locateMessages, type MessagesFile, type Place } from './locate.ts';
export { OwnAccounts, type OwnClaims } from './own-accounts.ts';
export { readableFile } from './private-copy.ts';
export { type Salvage, salvage } from './salvage.ts';
export {
  type AttachmentJoinRow,
  pump,
  ROWID_RANGE,
  readAttachmentJoins,
  readRecentlyDeleted,
  scanChatJoins,
  scanMessages,
} from './scan.ts';
export { KNOWN_TABLES, type MessagesSchema, probeSchema } from './schema.ts';
export {
  type Change,
  compareStamps,
  dataVersion,
  dataVersionSeen,
  type FileStamp,
  NO_FILES,
  openStamped,
  readStamp,
  type Stamp,
} from './stamp.ts';
export {
  endOfSlice,
  guidAt,
  hasGuid,
  type ListedRanges,
  listRanges,
  type RowidRange,
  readCounters,
  readDeletedGuids,
  readNewRows,
  type SourceCounters,
  scanAttachmentJoinsIn,
  scanChatJoinsIn,
  scanStates,
} from './states.ts';
export {
  type ChatHandleRow,
  type ChatLookupRow,
  type ChatRow,
  type ChatServiceRow,
  type HandleRow,
  readChatHandles,
  readChatLookup,
  readChatServices,
  readChats,
  readHandles,
} from './tables.ts';
export { Wake, type WakeOptions } from './wake.ts';
export { type Touched, WalReader } from './wal-reader.ts';
