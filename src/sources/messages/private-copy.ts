import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { needsCopy, openPrivateFolder } from '../../sqlite/index.ts';
import type { MessagesFile } from './locate.ts';

export type ReadableFile = { file: MessagesFile; [Symbol.dispose](): void };

/**
 * The file to read a source from: the source itself, or, where its log cannot be read in place (in a backup, or on
 * read-only media), a copy of both in a private temporary folder that is removed when it is let go of.
 */
export function readableFile(source: MessagesFile): ReadableFile {
  if (!needsCopy(source.path, source)) return { file: source, [Symbol.dispose]() {} };
  const folder = openPrivateFolder('source');
  const dispose = () => folder[Symbol.dispose]();
  try {
    const copy = path.join(folder.path, 'chat.db');
    for (const suffix of ['', '-wal']) copyFileSync(`${source.path}${suffix}`, `${copy}${suffix}`);
    return { file: { path: copy, sealed: false }, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
