/**
 * A made-up Messages.app. It writes chat.db (and sms.db) files with the schema of a chosen generation of macOS or iOS,
 * and AddressBooks to go with them, filled from a seed; and it tells the truth of what it wrote, as the lines that
 * `chatstats export` has to give, so that the product can be compared with it.
 *
 * Nothing of the product uses this room but the `demo` command and tests.
 * `writeHistory` makes a whole history at once; `actions` are single acts on a live database, made with
 * `createMessagesDatabase`; `MessagesDatabase` are the rows beneath both. An `Actor` performs acts on an existing
 * database as Messages does, commit by commit, at random or as told; `startActor` runs one in a process of its own.
 * `writeBackup` and `writeHistoryBackup` make iPhone backups, plain or encrypted.
 * `openBookPen` edits an address book as Contacts does, while others read it.
 */
export * as actions from './actions.ts';
export { ACT_NAMES, Actor, type ActorOptions, type Commit, type Performance } from './actor/actor.ts';
export type { ActorAnswer, ActorCommand, ActorLine } from './actor/lines.ts';
export { Schedule } from './actor/schedule.ts';
export { type ActorDone, type ActorProcess, type ActorProcessOptions, startActor } from './actor/start.ts';
export { type Card, cardName, makeCards } from './address-book/cards.ts';
export { writeIosAddressBook } from './address-book/ios.ts';
export { writeAddressBook } from './address-book/macos.ts';
export { type BookPen, openBookPen } from './address-book/pen.ts';
export type { BookPenOptions, PenCard } from './address-book/pen-types.ts';
export { type BackupFile, type BackupOptions, type MadeBackup, writeBackup } from './backup/backup.ts';
export { encryptFile, keyFromPassword, wrapKey } from './backup/ciphers.ts';
export { type HistoryBackup, type HistoryBackupOptions, writeHistoryBackup } from './backup/history.ts';
export { type KeybagOptions, makeKeybag } from './backup/keybag.ts';
export { createMessagesDatabase, MessagesDatabase, openMessagesDatabase } from './database.ts';
export { type EarlyMessage, SILENT_MEMBER, writeEarlyMessages } from './early-phone.ts';
export { type ArchiveValue, encodeKeyedArchive } from './encode/keyed-archive.ts';
export { type EncodablePlist, encodePlist } from './encode/plist.ts';
export { type AttributeValue, type BodyRun, encodeAttributedBody } from './encode/typedstream.ts';
export { ChatMaker } from './history/chats.ts';
export { address, Handles, makeOwner, type Owner } from './history/handles.ts';
export type { Truth, TruthContact, TruthMessage } from './history/truth.ts';
export { type History, type HistoryOptions, writeHistory } from './history/write-history.ts';
export { Random } from './random.ts';
export { GENERATIONS, type Generation } from './schema/generations.ts';
