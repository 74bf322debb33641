import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ChatStatsError } from '../../kernel/index.ts';
import { plainBytes, plainLength } from './decrypt.ts';
import { isFile } from './manifest.ts';
import { ATTACHMENT_FOLDER, attachmentPlaces, fileIdOf, type PhoneFile, pathOfFileId } from './places.ts';
import type { ClassKeys } from './unlock.ts';

/** A file that can be read in parts, as often as one likes. Whoever has it closes it. */
export type OpenedFile = {
  /** As the phone had it. */
  bytes: number;
  /** The bytes from `start` to `end`, both included; the file is closed when they have been read. */
  read(range: { start: number; end: number }): Readable;
  close(): Promise<void>;
};

/** What an encrypted backup needs for its attachments: keys, and which file is under which of them. */
export type AttachmentKeys = { keys: ClassKeys; wrapped: ReadonlyMap<string, Uint8Array> };

/**
 * Hands out the attachments of one backup for as long as it is kept. Those of an encrypted one are decrypted while they are
 * read, in memory alone; disposing overwrites their keys.
 */
export class BackupReader implements Disposable {
  readonly folder: string;
  readonly #encrypted: AttachmentKeys | null;

  /** `encrypted`: what an opened backup has handed over; null for one that is not encrypted. */
  constructor(folder: string, encrypted: AttachmentKeys | null) {
    this.folder = folder;
    this.#encrypted = encrypted;
  }

  /**
   * The attachment that Messages names by a path on the phone, or null when it is not in the backup or cannot be read.
   * Throws BACKUP_DAMAGED when the end of the file is not whole.
   */
  async open(filename: string): Promise<OpenedFile | null> {
    for (const place of attachmentPlaces(filename).filter(({ relativePath }) => isAttachment(relativePath))) {
      const file = await this.#open(place);
      if (file !== null) return file;
    }
    return null;
  }

  async #open(place: PhoneFile): Promise<OpenedFile | null> {
    const fileId = fileIdOf(place);
    const stored = pathOfFileId(this.folder, fileId);
    if (stored === null || !isFile(stored)) return null;
    if (this.#encrypted === null) return await openPlain(stored);
    const wrapped = this.#encrypted.wrapped.get(fileId);
    const key = wrapped === undefined ? null : this.#encrypted.keys.unwrap(wrapped);
    return key === null ? null : await openEncrypted(stored, key);
  }

  [Symbol.dispose](): void {
    this.#encrypted?.keys[Symbol.dispose]();
  }
}

function isAttachment(relativePath: string): boolean {
  return relativePath.startsWith(ATTACHMENT_FOLDER) && !relativePath.split('/').includes('..');
}

/** No link: what lies in a backup is a file. */
async function openStored(file: string): Promise<{ handle: FileHandle; stored: number } | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch {
    // Gone, or not ours to read: for whoever asks there is no such file.
    return null;
  }
  return { handle, stored: (await handle.stat()).size };
}

async function openPlain(file: string): Promise<OpenedFile | null> {
  const opened = await openStored(file);
  if (opened === null) return null;
  const { handle, stored } = opened;
  return {
    bytes: stored,
    read: ({ start, end }) => handle.createReadStream({ start, end, autoClose: true }),
    close: () => handle.close(),
  };
}

async function openEncrypted(file: string, key: Buffer): Promise<OpenedFile | null> {
  const opened = await openStored(file);
  if (opened === null) {
    key.fill(0);
    return null;
  }
  const { handle, stored } = opened;
  const close = async () => {
    key.fill(0);
    await handle.close();
  };
  const bytes = await plainLength(handle, stored, key);
  if (bytes === null) {
    await close();
    throw new ChatStatsError('BACKUP_DAMAGED', 'the end of an attachment is missing or damaged');
  }
  async function* read(range: { start: number; end: number }) {
    try {
      yield* plainBytes(handle, key, range);
    } finally {
      await close();
    }
  }
  return { bytes, read: (range) => Readable.from(read(range), { objectMode: false }), close };
}
