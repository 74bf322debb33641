import type { Clock } from '../kernel/index.ts';
import type { MessagesFile } from '../sources/messages/index.ts';
import type { PeopleOptions } from './lookups.ts';
import type { ImportProgress } from './options.ts';

/** What a followed source is doing, for people and status. */
export type FollowState = 'importing' | 'reconciling' | 'catching-up' | 'live' | 'source-missing' | 'stopped';

/** What can be said about following as data; the rest are ways to be told. */
export type FollowArgs = PeopleOptions & {
  source: MessagesFile;
  /** The gap between conversations, in milliseconds; null: that of the store, else the usual one. */
  gapMs: number | null;
  mirrorDeletes: boolean;
  /** Catch up, then end. */
  once: boolean;
  pollMs: number;
  /** Whether the file system may be asked for hints that shorten the wait. */
  hints: boolean;
  sealCheckMs: number;
  /** How often the files of the address books are looked at, in milliseconds. */
  contactsMs: number;
};

export type FollowLane = 'live' | 'sealing' | 'contacts' | 'upkeep';

export type FollowOptions = FollowArgs & {
  store: string;
  clock: Clock;
  signal: AbortSignal;
  /** Runs tasks one at a time, the more urgent lane first. */
  lanes: { run<T>(lane: FollowLane, task: () => T | Promise<T>): Promise<T> };
  onImportProgress(progress: ImportProgress): void;
  onState(state: FollowState): void;
  /** After every commit that has something to tell: the position of its last event. */
  onCommitted(position: number): void;
  /** Something that did not stop it: a code of the catalogue or of the system, and words without names or text. */
  onProblem(code: string, text: string): void;
};

/** How following is doing, for `status`. Counts since it began. */
export type FollowStatus = {
  state: FollowState;
  sourceId: number | null;
  lastMessageRowid: number;
  lastAttachmentRowid: number;
  /** Milliseconds from noticing a change to its commit, the last one and the longest of the last hundred. */
  lagMs: number | null;
  slowestLagMs: number | null;
  wakes: number;
  batches: number;
  rowsRead: number;
  sweeps: number;
  restarts: number;
  lastReadAt: string | null;
  lastSweepAt: string | null;
  /** Look-ups that memory answered, of all. */
  caches: Record<string, { lookUps: number; hitRate: number }>;
};
