import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { DEFAULT_GAP_MS } from '../../src/conversations/index.ts';
import { type Clock, fixedClock } from '../../src/kernel/index.ts';
import { type ImportOptions, type ImportSummary, importSource } from '../../src/pipeline/index.ts';
import { type Generation, type History, writeHistory } from '../../src/simulator/index.ts';

/** The end of every made-up history in these tests. */
export const NOW_MS = Date.UTC(2026, 5, 15, 12, 0, 0);

/** A folder of the test's own, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type Fixture = { folder: string; source: string; store: string; history: History };

export function madeUpHistory(
  options: { generation?: Generation; messages?: number; seed?: number; addressBook?: boolean; truth?: boolean } = {},
): Fixture {
  const folder = temporaryFolder();
  const source = path.join(folder, 'chat.db');
  const history = writeHistory({
    file: source,
    generation: options.generation ?? 'macos-26',
    messages: options.messages ?? 2_000,
    seed: options.seed ?? 1,
    nowMs: NOW_MS,
    truth: options.truth ?? false,
    ...(options.addressBook === true ? { addressBookFolder: path.join(folder, 'AddressBook'), contacts: 60 } : {}),
  });
  return { folder, source, store: path.join(folder, 'store.db'), history };
}

export function runImport(
  fixture: { source: string; store: string },
  options: Partial<ImportOptions> & { clock?: Clock } = {},
): Promise<ImportSummary> {
  return importSource({
    source: { path: fixture.source, sealed: false },
    store: fixture.store,
    addressBook: null,
    region: null,
    locale: null,
    gapMs: DEFAULT_GAP_MS,
    clock: fixedClock(NOW_MS + 1_000),
    onProgress: () => {},
    signal: new AbortController().signal,
    ...options,
  });
}
