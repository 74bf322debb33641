import { isSqlite } from './describe.ts';
import { isFile, type ListedFile, Manifest } from './manifest.ts';
import { attachmentPlaces, fileIdOf, pathOfFileId } from './places.ts';

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
