/**
 * Backups of iPhones and iPads, as Finder, iTunes and Apple Devices make them (iOS 10 and later): finding them, telling
 * what is in them, and opening the databases of Messages and of contacts, decrypted where they have to be. Nothing is
 * ever written into a backup. What has to be written in the clear goes into a private temporary folder, which is removed
 * when the backup is let go of, when the process ends, and, after a crash, at the next start. Passwords and keys are
 * overwritten when they have been used, and appear in no error. For any bytes there is an error of the catalogue, or
 * an opened backup that names its problems.
 */

export { removeLeftovers } from '../../sqlite/index.ts';
export { BackupAttachments, type BackupFiles } from './attachments.ts';
export { type Backup, backupSize, describeBackup } from './describe.ts';
export { backupAround, isBackup, locateBackups, locateUsualBackups, type Machine } from './locate.ts';
export { type AskPassword, type OpenBackup, openBackup } from './open.ts';
export { BackupReader, type OpenedFile } from './reader.ts';
export type { OpeningProgress } from './watch.ts';
