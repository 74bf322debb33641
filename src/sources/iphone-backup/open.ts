import { copyFileSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ChatStatsError, isDenied, must, noPermission } from '../../kernel/index.ts';
import { openPrivateFolder, type PrivateFolder } from '../../sqlite/index.ts';
import type { BackupFiles } from './attachments.ts';
import { ByteCount, decryptFile, digestOf } from './copy-file.ts';
import { describe, isSqlite, MANIFEST, readLists, refuseBroken } from './describe.ts';
import { readKeybag } from './keybag.ts';
import { isDatabase, isFile, type ListedFile, Manifest } from './manifest.ts';
import {
  ADDRESS_BOOK,
  ADDRESS_BOOK_IMAGES,
  ADDRESS_BOOK_LOG,
  ATTACHMENT_DOMAINS,
  ATTACHMENT_FOLDER,
  fileIdOf,
  MESSAGES,
  MESSAGES_LOG,
  type PhoneFile,
  pathOfFileId,
} from './places.ts';
import { bytesIn, type Found } from './property-lists.ts';
import { BackupReader } from './reader.ts';
import { type ClassKeys, unlock } from './unlock.ts';
import type { Watch } from './watch.ts';

/** What is copied of a backup, where it has to be. */
const COPIED = [MESSAGES, MESSAGES_LOG, ADDRESS_BOOK, ADDRESS_BOOK_LOG, ADDRESS_BOOK_IMAGES];

/** A database of a backup: where it can be read, and the place in the backup that it is remembered by. */
export type BackupDatabase = {
  path: string;
  /** Nothing may be made beside it. */
  sealed: boolean;
  place: string;
};

/** A backup, opened. Disposing removes every copy that was made of it, and overwrites its keys. */
export type OpenBackup = Disposable & {
  messages: BackupDatabase;
  addressBook: BackupDatabase | null;
  /** What is needed to tell which attachments are in it; it can be handed to another thread. */
  files: BackupFiles;
  /** Hands out attachments, also when everything else has been let go of; whoever asks for it disposes of it. */
  reader(): BackupReader;
  /** What is damaged or missing but stops nothing, in words without names or addresses. */
  problems: string[];
};

/** Answers the password of an encrypted backup as bytes, which are overwritten when they have been used. */
export type AskPassword = () => Promise<Buffer>;

/**
 * Opens what an import needs of a backup. Of one that is not encrypted, the files are read where they are; those of an
 * encrypted one are written in the clear into a private folder. The backup itself is only ever read. Throws the BACKUP
 * errors of the catalogue, SOURCE_NOT_FOUND when there are no messages in it, SOURCE_NO_PERMISSION and CANCELLED.
 */
export async function openBackup(folder: string, askPassword: AskPassword, watch: Watch): Promise<OpenBackup> {
  if (!existsSync(folder)) throw new ChatStatsError('SOURCE_NOT_FOUND', `there is nothing at ${folder}`);
  const lists = readLists(folder);
  const backup = describe(folder, lists);
  refuseBroken(backup);
  const opening = new Opening(folder, watch);
  try {
    for (const [name, found] of Object.entries({ 'Manifest.plist': lists.manifest, 'Status.plist': lists.status })) {
      if (found === 'damaged') opening.problems.push(`${name} of the backup cannot be read`);
    }
    if (backup.encrypted) await opening.unlock(lists.manifest, askPassword);
    await opening.openManifest();
    return await opening.open();
  } catch (error) {
    opening[Symbol.dispose]();
    throw explained(error, folder);
  }
}

/** What the file system says while files are read and copies are written, in the words of the catalogue. */
function explained(error: unknown, folder: string): unknown {
  if (isDenied(error)) return noPermission(folder, error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ChatStatsError('DISK_FULL', 'no room left for private copies of the backup', { cause: error });
  }
  const isOfDisk = code === 'EIO' || code === 'ENOENT' || code === 'ESTALE' || code === 'ENXIO';
  return isOfDisk ? new ChatStatsError('DISK_ERROR', `${folder} could not be read (${code})`, { cause: error }) : error;
}

class Opening implements Disposable {
  readonly #folder: string;
  readonly #watch: Watch;
  readonly problems: string[] = [];
  #private: PrivateFolder | null = null;
  #keys: ClassKeys | null = null;
  #manifestKey: Uint8Array | null = null;
  #manifestFile: string | null = null;
  #manifest: Manifest | null = null;

