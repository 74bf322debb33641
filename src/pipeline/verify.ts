import { statSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_GAP_MS } from '../conversations/index.ts';
import { breathe, ChatStatsError } from '../kernel/index.ts';
import { knownTwins, removeDeleted, renameTwins } from '../load/index.ts';
import { type Database, openPrivateFolder } from '../sqlite/index.ts';
import { mirrorsDeletes, openStoreForReading, openStoreForWriting, storeCounts, storedGapMs } from '../store/index.ts';
import { importSource } from './import.ts';
import type { ImportOptions } from './options.ts';
import { compareChats, compareContacts, compareQuarantine, pairChats } from './verify-chats.ts';
import { compareConversations } from './verify-conversations.ts';
import { Findings, type VerifyCounts, type VerifyReport } from './verify-report.ts';
import { type Comparison, compareRows, FRESH } from './verify-rows.ts';
import { findSource } from './verify-source.ts';

export type VerifyOptions = Pick<
  ImportOptions,
  | 'source'
  | 'recordedPath'
  | 'attachmentFiles'
  | 'store'
  | 'addressBook'
  | 'addressBookPlace'
  | 'region'
  | 'locale'
  | 'clock'
  | 'signal'
  | 'onProgress'
> & {
  /** Of a store that does not say what gap it was split with. */
  gapMs?: number | null;
};

/** For each of the two stores, whose rows are looked up by guid, in no order. */
const CACHE_KIB = 32_768;

/** A store is about as large as its source; while it is made, its indexes and its old pages come to that. */
const STORE_TO_SOURCE = 3;

/**
 * Imports the source once more, into a store of its own in a private folder, and compares: everything the source has
 * must be in the archive and say the same; what only the archive has must be marked so or come from elsewhere.
 * Writes nothing to either. Throws errors of the catalogue; the folder is removed on every way out.
 */
export async function verifySource(options: VerifyOptions): Promise<VerifyReport> {
  using db = openStoreForReading(options.store);
  const gapMs = storedGapMs(db) ?? options.gapMs ?? DEFAULT_GAP_MS;
  // One that is not there is told of by the import.
  const bytes = statSync(options.source.path, { throwIfNoEntry: false })?.size ?? 0;
  using folder = openPrivateFolder('verify', STORE_TO_SOURCE * bytes);
  const store = path.join(folder.path, 'fresh.db');
  const { problems } = await importSource({ ...options, store, gapMs });
  likeArchive(db, store, { gapMs, nowMs: options.clock.now() });
  using fresh = openStoreForReading(store);
  const source = counts(fresh);
  const findings = await compareStores(db, store, options, gapMs);
  return {
    ok: findings.count === 0,
    source,
    store: counts(db),
    setAside: findings.setAside,
    differenceCount: findings.count,
    differences: findings.differences,
    problems,
  };
}

/** Gives the fresh store what following has decided about the archive: twins are one, and mirrored deletions are gone. */
function likeArchive(archive: Database, store: string, moment: { gapMs: number; nowMs: number }): void {
  const twins = knownTwins(archive);
  const mirrors = mirrorsDeletes(archive);
  if (twins.length === 0 && !mirrors) return;
  using fresh = openStoreForWriting(store);
  fresh.transaction(() => {
    renameTwins(fresh, twins);
    if (mirrors) removeDeleted(fresh, moment);
  });
}

function counts(db: Database): VerifyCounts {
  const { contacts: _, ...rest } = storeCounts(db);
  return rest;
}

async function compareStores(db: Database, fresh: string, options: VerifyOptions, gapMs: number): Promise<Findings> {
  const findings = new Findings();
  const total = 4;
  let done = 0;
  const step = () => {
    options.onProgress({ stage: 'compare', done, total });
    done += 1;
  };
  const pause = async () => {
    await breathe();
    if (options.signal.aborted) throw new ChatStatsError('CANCELLED', 'the comparison was cancelled');
  };
  db.attach(fresh, FRESH);
  db.exec(`PRAGMA main.cache_size = -${CACHE_KIB}; PRAGMA ${FRESH}.cache_size = -${CACHE_KIB}`);
  // One snapshot, so that a process that is writing to the archive meanwhile makes no differences.
  db.exec('BEGIN');
  try {
    const comparison: Comparison = {
      db,
      sourceId: findSource(db, options.recordedPath ?? options.source.path),
      findings,
      pause,
      skewed: new Set(),
    };
    step();
    pairChats(comparison);
    compareChats(comparison);
    step();
    await compareRows(comparison);
    step();
    await compareConversations(comparison, gapMs);
    step();
    compareQuarantine(comparison);
    if (options.addressBook !== null) compareContacts(comparison);
    options.onProgress({ stage: 'compare', done: total, total });
  } finally {
    db.exec('COMMIT');
    db.exec('DROP TABLE IF EXISTS temp.chat_pairs');
    db.detach(FRESH);
  }
  return findings;
}
