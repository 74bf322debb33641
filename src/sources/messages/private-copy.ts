import { copyFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { needsCopy, openPrivateFolder } from '../../sqlite/index.ts';
import { hasEarlyLayout, modernise, type TextsIn } from './early-layout.ts';
import type { MessagesFile } from './locate.ts';

const WHOLE = { unreadable: 0, problems: [] };

/** `unreadable` and `problems`: what a copy could not take over of a damaged file, as in a salvage. */
export type ReadableFile = Disposable & { file: MessagesFile; unreadable: number; problems: readonly string[] };

/**
 * The file to read a source from: the source itself; where its log cannot be read in place (in a backup, or on
 * read-only media), a copy of both; and of a layout that is no more, the same in today's. A copy lies in a private
 * temporary folder that is removed when it is let go of. `textsIn` reads the lists of texts that the old layout keeps.
 */
export function readableFile(source: MessagesFile, textsIn: TextsIn): ReadableFile {
  const settled = settledFile(source);
  if (!hasEarlyLayout(settled.file)) return settled;
  try {
    return modernise(settled.file, textsIn);
  } finally {
    settled[Symbol.dispose]();
  }
}

function settledFile(source: MessagesFile): ReadableFile {
  if (!needsCopy(source.path, source)) return { file: source, ...WHOLE, [Symbol.dispose]() {} };
  const parts = ['', '-wal'].map((suffix) => `${source.path}${suffix}`);
  const folder = openPrivateFolder(
    'source',
    parts.reduce((sum, part) => sum + statSync(part).size, 0),
  );
  const dispose = () => folder[Symbol.dispose]();
  try {
    const copy = path.join(folder.path, 'chat.db');
    for (const suffix of ['', '-wal']) copyFileSync(`${source.path}${suffix}`, `${copy}${suffix}`);
    return { file: { path: copy, sealed: false }, ...WHOLE, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
