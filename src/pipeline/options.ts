import type { Clock } from '../kernel/index.ts';
import type { BackupFiles } from '../sources/iphone-backup/index.ts';
import type { MessagesFile } from '../sources/messages/index.ts';
import type { StoreCounts } from '../store/index.ts';
import type { PeopleOptions } from './lookups.ts';

export type ImportStage = 'people' | 'scan' | 'messages' | 'attachments' | 'indexes' | 'check' | 'compare' | 'merge';

export type ImportProgress = { stage: ImportStage; done: number; total: number };

export type ImportOptions = PeopleOptions & {
  source: MessagesFile;
  /** The place under which the store remembers the source, where that is not where it is read from. */
  recordedPath?: string | undefined;
  /** Where the files of attachments are to be looked for; without it, they are where Messages says. */
  attachmentFiles?: BackupFiles | undefined;
  store: string;
  /** The gap to split conversations with, in milliseconds; null: that of the store, else the usual one. */
  gapMs: number | null;
  clock: Clock;
  onProgress: (progress: ImportProgress) => void;
  signal: AbortSignal;
  /** A read transaction on Apple's file is renewed after this time, in milliseconds. */
  snapshotLimitMs?: number;
  /** From which size on a first import uses a second thread, in bytes of the source. */
  secondThreadFromBytes?: number;
  /** The source that this file is the successor of, where following it has told so; else it is recognised by its rows. */
  asSource?: number | undefined;
  /** The source is followed, and read whole again: every change is told as if it had been followed, and sealing is left to it. */
  tells?: boolean | undefined;
};

/** The options of one reading, with everything decided. */
export type ReadingOptions = ImportOptions & { gapMs: number };

/** What one reading of a source came to. `renewed`: the snapshot had to be renewed, so it wants comparing once more. */
export type ImportResult = { renewed: boolean; rows: number; problems: string[] };

/** What came of an import: how much the store now holds, and what it took. */
export type ImportSummary = StoreCounts & {
  durationMs: number;
  /** Rows of the source per second. */
  rate: number;
  bulk: boolean;
  /** Rows of the source that could not be read because the file is damaged. */
  unreadable: number;
  /** Milliseconds by stage. */
  stages: Record<string, number>;
  /** What else went wrong, in words without names or addresses. */
  problems: string[];
};

/** Messages' own transactions must never wait for ours: no snapshot is held longer than this. */
export const SNAPSHOT_LIMIT_MS = 60_000;

/** A message without a chat is held, not quarantined, while it is younger than this: its join may still come. */
export const HOLD_ORPHANS_MS = 24 * 60 * 60_000;