  constructor(folder: string, watch: Watch) {
    this.#folder = folder;
    this.#watch = watch;
  }

  async unlock(lists: Found, askPassword: AskPassword): Promise<void> {
    const bytes = bytesIn(lists, 'BackupKeyBag');
    if (bytes === null) throw this.#damaged('Manifest.plist does not hold its keys');
    const keybag = readKeybag(bytes);
    this.#manifestKey = bytesIn(lists, 'ManifestKey');
    this.#keys = await unlock(keybag, await askPassword(), this.#watch);
    const lost = this.#keys.damaged.size;
    if (lost > 0) this.problems.push(`the keybag of the backup is damaged: ${lost} of its keys cannot be read`);
  }

  async openManifest(): Promise<void> {
    const stored = path.join(this.#folder, MANIFEST);
    // Before iOS 10.2, the manifest of an encrypted backup lay in the clear.
    const file = this.#keys === null || isDatabase(stored) ? stored : await this.#decryptManifest(stored, this.#keys);
    try {
      this.#manifest = new Manifest(file, this.#folder);
      this.#manifest.find(MESSAGES);
      this.#manifestFile = file;
      if (!this.#manifest.isWhole()) this.problems.push('Manifest.db is damaged: files may be taken for missing');
    } catch (error) {
      if (!isSqlite(error)) throw error;
      if (this.#keys !== null) throw this.#damaged('Manifest.db cannot be read', error);
      this.#closeManifest();
      this.problems.push('Manifest.db cannot be read: files were looked for by the names they usually have');
    }
  }

  async #decryptManifest(stored: string, keys: ClassKeys): Promise<string> {
    const key = this.#manifestKey === null ? null : keys.unwrap(this.#manifestKey);
    if (key === null) throw this.#damaged('the key of Manifest.db cannot be read');
    const file = path.join(this.#privateFolder(), MANIFEST);
    const count = new ByteCount(this.#watch, statSync(stored).size);
    const { isWhole } = await decryptFile(stored, key, file, count).finally(() => key.fill(0));
    if (!isWhole) this.problems.push('the end of Manifest.db is missing or damaged');
    return file;
  }

  async open(): Promise<OpenBackup> {
    const found = this.#find(MESSAGES);
    if (found === null) {
      throw new ChatStatsError('SOURCE_NOT_FOUND', `there is no Messages database in the backup ${this.#folder}`, {
        hint: 'With Messages in iCloud, a phone leaves its messages out of backups: turn that off on the phone, or import from a Mac.',
      });
    }
    const { messages, addressBook } = await this.#openDatabases(found);
    const files: BackupFiles = {
      folder: this.#folder,
      manifest: this.#manifestFile,
      readableClasses: this.#keys === null ? null : [...this.#keys.readable],
    };
    this.#closeManifest();
    const { problems } = this;
    return {
      ...{ messages, addressBook, files, problems },
      reader: () => this.#reader(files),
      [Symbol.dispose]: () => this[Symbol.dispose](),
    };
  }

  #reader({ manifest: file }: BackupFiles): BackupReader {
    if (this.#keys === null) return new BackupReader(this.#folder, null);
    using manifest = new Manifest(must(file, 'an encrypted backup is not opened without'), this.#folder);
    const wrapped = new Map<string, Uint8Array>();
    try {
      manifest.addKeys(wrapped, ATTACHMENT_DOMAINS, ATTACHMENT_FOLDER);
    } catch (error) {
      // Damage, which opening it has told.
      if (!isSqlite(error)) throw error;
    }
    return new BackupReader(this.#folder, { keys: this.#keys.copy(), wrapped });
  }

  async #openDatabases(found: ListedFile) {
    const [log, book, bookLog, images] = [MESSAGES_LOG, ADDRESS_BOOK, ADDRESS_BOOK_LOG, ADDRESS_BOOK_IMAGES].map(
      (place) => this.#find(place),
    );
    const all = [found, log, book, bookLog, images].flatMap((file) => (file?.path == null ? [] : [file.path]));
    const count = new ByteCount(
      this.#watch,
      all.reduce((sum, file) => sum + statSync(file).size, 0),
    );
    const messages = await this.#database(found, log ?? null, 'sms.db', count);
    if (this.#keys !== null && messages !== null && !isDatabase(messages.path)) {
      throw this.#damaged('sms.db is so damaged that it is no database any more');
    }
    if (messages === null) {
      throw found.path === null
        ? new ChatStatsError(
            'BACKUP_INCOMPLETE',
            `the backup ${this.#folder}: sms.db is listed, but its file is missing`,
          )
        : this.#damaged('the key of sms.db cannot be read');
    }
    const addressBook =
      book == null ? null : await this.#database(book, bookLog ?? null, 'AddressBook.sqlitedb', count);
    if (book != null && addressBook === null) {
      this.problems.push('importing without names: the address book of the backup is missing or cannot be decrypted');
    }
    // Beside the book, where its pictures are looked for.
    if (addressBook !== null && images != null && this.#keys !== null) {
      await this.#decrypt(images, 'AddressBookImages.sqlitedb', count);
    }
    return { messages, addressBook };
  }

  /** The listed file; without a manifest, the one that has the name it would have. */
  #find(place: PhoneFile): ListedFile | null {
    const file = this.#listed(place);
    if (file !== null || this.#keys !== null) return file;
    const stored = pathOfFileId(this.#folder, fileIdOf(place));
    if (stored === null || !isFile(stored)) return null;
    return { fileId: fileIdOf(place), path: stored, digest: null, encryptionKey: null, protectionClass: null };
  }

  #listed(place: PhoneFile): ListedFile | null {
    try {
      return this.#manifest?.find(place) ?? null;
    } catch (error) {
      if (!isSqlite(error)) throw error;
      if (place === MESSAGES && this.#keys !== null)
        throw this.#damaged('Manifest.db is damaged where it lists sms.db');
      return null;
    }
  }

  async #database(
    file: ListedFile,
    log: ListedFile | null,
    name: string,
    count: ByteCount,
  ): Promise<BackupDatabase | null> {
    if (file.path === null) return null;
    const place = file.path;
    if (this.#keys !== null) {
      const decrypted = await this.#decrypt(file, name, count);
      if (decrypted === null) return null;
      if (log !== null) await this.#decrypt(log, `${name}-wal`, count);
      return { path: decrypted, sealed: false, place };
    }
    await this.#checkDigest(file, name, count);
    if (log?.path == null) return { path: place, sealed: true, place };
    const copy = path.join(this.#privateFolder(), name);
    copyFileSync(place, copy);
    copyFileSync(log.path, `${copy}-wal`);
    return { path: copy, sealed: false, place };
  }

  /** Writes a file in the clear; null when it is not there, or its key cannot be had. */
  async #decrypt(file: ListedFile, name: string, count: ByteCount): Promise<string | null> {
    const key = file.encryptionKey === null ? null : (this.#keys?.unwrap(file.encryptionKey) ?? null);
    if (key === null || file.path === null) return null;
    const target = path.join(this.#privateFolder(), name);
    const { isWhole, digest } = await decryptFile(file.path, key, target, count).finally(() => key.fill(0));
    if (!isWhole) this.problems.push(`the end of ${name} is missing or damaged in the backup`);
    this.#compareDigest(file, name, digest);
    return target;
  }

  async #checkDigest(file: ListedFile, name: string, count: ByteCount): Promise<void> {
    if (file.digest === null || file.path === null) return;
    this.#compareDigest(file, name, await digestOf(file.path, count));
  }

  #compareDigest({ digest }: ListedFile, name: string, found: Buffer): void {
    if (digest === null || found.equals(digest)) return;
    this.problems.push(
      `${name} is not what the backup wrote: its checksum differs, so that something in it is damaged`,
    );
  }

  #privateFolder(): string {
    this.#private ??= openPrivateFolder('backup', this.#bytesToCopy());
    return this.#private.path;
  }

  /** How large the copies will be together, at most; what is in a backup has its place whatever a manifest says. */
  #bytesToCopy(): number {
    const stored = COPIED.flatMap((place) => pathOfFileId(this.#folder, fileIdOf(place)) ?? []);
    const files = [path.join(this.#folder, MANIFEST), ...stored].filter(isFile);
    return files.reduce((sum, file) => sum + statSync(file).size, 0);
  }

  #damaged(what: string, cause?: unknown): ChatStatsError {
    return new ChatStatsError('BACKUP_DAMAGED', `the backup ${this.#folder}: ${what}`, { cause });
  }

  #closeManifest(): void {
    this.#manifest?.[Symbol.dispose]();
    this.#manifest = null;
  }

  [Symbol.dispose](): void {
    this.#closeManifest();
    this.#keys?.[Symbol.dispose]();
    this.#private?.[Symbol.dispose]();
    this.#private = null;
  }
}
