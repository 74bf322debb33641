import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ChatStatsError } from '../../kernel/index.ts';
import { decrypted } from './decrypt.ts';
import { isSqlite } from './describe.ts';
import { isFile, type ListedFile, Manifest } from './manifest.ts';
import { attachmentPlaces, fileIdOf, pathOfFileId } from './places.ts';
import type { ClassKeys } from './unlock.ts';

/** What is needed to look for files of a backup; it can be handed to another thread or process. */
export type BackupFiles = {
  folder: string;
  /** Where the manifest can be read; null when it cannot. */
  manifest: string | null;
  /** The protection classes whose files can be read, for an encrypted backup; else null. */
  readableClasses: number[] | null;
};

/** Where the attachments are that Messages names by paths on the phone. */
export class BackupAttachments implements Disposable {
  readonly #files: BackupFiles;
  readonly #manifest: Manifest | null;
  /** Attachments that are there, but belong to the device alone. */
  unreadable = 0;

  constructor(files: BackupFiles) {
    this.#files = files;
    this.#manifest = files.manifest === null ? null : new Manifest(files.manifest, files.folder);
  }

  /** True when the backup has the file, and it can be read. */
  has(filename: string): boolean {
    const file = this.find(filename);
    if (file === null || file.path === null) return false;
    const { readableClasses } = this.#files;
    if (readableClasses === null) return true;
    if (
      file.protectionClass !== null &&
      file.encryptionKey !== null &&
      readableClasses.includes(file.protectionClass)
    ) {
      return true;
    }
    this.unreadable += 1;
    return false;
  }

  /** What the manifest lists for an attachment; without one, what lies under the name it would have. */
  find(filename: string): ListedFile | null {
    for (const place of attachmentPlaces(filename)) {
      const listed = this.#manifest === null ? null : this.#ask(this.#manifest, place);
      if (listed !== null) return listed;
      if (this.#manifest !== null) continue;
      const stored = pathOfFileId(this.#files.folder, fileIdOf(place));
      if (stored === null || !isFile(stored)) continue;
      return { fileId: fileIdOf(place), path: stored, digest: null, encryptionKey: null, protectionClass: null };
    }
    return null;
  }

  #ask(manifest: Manifest, place: Parameters<Manifest['find']>[0]): ListedFile | null {
    try {
      return manifest.find(place);
    } catch (error) {
      // A page of the manifest is damaged, which opening it has told: the other pages still answer.
      if (isSqlite(error)) return null;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#manifest?.[Symbol.dispose]();
  }
}

/**
 * The bytes of one attachment as the phone had them, decrypted on the way where they have to be; nothing is written
 * anywhere. Null when the backup does not have it. The stream fails with BACKUP_DAMAGED when the end is not whole.
 */
export function openAttachment(files: BackupFiles, keys: ClassKeys | null, filename: string): Readable | null {
  using attachments = new BackupAttachments(files);
  const file = attachments.find(filename);
  if (file === null || file.path === null) return null;
  if (keys === null) return createReadStream(file.path);
  const unwrap = () => (file.encryptionKey === null ? null : keys.unwrap(file.encryptionKey));
  const key = unwrap();
  if (key === null) return null;
  // A stream that nobody reads must not keep a key: it takes its own when it begins.
  key.fill(0);
  return Readable.from(wholeFile(file.path, unwrap), { objectMode: false });
}

async function* wholeFile(file: string, unwrap: () => Buffer | null): AsyncGenerator<Buffer> {
  const key = unwrap();
  if (key === null)
    throw new ChatStatsError('BACKUP_DAMAGED', 'the backup was let go of before its attachment was read');
  try {
    const plain = decrypted(createReadStream(file) as AsyncIterable<Buffer>, key);
    const { isWhole } = yield* plain;
    if (!isWhole) throw new ChatStatsError('BACKUP_DAMAGED', 'the end of an attachment is missing or damaged');
  } finally {
    key.fill(0);
  }
}
