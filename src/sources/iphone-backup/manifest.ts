import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { readKeyedArchive } from '../../decode/index.ts';
import { type Database, needsCopy, openForeign, openPrivateFolder, SqliteError } from '../../sqlite/index.ts';
import { fileIdOf, type PhoneFile, pathOfFileId } from './places.ts';

const SQLITE_MAGIC = 'SQLite format 3\0';
const IS_FILE = 1;

/** A file that a manifest lists. `path` is where its bytes are, or null when they are absent. */
export type ListedFile = {
  fileId: string;
  path: string | null;
  /** SHA-1 of the bytes as they are stored; only some files have one. */
  digest: Uint8Array | null;
  /** Class and wrapped key; null in a backup that is not encrypted, or when what the manifest says is damaged. */
  encryptionKey: Uint8Array | null;
  protectionClass: number | null;
};

/** `Manifest.db`, readable: every file of the phone that is in the backup. Read-only; nothing is made beside it. */
export class Manifest implements Disposable {
  readonly #db: Database;
  readonly #folder: string;
  readonly #copy: Disposable | null;

  /** `file` is where the manifest can be read; `folder` the backup whose files it lists. */
  constructor(file: string, folder: string) {
    const readable = readableManifest(file);
    this.#copy = readable.copy;
    this.#db = openForeign(readable.file, { sealed: readable.copy === null });
    this.#folder = folder;
  }

  /** What the manifest lists under this name, or null. Throws SqliteError where it is damaged. */
  find(place: PhoneFile): ListedFile | null {
    const row = this.#db.get<{ fileID: unknown; file: unknown }>(
      `SELECT fileID, file FROM Files WHERE fileID = ? AND flags = ${IS_FILE}`,
      fileIdOf(place),
    );
    return row === undefined ? null : this.#listed(row);
  }

  /**
   * Adds the keys that files below `folder` of these domains are under, wrapped, by the names of the files. Throws
   * SqliteError where it is damaged, when what was read before that has been added.
   */
  addKeys(keys: Map<string, Uint8Array>, domains: readonly string[], folder: string): void {
    const rows = this.#db.iterate<{ fileID: unknown; file: unknown }>(
      `SELECT fileID, file FROM Files WHERE flags = ${IS_FILE}
         AND domain IN (SELECT value FROM json_each(?)) AND relativePath >= ? AND relativePath < ?`,
      JSON.stringify(domains),
      folder,
      `${folder}\u{10ffff}`,
    );
    for (const row of rows) {
      const { fileId, encryptionKey } = this.#listed(row);
      // A copy, because a view would keep the row that it is cut from.
      if (encryptionKey !== null) keys.set(fileId, Uint8Array.from(encryptionKey));
    }
  }

  #listed({ fileID, file }: { fileID: unknown; file: unknown }): ListedFile {
    const record = file instanceof Uint8Array ? readKeyedArchive(file) : undefined;
    const fields = record instanceof Map ? record : new Map<string, unknown>();
    const stored = pathOfFileId(this.#folder, String(fileID));
    const bytes = (key: string, length: number) => {
      const value = fields.get(key);
      return value instanceof Uint8Array && value.length === length ? value : null;
    };
    const protectionClass = fields.get('ProtectionClass');
    return {
      fileId: String(fileID),
      path: stored !== null && isFile(stored) ? stored : null,
      digest: bytes('Digest', 20),
      encryptionKey: bytes('EncryptionKey', 44),
      protectionClass: typeof protectionClass === 'number' ? protectionClass : null,
    };
  }

  /** True when every row and every index of it agree. A manifest is small against what it lists. */
  isWhole(): boolean {
    try {
      return this.#db.value<string>('PRAGMA integrity_check(1)') === 'ok';
    } catch (error) {
      if (error instanceof SqliteError) return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
    this.#copy?.[Symbol.dispose]();
  }
}

/** A manifest whose log still holds something, while it is being written, is read from a copy of both. */
function readableManifest(file: string): { file: string; copy: Disposable | null } {
  if (!needsCopy(file, { sealed: true })) return { file, copy: null };
  const parts = ['', '-wal'].map((suffix) => `${file}${suffix}`);
  const folder = openPrivateFolder(
    'backup',
    parts.reduce((sum, part) => sum + statSync(part).size, 0),
  );
  try {
    const copy = path.join(folder.path, 'Manifest.db');
    for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
    return { file: copy, copy: folder };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

export function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile();
}

/** True for a file that begins as a database does: an encrypted manifest does not. */
export function isDatabase(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(SQLITE_MAGIC.length);
    return readSync(handle, head, 0, head.length, 0) === head.length && head.toString('latin1') === SQLITE_MAGIC;
  } finally {
    closeSync(handle);
  }
}
